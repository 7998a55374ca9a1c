// The message box, the palette of commands, and the form of a command's arguments.

import { h, notice } from "./dom.js";
import { choices } from "./log.js";
import { me, present } from "./people.js";
import { pick } from "./photos.js";
import { get } from "./send.js";
import { say } from "./words.js";

const text = document.getElementById("text");
const palette = document.getElementById("palette");
const form = document.getElementById("form");

let commands = [];
let run = () => {};
let talk = () => {};
let open = null; // the form that is open: {command, photo, values, touched, options}
let marked = 0;

export function setCommands(offered) {
  commands = offered;
  if (open && !commands.some((command) => command.name === open.command.name)) closeForm();
}

/** `onRun(command, values, photo)` starts a command, `onTalk(text)` says something and resolves to whether it was said. */
export function start(onRun, onTalk) {
  run = onRun;
  talk = onTalk;
}

const listed = () => commands.filter((command) => command.listed);
const photoArgument = (command) => command.arguments.find((argument) => argument.kind === "photo");
export const photoCommand = () => listed().find(photoArgument);
export const named = (name) => commands.find((command) => command.name === name.toLowerCase()) ?? commands.find((command) => command.label.toLowerCase() === name.toLowerCase());

// --- the message box ----------------------------------------------------------------------------------------------

function resize() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
}

function write(value) {
  text.value = value;
  resize();
}

text.addEventListener("input", () => {
  resize();
  const typed = text.value;
  const whole = /^\/(\S+)\s/.exec(typed);
  if (/^\/\S*$/.test(typed)) {
    closeForm();
    showPalette(typed.slice(1).toLowerCase());
  } else {
    hidePalette();
    const command = whole && named(whole[1]);
    if (!command) closeForm();
    else if (open?.command !== command && command.arguments.length) openForm(command);
  }
});

text.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return; // Enter ends a Korean syllable first
  const items = palette.hidden ? [] : [...palette.children];
  if (items.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    mark((marked + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length);
  } else if (items.length && event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    choose(named(items[marked].dataset.name));
  } else if (event.key === "Escape" && (items.length || open)) {
    event.preventDefault();
    hidePalette();
    if (open) closeForm();
    if (text.value.startsWith("/")) write("");
  } else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (items.length && !named(text.value.slice(1))) choose(named(items[marked].dataset.name));
    else submit();
  } else if (event.key === "ArrowDown" && open && text.value.startsWith("/")) {
    event.preventDefault();
    form.querySelector(".form-body :is(button, select, input, [tabindex='0'])")?.focus();
  }
});

