// Requests to the gallery, with readable errors, and buttons that make them.

import { text } from "./texts.js";

/** Return the answer of the gallery. Throws an Error with a message. */
export async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error(text("The gallery does not answer. Check that it is still running."));
  }
  if (!response.ok) throw new Error(await messageOf(response));
  return response;
}

/** Post `body` to `address` and return the JSON of the answer. Throws an Error with a message. */
export async function post(address, body = null) {
  const headers = typeof body === "string" ? { "content-type": "application/json" } : {};
  const response = await ask(address, { method: "POST", body, headers });
  return response.json().catch(() => ({}));
}

/** Return what an answer that is an error says. */
async function messageOf(response) {
  const { error, hint } = await response.json().catch(() => ({}));
  const message = error ?? text("The gallery answered with the error {status}.", { status: response.status });
  return [message, hint].filter(Boolean).join(" ");
}

/** Let a button rest, or no more. It cannot be pressed then, but keeps the focus: `disabled` drops it. */
export function rest(button, on) {
  button.setAttribute("aria-disabled", on);
}

/** Return whether a button rests. */
export function rests(button) {
  return button.getAttribute("aria-disabled") === "true";
}

/** Do the work of a button, which rests meanwhile; `status` tells what it returns, or its error. */
export async function act(button, status, work) {
  if (rests(button)) return;
  rest(button, true);
  try {
    status.textContent = await work();
  } catch (problem) {
    status.textContent = problem.message;
  }
  rest(button, false);
}
