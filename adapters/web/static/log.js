// What was said: messages of the room, and the bot's private bubbles among them.

import { closeDialog, dialog, h, icon, roving } from "./dom.js";
import { face, name, person } from "./people.js";
import { say, time } from "./words.js";

const FOLLOWS_MS = 5 * 60_000;
const KEPT_MESSAGES = 200;
const KEPT_BUBBLES = 60;
const SHORT = 5; // letters of a label of which four stand in a row on a phone
const log = document.getElementById("log");
const newer = document.getElementById("newer");
let pinned = true;

// --- place and scroll ---------------------------------------------------------------------------------------------

function toBottom() {
  log.scrollTop = log.scrollHeight;
}

log.addEventListener("scroll", () => {
  pinned = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  if (pinned) newer.hidden = true;
});
log.addEventListener("load", () => pinned && toBottom(), true);
new ResizeObserver(() => pinned && toBottom()).observe(log);
newer.addEventListener("click", () => {
  pinned = true;
  toBottom();
  newer.hidden = true;
});

function settle(isNew) {
  if (pinned) toBottom();
  else if (isNew) newer.hidden = false;
}

function place(element, at) {
  element.dataset.at = at;
  let before = log.lastElementChild;
  while (before && before !== element && Number(before.dataset.at) > at) before = before.previousElementSibling;
  if (before) before.after(element);
  else log.prepend(element);
  group(element);
  if (element.nextElementSibling) group(element.nextElementSibling);
}

/** The place of the last thing said, by the server's clock; ours may differ. */
function newest() {
  return Number(log.lastElementChild?.dataset.at ?? 0);
}

function group(element) {
  const before = element.previousElementSibling;
  const follows =
    element.dataset.author &&
    before?.dataset.author === element.dataset.author &&
    Number(element.dataset.at) - Number(before.dataset.at) < FOLLOWS_MS;
  element.classList.toggle("follows", Boolean(follows));
}

/** Forget the oldest, so that a page may stay open for weeks. */
function trim(what, kept) {
  const all = log.querySelectorAll(what);
  for (let at = 0; at < all.length - kept; at += 1) remove(all[at]);
}

function remove(element) {
  const next = element?.nextElementSibling;
  element?.remove();
  if (next) group(next);
}

// --- messages -----------------------------------------------------------------------------------------------------

const messageOf = (id) => document.getElementById(`message-${id}`);

export function showMessage(message) {
  const old = messageOf(message.id);
  const element = h(
    "article",
    { class: "message", id: `message-${message.id}`, "data-author": message.author },
    face(message.author, 40),
    h(
      "div",
      { class: "said" },
      h("header", {}, name(message.author), h("time", { datetime: new Date(message.at).toISOString() }, time(message.at))),
      message.text && h("p", { class: "text", dir: "auto" }, message.text),
      message.shared && shared(message),
    ),
  );
  if (old) old.replaceWith(element);
  place(element, message.at);
  trim(".message:not(.bubble)", KEPT_MESSAGES);
  settle(!old);
}

function shared(message) {
  if (!message.picture) return h("p", { class: "quiet" }, say("taken-back"));
  const alt = say("shared-alt", { name: person(message.author)?.nickname ?? "?" });
  return h("div", { class: "shared" }, h("p", { class: "quiet" }, say("shared")), h("img", { class: "portrait", src: message.picture, alt, width: 176, height: 176 }));
}

export function setMessages(messages) {
  const wanted = new Set(messages.map((message) => `message-${message.id}`));
  for (const element of log.querySelectorAll("[id^=message-]")) if (!wanted.has(element.id)) remove(element);
  for (const message of messages) if (!messageOf(message.id)) showMessage(message);
}

export function eraseMessages(ids) {
  for (const id of ids) remove(messageOf(id));
}

/** The first thing in the log: who one is here, what one can do. */
export function welcome(own, ...actions) {
  const old = document.getElementById("welcome");
  const element = h(
    "section",
    { id: "welcome", class: "welcome" },
    face(own.id, 72),
    h("h2", { "data-welcome-of": own.id }, say("welcome-title", { name: own.nickname })),
    h("p", {}, say("welcome")),
    h("div", { class: "actions" }, actions),
  );
  element.dataset.at = 0;
  if (old) old.replaceWith(element);
  else log.prepend(element);
}

// --- private bubbles ----------------------------------------------------------------------------------------------

const bubbleOf = (id) => document.getElementById(`bubble-${id}`);

/** What a bubble's buttons do: set once by the page. `press(button, action, bubble)`. */
let press = () => {};
export function onPress(listener) {
  press = listener;
}