document.getElementById("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});

document.getElementById("slash").addEventListener("click", () => {
  if (!palette.hidden || open) {
    hidePalette();
    closeForm();
    write("");
  } else {
    write("/");
    showPalette("");
  }
  text.focus();
});

document.getElementById("attach").addEventListener("click", async () => {
  const photo = await pick();
  if (photo) attach(photo);
});

/** Take a photo that was dropped, pasted or chosen: into the open form, or into that of the first command with a photo. */
export function attach(photo) {
  const command = open && photoArgument(open.command) ? open.command : photoCommand();
  if (!command) return;
  if (open?.command !== command) openForm(command);
  if (!text.value.startsWith("/")) write(`/${command.name} `);
  open.photo = photo;
  drawPhoto();
  text.focus();
}

let spoken = Promise.resolve();

/** Say one thing after the other, so that the box is free for the next at once; what was not said comes back. */
function speak(typed) {
  write("");
  spoken = spoken.then(async () => {
    if (!(await talk(typed))) write([typed, text.value].filter(Boolean).join("\n"));
  });
}

let submitting = false;

async function submit() {
  const typed = text.value.trim();
  if (submitting || (!typed && !open)) return;
  submitting = true;
  try {
    if (open) await runForm();
    else if (/^\/\S/.test(typed)) await runTyped(typed);
    else if (typed === "/") showPalette("");
    else speak(typed);
  } finally {
    submitting = false;
  }
}

async function runTyped(typed) {
  const name = /^\/(\S+)/.exec(typed)[1];
  const command = named(name) ?? { name: name.toLowerCase(), label: name, arguments: [] };
  if (command.arguments.some((argument) => argument.required)) {
    openForm(command);
    return;
  }
  hidePalette();
  const values = await parse(command, typed.slice(name.length + 1));
  write("");
  run(command, values, null);
}

// --- the palette --------------------------------------------------------------------------------------------------

function showPalette(typed) {
  const found = listed().filter((command) => command.name.includes(typed) || command.label.toLowerCase().includes(typed));
  found.sort((a, b) => b.name.startsWith(typed) - a.name.startsWith(typed));
  palette.replaceChildren(
    ...found.map((command) => {
      const item = h(
        "li",
        { role: "option", id: `command-${command.name}`, "data-name": command.name },
        h("span", { class: "command" }, `/${command.name}`),
        h("span", { class: "meaning" }, h("b", {}, command.label), h("small", {}, command.hint)),
      );
      item.addEventListener("pointerdown", (event) => event.preventDefault()); // the message box keeps the focus
      item.addEventListener("click", () => choose(command));
      return item;
    }),
  );
  palette.hidden = found.length === 0;
  text.setAttribute("aria-expanded", String(!palette.hidden));
  if (found.length) mark(0);
}

function mark(at) {
  marked = at;
  for (const [index, item] of [...palette.children].entries()) item.setAttribute("aria-selected", String(index === at));
  text.setAttribute("aria-activedescendant", palette.children[at].id);
  palette.children[at].scrollIntoView({ block: "nearest" });
}

function hidePalette() {
  palette.hidden = true;
  palette.replaceChildren();
  text.setAttribute("aria-expanded", "false");
  text.removeAttribute("aria-activedescendant");
}

/** Start a command: at once when there is nothing to choose, otherwise with its form. */
export function choose(command) {
  if (!command) return;
  hidePalette();
  if (command.arguments.length === 0) {
    write("");
    run(command, {}, null);
  } else {
    write(`/${command.name} `);
    openForm(command);
  }
  text.focus();
}

// --- the form -----------------------------------------------------------------------------------------------------

export function closeForm() {
  if (!open) return;
  const hadFocus = form.contains(document.activeElement);
  if (open.url) URL.revokeObjectURL(open.url);
  open = null;
  form.hidden = true;
  form.replaceChildren();
  if (hadFocus) text.focus();
}

function openForm(command) {
  closeForm();
  hidePalette();
  open = { command, photo: null, url: null, values: {}, options: {} };
  const photo = photoArgument(command);
  const fields = command.arguments.filter((argument) => argument !== photo).map(field);
  const pictured = h("div", { class: "form-walls" });
  const small = h("div", { class: "form-fields" });
  small.append(...fields);
  form.replaceChildren(
    h("div", { class: "form-head" }, h("h2", { id: "form-title" }, command.label), h("p", { class: "quiet" }, command.hint), h("button", { type: "button", class: "plain", "aria-label": say("close"), onclick: () => (write(""), closeForm()) }, "✕")),
    h("div", { class: "form-body" }, photo && h("div", { class: "photo-slot", id: "photo-slot" }), pictured, fields.length > 0 && small),
    h("div", { class: "form-foot" }, h("span", { class: "quiet hint-enter" }, say("form-enter")), h("button", { type: "submit", class: "button primary" }, say("form-run"))),
  );
  form.setAttribute("aria-labelledby", "form-title");
  form.hidden = false;
  if (photo) drawPhoto();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.preventDefault();
    write("");
    closeForm();
    text.focus();
  }
});

function drawPhoto() {
  const slot = document.getElementById("photo-slot");
  if (!slot) return;
  if (open.url) URL.revokeObjectURL(open.url);
  open.url = open.photo ? URL.createObjectURL(open.photo) : null;
  const take = async (camera) => {
    const photo = await pick(camera);
    if (photo && open) {
      open.photo = photo;
      drawPhoto();
      text.focus();
    }
  };
  const drop = () => {
    open.photo = null;
    drawPhoto();
    slot.querySelector("button").focus();
  };
  const broken = (event) => event.currentTarget.remove(); // HEIC and the like: the server says what to send instead
  slot.classList.toggle("filled", Boolean(open.photo));
  slot.replaceChildren(
    ...(open.photo
      ? [
          h("img", { class: "thumb", src: open.url, alt: say("form-photo-alt"), width: 72, height: 72, onerror: broken }),
          h("p", { class: "promise" }, say("form-photo-promise")),
          h("button", { type: "button", class: "button small", onclick: drop }, say("form-photo-remove")),
        ]
      : [
          h("p", { class: "quiet" }, say("form-photo-optional")),
          h(
            "div",
            { class: "row" },
            h("button", { type: "button", class: "button small", onclick: () => take(false) }, say("form-photo-choose")),
            matchMedia("(pointer: coarse)").matches && h("button", { type: "button", class: "button small", onclick: () => take(true) }, say("form-photo-camera")),
          ),
        ]),
  );
}

/** The control of one argument. Choices come from the server, so theirs appears a moment later. */
function field(argument) {
  const id = `argument-${argument.name}`;
  const box = h("div", { class: `field field-${argument.kind}` }, h("label", { for: id, id: `${id}-label` }, argument.label, argument.required && " *"));
  const set = (value) => {
    if (value === "" || value === null) delete open.values[argument.name];
    else open.values[argument.name] = value;
  };
  if (argument.kind === "choice") {
    fillChoices(argument, box, id, set);
  } else if (argument.kind === "member") {
    const others = present().filter((one) => one.id !== me()?.id);
    const select = h("select", { id, required: argument.required, onchange: () => set(select.value) }, h("option", { value: "" }, say("form-nobody")), others.map((one) => h("option", { value: one.id }, one.nickname)));
    box.append(select);
  } else {
    const number = argument.kind === "number";
    const input = h("input", {
      id,
      type: number ? "number" : "text",
      inputmode: number ? "numeric" : null,
      min: number ? argument.least : null,
      max: number ? argument.most : null,
      maxlength: number ? null : argument.most,
      required: argument.required,
      autocomplete: "off",
      placeholder: argument.hint,
      oninput: () => set(input.value.trim()),
    });
    box.append(input);
  }
  return box;
}

