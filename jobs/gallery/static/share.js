// Links for others: the panel that makes one, and the buttons that revoke them.

import { keepFocus } from "./focus.js";
import { closeByEscape } from "./panels.js";
import { act, post } from "./post.js";
import { text } from "./texts.js";

const LOCAL = /^(localhost$|127\.|\[::1\])/;

for (const form of document.querySelectorAll(".share form[data-photo]")) {
  offerLink(form, () => ({ photos: [form.dataset.photo] }));
}
for (const form of document.querySelectorAll(".share form[data-view]")) {
  offerLink(form, () => ({ view: form.dataset.view }));
}

/** Let the form of a panel make links to what `shared` returns: ids as `photos`, or a `view`. */
export function offerLink(form, shared) {
  closeByEscape(form.closest("details"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    makeLink(form, shared());
  });
}

async function makeLink(form, shared) {
  const { title, days, downloads, link } = form.elements;
  const status = form.querySelector(".share-status");
  await act(form.querySelector("button"), status, async () => {
    const order = {
      title: title.value,
      downloads: downloads.checked,
      ...(days.value && { days: Number(days.value) }),
      ...shared,
    };
    const made = await post("/api/shares", JSON.stringify(order));
    const address = new URL(made.link, location.href);
    // Elsewhere, localhost is another computer.
    if (made.host && LOCAL.test(address.hostname)) address.hostname = made.host;
    link.value = address.href;
    link.closest("label").hidden = false;
    link.focus();
    link.select();
    const isCopied = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
    return [
      made.photos === 1
        ? text("It shows {count} photo.", { count: 1 })
        : text("It shows {count} photos.", { count: made.photos }),
      isCopied && text("The link is copied."),
      made.is_local &&
        text("Only this computer can open it, since the gallery serves no others."),
    ].filter(Boolean).join(" ");
  });
}

for (const button of document.querySelectorAll("[data-share]")) {
  button.addEventListener("click", () => act(button, document.querySelector(".share-status"), async () => {
    await post(`/api/shares/${button.dataset.share}/revoke`);
    const item = button.closest("li");
    const beside = [item.nextElementSibling, item.previousElementSibling];
    keepFocus(() => item.remove(), () => beside.map((other) => other?.querySelector("[data-share]")));
    return text("The link is revoked.");
  }));
}