function shell(id, at, version) {
  const element = h(
    "article",
    { class: "message bubble", id: `bubble-${id}`, tabindex: "-1" },
    h("img", { class: "face", src: "static/icon.svg", alt: "", width: 40, height: 40 }),
    h(
      "div",
      { class: "said" },
      h("header", {}, h("strong", { class: "name" }, say("bot")), h("span", { class: "tag" }, say("bot-tag")), version > 0 && h("time", { datetime: new Date(at).toISOString() }, time(at))),
      h(
        "div",
        { class: "card" },
        h("p", { class: "private" }, icon("lock"), say("private")),
        ...["lines", "progress", "picture", "wall", "actions", "file"].map((part) => h("div", { class: `part part-${part}`, hidden: true })),
      ),
    ),
  );
  element.dataset.version = -1;
  return element;
}

/** Show a bubble, or its newer version. Only what changed is drawn anew, so that a button stays under the finger. */
export function showBubble(bubble) {
  const old = bubbleOf(bubble.id);
  const element = old ?? shell(bubble.id, bubble.at, bubble.version);
  if (Number(element.dataset.version) >= bubble.version) return;
  element.dataset.version = bubble.version;
  if (bubble.version > 0 && !element.querySelector("time")) {
    element.querySelector("header").append(h("time", { datetime: new Date(bubble.at).toISOString() }, time(bubble.at)));
  }
  element.lang = bubble.locale;
  // A moving bar would be read out several times a second; the result is read out once.
  element.setAttribute("aria-live", bubble.busy ? "off" : "polite");
  element.setAttribute("aria-busy", String(bubble.busy));
  element.classList.toggle("busy", bubble.busy);
  if (!old) {
    place(element, bubble.at);
    trim(".bubble", KEPT_BUBBLES);
  }
  const hadFocus = element.contains(document.activeElement);

  part(element, "lines", bubble.lines, () => bubble.lines.map((line, at) => h("p", { class: at ? "line" : "line lead", dir: "auto" }, line)));
  progress(element, bubble);
  picture(element, bubble);
  part(element, "wall", bubble.wall, () => wall(bubble));
  part(element, "actions", bubble.actions, () => actions(bubble));
  part(element, "file", bubble.file, () => [h("a", { class: "button", href: bubble.file.href, download: bubble.file.name }, say("download", { name: bubble.file.name }))]);

  if (hadFocus && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
  settle(!old);
}

function part(element, name, data, build) {
  const box = element.querySelector(`.part-${name}`);
  const signature = JSON.stringify(data);
  if (box.dataset.signature === signature) return;
  box.dataset.signature = signature;
  const empty = data === null || data.length === 0;
  box.replaceChildren(...(empty ? [] : build()));
  box.hidden = empty;
}

function progress(element, bubble) {
  const box = element.querySelector(".part-progress");
  box.hidden = bubble.progress === null && !bubble.busy;
  if (box.hidden) return box.replaceChildren();
  const bar = box.firstElementChild ?? box.appendChild(h("progress", { max: 1, "aria-label": say("progress") }));
  if (bubble.progress === null) bar.removeAttribute("value");
  else bar.value = bubble.progress;
}

function picture(element, bubble) {
  const box = element.querySelector(".part-picture");
  const shown = bubble.picture;
  box.hidden = !shown;
  if (!shown) {
    delete box.dataset.signature;
    return box.replaceChildren();
  }
  const preview = box.querySelector("img.preview");
  if (bubble.busy && preview) {
    preview.src = shown.src;
    return;
  }
  part(element, "picture", shown, () => (bubble.busy ? [draft(shown)] : [shown.tiles > 1 ? several(shown) : result(shown)]));
}

/** What can be seen of a picture that is being painted. */
function draft(shown) {
  const alt = say("preview-alt");
  if (shown.tiles > 1) return h("img", { class: "sheet preview", src: shown.src, alt });
  return h("img", { class: "portrait preview", src: shown.src, alt, width: 144, height: 144 });
}

/** Whoever wants nothing to move sees a moving picture as it begins. */
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const seen = (shown) => (shown.still && calm.matches ? shown.still : shown.src);

const gone = (event) => event.currentTarget.closest(".result")?.replaceWith(h("p", { class: "quiet" }, say("picture-gone")));

/** The finished picture: large, and as a chat will show it, in its sizes and on light and dark. */
function result(shown) {
  const ground = (of) => h("div", { class: `ground ${of}` }, [128, 64, 32].map((side) => h("img", { class: "portrait", src: seen(shown), alt: "", width: side, height: side })));
  return h(
    "div",
    { class: "result" },
    h("img", { class: "portrait", src: seen(shown), alt: shown.alt, width: 224, height: 224, onerror: gone }),
    h(
      "div",
      { class: "sizes" },
      h("a", { class: "button small", href: shown.src, download: shown.still ? "avatar.gif" : "avatar.png" }, say("save-picture")),
      h("p", { class: "quiet" }, say("sizes")),
      h("div", { class: "grounds" }, ground("light"), ground("dark")),
    ),
  );
}

/** Several finished pictures side by side, of which one is to be chosen: whole, and as large as the window when pressed. */
function several(shown) {
  const sheet = (onerror = null) => h("img", { class: "sheet", src: shown.src, alt: shown.alt, onerror });
  const enlarge = () =>
    dialog(
      shown.alt,
      h("button", { type: "button", class: "enlarged", title: say("close"), onclick: closeDialog }, sheet()),
      h("button", { type: "button", class: "round shut", "aria-label": say("close"), autofocus: true, onclick: closeDialog }, "✕"),
    );
  return h("div", { class: "result" }, h("button", { type: "button", class: "enlarge", title: say("enlarge"), onclick: enlarge }, sheet(gone)));
}

function wall(bubble) {
  const items = bubble.wall.map((tile) => {
    const inside = [h("img", { src: tile.picture.src, alt: tile.action ? "" : tile.picture.alt, width: 128, height: 128, loading: "lazy" }), h("span", {}, tile.label)];
    if (!tile.action) return h("li", {}, h("div", { class: "tile" }, inside));
    const button = h("button", { type: "button", class: "tile" }, inside);
    button.addEventListener("click", () => press(button, tile.action, bubble));
    return h("li", {}, button);
  });
  const list = h("ul", { class: "wall" }, items);
  roving(list, () => [...list.querySelectorAll("button")]);
  return [list];
}

function actions(bubble) {
  const rows = h("div", { class: "stack", role: "group" });
  const drawer = h("div", { class: "drawer", hidden: true });
  let last;
  for (const action of bubble.actions) {
    if (!rows.children.length || action.row !== last) rows.append(h("div", { class: action.row === null ? "actions" : "actions alike" }));
    last = action.row;
    const menu = action.options.length > 0;
    const button = h(
      "button",
      { type: "button", class: `button ${action.tone}`, "data-command": action.command, "data-choice": action.choice, "aria-haspopup": menu && "listbox", "aria-expanded": menu && "false" },
      action.label,
    );
    button.addEventListener("click", () => (menu ? toggle(button, drawer, action, bubble) : press(button, action, bubble)));
    rows.lastElementChild.append(button);
    if (action.label.length > SHORT) rows.lastElementChild.classList.add("wordy");
  }
  return [rows, drawer];
}

function toggle(button, drawer, action, bubble) {
  const open = button.getAttribute("aria-expanded") === "true";
  for (const other of drawer.previousElementSibling.querySelectorAll("[aria-expanded]")) other.setAttribute("aria-expanded", "false");
  drawer.hidden = true;
  drawer.replaceChildren();
  if (open) return;
  button.setAttribute("aria-expanded", "true");
  const chosen = (option) => {
    button.setAttribute("aria-expanded", "false");
    drawer.hidden = true;
    button.focus();
    press(button, { ...action, press: option.press, options: [] }, bubble);
  };
  drawer.append(choices(action.label, action.options, chosen));
  drawer.hidden = false;
  drawer.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    toggle(button, drawer, action, bubble);
    button.focus();
  };
  drawer.querySelector("[tabindex='0']")?.focus();
  settle(false);
}

