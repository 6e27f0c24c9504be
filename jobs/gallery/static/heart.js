// The heart of a photo: whether it is a favorite, kept in the catalog.

import { act, post } from "./post.js";

const button = document.querySelector(".heart");
const status = document.querySelector(".heart-status");

button?.addEventListener("click", async () => {
  const favorite = button.getAttribute("aria-pressed") !== "true";
  await act(button, status, async () => {
    await post("/api/favorites", JSON.stringify({ photos: [button.dataset.photo], favorite }));
    button.setAttribute("aria-pressed", favorite);
    return "";
  });
});
