// What the page asks of the server. Everything may be sent twice: an event has an id, and the server knows it again.

import { say } from "./words.js";

const RETRIES = [400, 1200, 3000, 5000, 8000, 8000, 8000, 8000]; // a restart of the server takes some seconds
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function answered(attempt) {
  for (let round = 0; ; round += 1) {
    try {
      return await attempt();
    } catch {
      if (round >= RETRIES.length) return { error: say("error-offline") };
      await pause(RETRIES[round]);
    }
  }
}

/** Ask for something small. Resolves to the answer, or to `{error}`, a sentence. */
export function post(path, body, retried = false) {
  const attempt = async () => {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.json();
  };
  return retried ? answered(attempt) : attempt().catch(() => ({ error: say("error-offline") }));
}

export async function get(path) {
  try {
    const response = await fetch(path);
    return await response.json();
  } catch {
    return { error: say("error-offline") };
  }
}

/** Send a call, with a photo or without: length of the head, head, photo. `progress` hears fractions while it is sent. */
export function call(head, photo, progress = () => {}) {
  const bytes = new TextEncoder().encode(JSON.stringify(head));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, bytes.length);
  const body = new Blob(photo ? [length, bytes, photo] : [length, bytes]);
  return answered(
    () =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", "call");
        request.responseType = "json";
        request.timeout = 120_000;
        request.setRequestHeader("content-type", "application/octet-stream");
        if (photo) request.upload.onprogress = (event) => progress(event.loaded / event.total);
        request.onload = () => (request.response ? resolve(request.response) : reject(new Error("no answer")));
        request.onerror = request.ontimeout = () => reject(new Error("no answer"));
        request.send(body);
      }),
  );
}