/** A list to choose from: a wall when its options have pictures. `chosen(option, item, key)` hears the choice. */
export function choices(label, options, chosen) {
  const pictured = options.some((option) => option.picture);
  const list = h("div", { class: pictured ? "wall" : "choices", role: "listbox", "aria-label": label });
  for (const option of options) {
    const item = h(
      "div",
      { class: pictured ? "tile" : "choice", role: "option", "aria-selected": String(option.selected), "data-value": option.value, title: option.hint || null },
      pictured && (option.picture ? h("img", { src: option.picture, alt: "", width: 128, height: 128, loading: "lazy" }) : h("span", { class: "blank" })),
      h("span", {}, option.label),
      !pictured && option.hint && h("small", {}, option.hint),
    );
    item.addEventListener("click", () => chosen(option, item));
    item.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      chosen(option, item, event.key);
    });
    list.append(item);
  }
  roving(list, () => [...list.children], (item) => item.getAttribute("aria-selected") === "true");
  return list;
}

/** A bubble of the page's own until the server answers, or with what went wrong. */
export function showPending(id, lines, { busy = true, progress: fraction = null } = {}) {
  const old = bubbleOf(id);
  if (old && Number(old.dataset.version) > 0) return;
  if (old) old.dataset.version = -1;
  showBubble({ id, at: Number(old?.dataset.at ?? newest() + 1), version: 0, busy, locale: document.documentElement.lang, lines, picture: null, wall: [], actions: [], progress: fraction, file: null });
}

export function removeBubble(id) {
  const element = bubbleOf(id);
  const hadFocus = element?.contains(document.activeElement);
  remove(element);
  if (hadFocus) document.getElementById("text").focus();
}
