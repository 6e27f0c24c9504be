// Load the bytes of a scene: from the server, with progress, or from base64 text in the page or in a
// script of its own, since pages that are opened from a disk may fetch nothing.

import { make } from "./elements.js";
import { text } from "./texts.js";

/**
 * What a viewer shows: `scene` is the address of its SOG, `levels` that of its levels of detail,
 * `sceneElement` the id of an element with it as base64 text, or `sceneScript` the address of a script
 * that gives such a text to its own element as `scene`, and `coarseScript` that of one with its coarse
 * level; `photo` is the address of the photo, `full` that of a larger one, if there is one.
 */
export function startOf({ width, height, focal, is360, ...addresses }) {
  const { scene, levels, sceneElement, sceneScript, coarseScript, photo, full, label } = addresses;
  return {
    ...{ scene, levels, sceneElement, sceneScript, coarseScript, photo, full, label },
    width: Number(width),
    height: Number(height),
    focal: Number(focal),
    is360: is360 !== undefined && is360 !== false,
  };
}

/** Return the bytes of a start's scene (ArrayBuffer). `onProgress` is as in fetchBytes. */
export async function loadScene({ scene, sceneElement, sceneScript }, onProgress = () => {}) {
  if (sceneElement) return decodeBase64(document.getElementById(sceneElement).textContent);
  if (sceneScript) {
    onProgress(null);
    return decodeBase64(await textOfScript(sceneScript));
  }
  return fetchBytes(scene, onProgress);
}

function textOfScript(address) {
  return new Promise((resolve, reject) => {
    const script = make("script", { src: address });
    script.addEventListener("load", () => {
      script.remove();
      if (script.scene) resolve(script.scene);
      else reject(new Error(text("noFile")));
    });
    script.addEventListener("error", () => {
      script.remove();
      reject(new Error(text("noFile")));
    });
    document.head.append(script);
  });
}

/** Return the bytes of a scene's coarse level; null where it has none, or none yet. */
export async function loadCoarse({ levels, coarseScript }) {
  if (coarseScript) return textOfScript(coarseScript).then(decodeBase64).catch(() => null);
  const meta = levels && (await fetch(levels).then((answer) => answer.status === 200 && answer.json()).catch(() => null));
  return meta ? fetchBytes(meta.filenames.at(-1), () => {}).catch(() => null) : null;
}

/** Return the bytes of a base64 text. */
export function decodeBase64(text) {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes.buffer;
}

/** Fetch `url` as an ArrayBuffer. `onProgress` gets the loaded share, or null if it is unknown. */
export async function fetchBytes(url, onProgress) {
  const response = await fetch(url).catch(() => {
    throw new Error(text("noAnswer"));
  });
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
  const { error } = await response.json().catch(() => ({}));
  return error ?? text("serverError", { status: response.status });
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
