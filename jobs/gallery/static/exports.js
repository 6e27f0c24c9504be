// Downloads that are made on request: while one is made, its link says so, and what went wrong.

import { ask } from "./post.js";
import { text } from "./texts.js";

for (const link of document.querySelectorAll("a[data-made]")) {
  const state = Object.assign(document.createElement("span"), { className: "made-state" });
  state.setAttribute("role", "status");
  link.parentElement.append(state); // below the notes
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (link.getAttribute("aria-busy") !== "true") make(link, state);
  });
}

async function make(link, state) {
  link.setAttribute("aria-busy", "true");
  state.classList.remove("is-error");
  const start = Date.now();
  const tell = () => {
    const seconds = Math.round((Date.now() - start) / 1000);
    state.textContent = text("Being made… {seconds} s", { seconds });
  };
  tell();
  const timer = setInterval(tell, 1000);
  try {
    const response = await ask(link.href, { headers: { accept: "application/json" } });
    // It is made, and kept: the browser's own download of it starts at once.
    await response.body?.cancel();
    state.textContent = text("Ready");
    location.assign(link.href);
  } catch (problem) {
    state.classList.add("is-error");
    state.textContent = problem.message;
  } finally {
    clearInterval(timer);
    link.removeAttribute("aria-busy");
  }
}
