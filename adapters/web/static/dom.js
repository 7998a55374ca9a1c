// Making elements. Text is only ever text: nothing here parses HTML.

/** An element. Properties that start with "on" are listeners; the others are attributes; empty children are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  lock: "M7 10V8a5 5 0 0 1 10 0v2h1a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1h1Zm2 0h6V8a3 3 0 0 0-6 0v2Z",
  shield: "M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5l-8-3Zm-1.2 14.2-3.5-3.5 1.4-1.4 2.1 2.1 4.6-4.6 1.4 1.4-6 6Z",
};

/** A small drawing; `label` is what it means, for those who cannot see it. */
export function icon(name, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** 128 random bits in hex: the id of an event and of the bubble that answers it. */
export function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Arrow keys among `items` (a function, for they may change): one of them is in the tab order, the arrows move on,
 * up and down by rows as they lie on the screen.
 */
export function roving(container, items, chosen) {
  const focus = (item) => {
    for (const other of items()) other.tabIndex = other === item ? 0 : -1;
    item.focus();
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const rest = () => {
    const all = items();
    const first = all.find((item) => chosen?.(item)) ?? all[0];
    for (const item of all) item.tabIndex = item === first ? 0 : -1;
  };
  container.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    const here = all[at].getBoundingClientRect();
    const rows = (sign) =>
      all
        .filter((item) => sign * (item.getBoundingClientRect().top - here.top) > 4)
        .sort((a, b) => {
          const [p, q] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
          return sign * (p.top - q.top) || Math.abs(p.left - here.left) - Math.abs(q.left - here.left);
        })[0];
    const next = {
      ArrowRight: () => all[at + 1],
      ArrowLeft: () => all[at - 1],
      ArrowDown: () => rows(1) ?? (all.length && here.top === all[all.length - 1].getBoundingClientRect().top ? all[at + 1] : undefined),
      ArrowUp: () => rows(-1) ?? all[at - 1],
      Home: () => all[0],
      End: () => all[all.length - 1],
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const item = next();
    if (item) focus(item);
  });
  rest();
  return rest;
}

let noticeTimer = 0;

/** A sentence above the message box, read out at once. */
export function notice(sentence, kind = "error") {
  const box = document.getElementById("notice");
  clearTimeout(noticeTimer);
  box.hidden = !sentence; // first, so that the change of its text is read out
  box.dataset.kind = kind;
  box.textContent = sentence;
  noticeTimer = setTimeout(() => (box.hidden = true), 9000);
}

/** Open the page's one dialog with this content; resolves when it is closed. */
export function dialog(label, ...content) {
  const box = document.getElementById("dialog");
  if (box.open) box.close();
  box.replaceChildren(...content);
  box.setAttribute("aria-label", label);
  box.showModal();
  return new Promise((resolve) => box.addEventListener("close", () => resolve(box.returnValue), { once: true }));
}

document.getElementById("dialog").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close(); // beside the content
});

export function closeDialog() {
  document.getElementById("dialog").close();
}
