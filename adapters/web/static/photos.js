// The member's photos, in the memory of this tab and nowhere else: the server erases its copy, this one can be sent again.

import { closeDialog, dialog, h, notice } from "./dom.js";
import { say, settings } from "./words.js";

const KEPT = 12;
const byJob = new Map();
const byBubble = new Map();

function keep(map, key, photo) {
  map.delete(key);
  map.set(key, photo);
  if (map.size > KEPT) map.delete(map.keys().next().value);
}

/** The answer in this bubble is about this photo. */
export function remember(bubble, photo) {
  if (photo) keep(byBubble, bubble, photo);
}

/** Note which job a bubble's buttons belong to. */
export function learn(bubble) {
  const photo = byBubble.get(bubble.id);
  if (!photo) return;
  for (const action of bubble.actions) if (action.job !== null) keep(byJob, action.job, photo);
}

export function photoOf(job, bubble) {
  return byJob.get(job) ?? byBubble.get(bubble);
}

export function forgetPhotos(bubble) {
  byBubble.delete(bubble);
}

export function forgetAllPhotos() {
  byBubble.clear();
  byJob.clear();
}

/** The file if it may be a photo; otherwise a sentence says what to send. */
export function checked(file) {
  if (!file) return null;
  const named = /\.(jpe?g|png|webp|avif|hei[cf]|gif)$/i.test(file.name ?? "");
  if (!file.type.startsWith("image/") && !named) notice(say("drop-not-picture"));
  else if (file.size > settings.maxUpload) notice(say("error-large"));
  else return file;
  return null;
}

/** Let the member choose a file or take a photo; resolves to the file or null. */
export function pick(camera = false) {
  const input = document.getElementById(camera ? "camera" : "file");
  input.value = "";
  return new Promise((resolve) => {
    input.onchange = () => resolve(checked(input.files[0]));
    input.oncancel = () => resolve(null);
    input.click();
  });
}

/** Ask for a photo that nobody has any more, and say why. */
export async function pickAgain() {
  let photo = null;
  const choose = async (camera) => {
    photo = await pick(camera);
    if (photo) closeDialog();
  };
  await dialog(
    say("photo-again-title"),
    h("h2", {}, say("photo-again-title")),
    h("p", {}, say("photo-again")),
    h("p", { class: "promise" }, say("form-photo-promise")),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", class: "button primary", autofocus: true, onclick: () => choose(false) }, say("form-photo-choose")),
      matchMedia("(pointer: coarse)").matches &&
        h("button", { type: "button", class: "button", onclick: () => choose(true) }, say("form-photo-camera")),
      h("button", { type: "button", class: "button", onclick: closeDialog }, say("cancel")),
    ),
  );
  return photo;
}

/** Photos dropped anywhere on the page, or pasted, go to `take`. */
export function watchForPhotos(take) {
  const veil = document.getElementById("drop");
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    veil.hidden = depth === 0;
  });
  addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    depth = 0;
    veil.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const photo = checked(event.dataTransfer.files[0]);
    if (photo) take(photo);
  });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    // Text copied from an office program brings a picture of itself along.
    if (!file || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    const photo = checked(file);
    if (photo) take(photo);
  });
}
