// Who is in the room: the list at the side, names and faces wherever they stand, one's own profile.

import { closeDialog, dialog, h, icon, notice } from "./dom.js";
import { post } from "./send.js";
import { say, settings } from "./words.js";

const people = new Map();
let mine = "";
let commands = [];
let runCommand = () => {};

export const me = () => people.get(mine);
export const person = (id) => people.get(id);
export const present = () => [...people.values()].filter((one) => one.here);

/** `run(command, values)` starts a command for a member; `commands` are those that a moderator has. */
export function setRights(own, offered, run) {
  mine = own.id;
  commands = offered.filter((command) => command.moderator && command.arguments.some((argument) => argument.kind === "member"));
  runCommand = run;
  people.set(own.id, own);
  for (const one of people.values()) refresh(one);
  draw();
}

export function setPeople(list) {
  for (const one of people.values()) one.here = false;
  for (const one of list) people.set(one.id, one);
  for (const one of list) refresh(one);
  draw();
}

export function update(one) {
  people.set(one.id, one);
  refresh(one);
  draw();
}

export function goneAway(id) {
  const one = people.get(id);
  if (one) one.here = false;
  draw();
}

/** A face that changes wherever it is shown, as soon as its owner changes it. */
export function face(id, size) {
  const one = people.get(id);
  return h("img", {
    class: "face",
    src: one?.face ?? "static/icon.svg",
    alt: one ? say("face-alt", { name: one.nickname }) : "",
    width: size,
    height: size,
    "data-face-of": id,
    draggable: "false",
  });
}

/** A nickname, likewise; a button for moderators who may do something about its owner. */
export function name(id) {
  const plate = h("span", { class: "plate", "data-plate-of": id });
  fill(plate, id);
  return plate;
}

function fill(plate, id) {
  const one = people.get(id);
  const actsOnOthers = commands.length > 0 && id !== mine;
  const text = h("bdi", {}, one?.nickname ?? "?");
  const focused = plate.contains(document.activeElement);
  const label = actsOnOthers
    ? h("button", { type: "button", class: "name", "aria-haspopup": "dialog", onclick: () => menu(id) }, text)
    : h("strong", { class: "name" }, text);
  plate.replaceChildren(label, ...(one?.moderator ? [icon("shield", say("shield"))] : []));
  if (focused && actsOnOthers) label.focus();
}

function refresh(one) {
  const having = (attribute) => document.querySelectorAll(`[data-${attribute}="${CSS.escape(one.id)}"]`);
  for (const image of having("face-of")) {
    if (image.getAttribute("src") !== one.face) image.src = one.face;
    image.alt = say("face-alt", { name: one.nickname });
  }
  for (const title of having("welcome-of")) title.textContent = say("welcome-title", { name: one.nickname });
  for (const plate of having("plate-of")) fill(plate, one.id);
  if (one.id === mine) {
    const button = document.getElementById("me");
    const image = button.querySelector("img");
    image.src = one.face;
    image.hidden = false;
    button.setAttribute("aria-label", say("profile-open", { name: one.nickname }));
    button.title = one.nickname;
  }
}

function draw() {
  const here = present().sort((a, b) => (b.id === mine) - (a.id === mine) || b.moderator - a.moderator || a.nickname.localeCompare(b.nickname));
  const count = document.getElementById("people-count");
  count.textContent = here.length;
  document.getElementById("people-toggle").setAttribute("aria-label", say("people-open", { count: here.length }));
  const list = document.getElementById("people-list");
  const focused = list.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.member : null;
  list.replaceChildren(
    ...here.map((one) =>
      h("li", { "data-member": one.id }, face(one.id, 36), h("span", { class: "who" }, name(one.id), one.id === mine && h("span", { class: "quiet" }, say("you")))),
    ),
  );
  if (focused) list.querySelector(`[data-member="${CSS.escape(focused)}"] button`)?.focus();
}

/** What a moderator can do about a member. */
function menu(id) {
  const one = people.get(id);
  if (!one) return;
  const title = say("member-menu", { name: one.nickname });
  dialog(
    title,
    h("div", { class: "who-head" }, face(id, 64), h("h2", {}, h("bdi", {}, one.nickname))),
    h(
      "div",
      { class: "stack" },
      commands.map((command) => {
        const argument = command.arguments.find((each) => each.kind === "member");
        const run = () => {
          closeDialog();
          runCommand(command, { [argument.name]: id });
        };
        return h("button", { type: "button", class: "button", onclick: run }, command.label, h("small", {}, command.hint));
      }),
      h("button", { type: "button", class: "button", onclick: closeDialog }, say("close")),
    ),
  );
}

/** One's own nickname, language and picture. */
export function profile(makePicture) {
  const own = me();
  if (!own) return;
  const field = h("input", { id: "nickname", type: "text", maxlength: settings.maxNickname, autocomplete: "off", value: own.nickname, "aria-describedby": "nickname-help nickname-error" });
  const wrong = h("p", { id: "nickname-error", class: "wrong", role: "alert" });
  const save = async (event) => {
    event.preventDefault();
    const answer = await post("me", { nickname: field.value });
    if (answer.error) {
      wrong.textContent = answer.error;
      field.setAttribute("aria-invalid", "true");
      field.focus();
    } else {
      closeDialog();
      notice(say("nickname-saved", { name: answer.me.nickname }), "good");
    }
  };
  const language = h(
    "select",
    {
      id: "language",
      onchange: () => {
        closeDialog();
        runCommand({ name: "set-language", arguments: [] }, { choice: language.value }); // the bot's language, too
      },
    },
    h("option", { value: "en", lang: "en", selected: settings.locale === "en" }, "English"),
    h("option", { value: "ko", lang: "ko", selected: settings.locale === "ko" }, "한국어"),
  );
  dialog(
    say("profile"),
    h("div", { class: "who-head" }, face(own.id, 96), h("h2", {}, say("profile"))),
    h(
      "form",
      { class: "stack", novalidate: true, onsubmit: save },
      h("label", { for: "nickname" }, say("nickname")),
      h("div", { class: "row" }, field, h("button", { type: "submit", class: "button primary" }, say("nickname-save"))),
      h("p", { id: "nickname-help", class: "quiet" }, say("nickname-help")),
      wrong,
      h("label", { for: "language" }, say("language")),
      language,
      makePicture && h("button", { type: "button", class: "button", onclick: () => (closeDialog(), makePicture()) }, say("make-picture")),
      h("button", { type: "button", class: "button", onclick: closeDialog }, say("close")),
    ),
  );
}