async function fillChoices(argument, box, id, set) {
  const here = open;
  const options = await optionsOf(here, argument);
  if (open !== here) return;
  if (options.some((option) => option.picture)) {
    const list = choices(argument.label, options, (option, item, key) => {
      // Enter chooses, and Enter again runs the command; a click or the space bar takes the choice back.
      if (key === "Enter" && open.values[argument.name] === option.value) return submit();
      const unset = open.values[argument.name] === option.value && !argument.required;
      set(unset ? null : option.value);
      for (const other of list.children) other.setAttribute("aria-selected", String(other === item && !unset));
    });
    box.classList.add("field-wall");
    box.append(list);
    inOrder(argument, box);
  } else if (options.length <= 5 && options.some((option) => option.selected)) {
    const scale = h("div", { class: "scale", role: "radiogroup", id, "aria-labelledby": `${id}-label` });
    for (const option of options) {
      const radio = h("input", { type: "radio", name: argument.name, value: option.value, checked: option.selected, onchange: () => set(option.value) });
      scale.append(h("label", { title: option.hint || null }, radio, h("span", {}, option.label)));
    }
    box.classList.add("field-scale");
    box.append(scale);
    inOrder(argument, box);
  } else {
    const usual = options.some((option) => option.selected);
    const select = h(
      "select",
      { id, required: argument.required, onchange: () => set(select.value) },
      !usual && h("option", { value: "" }, say("form-default")),
      options.map((option) => h("option", { value: option.value, selected: option.selected, title: option.hint || null }, option.label)),
    );
    box.append(select);
  }
}

/** Put a wide control where its command names it, whichever of the answers from the server comes first. */
function inOrder(argument, box) {
  const wide = form.querySelector(".form-walls");
  box.dataset.at = open.command.arguments.indexOf(argument);
  wide.insertBefore(box, [...wide.children].find((other) => Number(other.dataset.at) > Number(box.dataset.at)) ?? null);
}

function optionsOf(state, argument) {
  state.options[argument.name] ??= get(`options?${new URLSearchParams({ command: state.command.name, argument: argument.name })}`).then((answer) => answer.options ?? []);
  return state.options[argument.name];
}

async function runForm() {
  const { command, photo, values } = open;
  const typed = /^\/\S+\s+([^]*)$/.exec(text.value)?.[1] ?? "";
  const merged = { ...values, ...(await parse(command, typed, open)) };
  const missing = command.arguments.find((argument) => argument.required && merged[argument.name] === undefined && !(argument.kind === "photo" && photo));
  if (missing) {
    notice(say("form-required", { name: missing.label }));
    document.getElementById(`argument-${missing.name}`)?.focus();
    return;
  }
  closeForm();
  hidePalette();
  write("");
  text.focus();
  run(command, merged, photo);
}

/** Arguments as they were typed: `ink`, `style:ink`, `hair:"…"`; names and values also in the member's language. */
async function parse(command, typed, state = { command, options: {} }) {
  const values = {};
  const waiting = command.arguments.filter((argument) => argument.kind !== "photo");
  const same = (a, b) => a.toLowerCase() === b.toLowerCase();
  const tokens = [...typed.matchAll(/(?:([^\s:"]+):)?(?:"([^"]*)"|(\S+))/g)];
  for (const [at, [whole, label, quoted, bare]] of tokens.entries()) {
    const argument = label && command.arguments.find((each) => same(each.name, label) || same(each.label, label));
    if (argument) {
      values[argument.name] = await meaning(argument, quoted ?? bare, state);
      continue;
    }
    const next = waiting.find((each) => values[each.name] === undefined);
    if (!next) break;
    const long = next.kind === "text" || next.kind === "member"; // nicknames have spaces, too
    const rest = long && next === waiting.at(-1) ? tokens.slice(at).map((token) => token[0]).join(" ") : null;
    values[next.name] = await meaning(next, rest ?? quoted ?? whole, state);
    if (rest !== null) break;
  }
  return values;
}

async function meaning(argument, given, state) {
  const value = argument.kind === "member" ? given.replace(/^"(.*)"$/, "$1") : given;
  const same = (other) => other.toLowerCase() === value.toLowerCase();
  if (argument.kind === "member") return present().find((one) => same(one.nickname) || same(`@${one.nickname}`))?.id ?? value;
  if (argument.kind !== "choice") return value;
  const options = await optionsOf(state, argument);
  return (options.find((option) => same(option.value)) ?? options.find((option) => same(option.label)))?.value ?? value;
}

