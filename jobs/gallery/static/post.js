// Posts to the gallery, and what it says when it refuses.

/** Post `body` to `address`; return the answer's JSON. Throws an Error that people can read. */
export async function post(address, body = null) {
  let response;
  try {
    response = await fetch(address, { method: "POST", body });
  } catch {
    throw new Error("The gallery does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error([answer.error ?? `The gallery said ${response.status}.`, answer.hint].filter(Boolean).join(" "));
}
