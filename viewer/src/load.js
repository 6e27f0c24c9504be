// Load the bytes of a scene: from the server, with progress, or from base64 text in the page.

/** Return the bytes of a base64 text. */
export function decodeBase64(text) {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes.buffer;
}

/** Fetch `url` as an ArrayBuffer. `onProgress` gets the loaded share, or null if it is unknown. */
export async function fetchBytes(url, onProgress) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(await messageOf(response));
  const total = Number(response.headers.get("content-length"));
  const chunks = [];
  let received = 0;
  for await (const chunk of streamOf(response.body)) {
    chunks.push(chunk);
    received += chunk.byteLength;
    onProgress(total ? received / total : null);
  }
  return new Blob(chunks).arrayBuffer();
}

async function messageOf(response) {
  try {
    return (await response.json()).error ?? `The server answered with the error ${response.status}.`;
  } catch {
    return `The server answered with the error ${response.status}.`;
  }
}

// Streams are not iterable in every browser.
async function* streamOf(body) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
