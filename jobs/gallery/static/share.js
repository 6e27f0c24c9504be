// Links for others: the panel that makes one, and the buttons that revoke them.

import { post } from "./post.js";
import { text } from "./texts.js";

const LOCAL = /^(localhost|127\.|\[::1\])/;

for (const form of document.querySelectorAll(".share form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    makeLink(form);
  });
}

async function makeLink(form) {
  const { title, days, downloads, link } = form.elements;
  const status = form.querySelector(".share-status");
  const button = form.querySelector("button");
  const { photo, view } = form.dataset;
  button.disabled = true;
  try {
    const order = {
      title: title.value,
      downloads: downloads.checked,
      ...(days.value && { days: Number(days.value) }),
      ...(photo ? { photos: [photo] } : { view }),
    };
    const made = await post("/api/shares", JSON.stringify(order));
    link.value = new URL(made.link, location.href).href;
    link.closest("label").hidden = false;
    link.focus();
    link.select();
    const isCopied = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
    status.textContent = [
      made.photos === 1
        ? text("It shows {count} photo.", { count: 1 })
        : text("It shows {count} photos.", { count: made.photos }),
      isCopied && text("The link is copied."),
      LOCAL.test(location.host) &&
        text("Only this computer can open it, since the gallery serves no others."),
    ].filter(Boolean).join(" ");
  } catch (problem) {
    status.textContent = problem.message;
  }
  button.disabled = false;
}

for (const button of document.querySelectorAll("[data-share]")) {
  button.addEventListener("click", async () => {
    const status = document.querySelector(".share-status");
    button.disabled = true;
    try {
      await post(`/api/shares/${button.dataset.share}/revoke`);
      button.closest("li").remove();
      status.textContent = text("The link is revoked.");
    } catch (problem) {
      status.textContent = problem.message;
      button.disabled = false;
    }
  });
}
