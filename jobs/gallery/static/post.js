// POST requests to the gallery, with readable errors.

import { text } from "./texts.js";

/** Post `body` to `address` and return the JSON of the answer. Throws an Error with a message. */
export async function post(address, body = null) {
  let response;
  try {
    const headers = typeof body === "string" ? { "content-type": "application/json" } : {};
    response = await fetch(address, { method: "POST", body, headers });
  } catch {
    throw new Error(text("The gallery does not answer. Check that it is still running."));
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const message = answer.error ?? text("The gallery answered with the error {status}.", { status: response.status });
  throw new Error([message, answer.hint].filter(Boolean).join(" "));
}
