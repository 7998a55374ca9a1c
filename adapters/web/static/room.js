// The room's page: keeps the connection, and joins what comes over it to what is shown.

import * as composer from "./composer.js";
import { freshId, h, notice } from "./dom.js";
import * as log from "./log.js";
import * as people from "./people.js";
import { forgetAllPhotos, forgetPhotos, learn, photoOf, pickAgain, remember, watchForPhotos } from "./photos.js";
import { call, post } from "./send.js";
import { say, settings } from "./words.js";

const state = document.getElementById("state");

// --- what the member does -----------------------------------------------------------------------------------------

async function run(command, values = {}, photo = null) {
  const id = freshId();
  const title = `/${command.name}`;
  const head = { id, command: command.name, arguments: values };
  if (photo) head.photo = command.arguments.find((argument) => argument.kind === "photo")?.name ?? "photo";
  log.showPending(id, [title, say("working")]);
  await ask(head, photo, (fraction) => {
    log.showPending(id, [title, say("sending-photo", { percent: Math.round(fraction * 100) })], { progress: fraction });
  });
}

async function press(button, action, bubble) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const known = photoOf(action.job, bubble.id);
  let photo = null;
  if (action.wantsPhoto) {
    photo = known ?? (await pickAgain());
    if (!photo) return;
  }
  button.setAttribute("aria-disabled", "true");
  button.classList.add("waiting");
  const head = { id: freshId(), press: action.press, from: bubble.id };
  if (photo) head.photo = "photo";
  await ask(head, photo, undefined, photo ?? known); // what comes of it is about the same photo, also where that is not sent
  button.removeAttribute("aria-disabled");
  button.classList.remove("waiting");
}

async function ask(head, photo, progress, about = photo) {
  remember(head.id, about);
  const answer = await call(head, photo, progress);
  if (answer.error) {
    if (head.press === undefined) log.showPending(head.id, [answer.error], { busy: false });
    else notice(answer.error);
    return;
  }
  const shown = answer.bubble;
  if (shown?.id !== head.id) log.removeBubble(head.id);
  if (!shown) return;
  remember(shown.id, about);
  show(shown);
}

function show(bubble) {
  learn(bubble);
  log.showBubble(bubble);
  if (!bubble.busy) tell({ seen: [bubble.id, bubble.version] });
}

async function talk(text) {
  const answer = await post("say", { text });
  if (answer.error) notice(answer.error);
  return !answer.error;
}

// --- the connection -----------------------------------------------------------------------------------------------

const TICK_MS = 50_000; // the server breaks its silence every 20 s
const UNKNOWN = 4401;
const TOO_MANY = 4429;
let socket = null;
let failures = 0;
let timer = 0;
let watchdog = 0;

function tell(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function connect() {
  clearTimeout(timer);
  if (socket && socket.readyState < WebSocket.CLOSING) return;
  const address = new URL("live", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = "";
  address.search = "";
  const line = new WebSocket(address);
  socket = line;
  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => line.close(), TICK_MS);
  };
  watch();
  line.onmessage = (event) => {
    watch();
    if (socket === line) receive(JSON.parse(event.data));
  };
  line.onclose = (event) => {
    if (socket !== line) return;
    socket = null;
    clearTimeout(watchdog);
    document.body.classList.add("offline");
    if (event.code === TOO_MANY) return notice((state.textContent = say("many-pages")));
    if (event.code === UNKNOWN && Date.now() - Number(sessionStorage.getItem("met") ?? 0) > 10_000) {
      sessionStorage.setItem("met", Date.now());
      return location.reload();
    }
    state.textContent = failures ? say("lost") : say("connecting");
    timer = setTimeout(connect, Math.min(8000, 300 * 2 ** failures) * (0.75 + Math.random() / 2));
    failures += 1;
  };
}

addEventListener("online", connect);
addEventListener("pageshow", connect);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  countUnread(0);
  connect();
});

// --- what the server tells ----------------------------------------------------------------------------------------

function rights(event) {
  people.setRights(event.me, event.commands, run);
  composer.setCommands(event.commands);
  const make = composer.photoCommand();
  const styles = composer.named("styles");
  log.welcome(
    event.me,
    make && h("button", { type: "button", class: "button primary", onclick: () => composer.choose(make) }, say("welcome-avatar")),
    styles && h("button", { type: "button", class: "button", onclick: () => composer.choose(styles) }, say("welcome-styles")),
  );
}

const receivers = {
  hello(event) {
    failures = 0;
    document.body.classList.remove("offline");
    people.setPeople(event.people);
    rights(event);
    log.setMessages(event.messages);
    event.bubbles.forEach(show);
    countPeople();
    document.body.dataset.ready = "true";
  },
  rights(event) {
    if (event.locale !== settings.locale) location.reload(); // every sentence of the page is another one
    else rights(event);
  },
  person(event) {
    people.update(event.person);
    countPeople();
  },
  away(event) {
    people.goneAway(event.id);
    countPeople();
  },
  message(event) {
    log.showMessage(event.message);
    if (document.hidden) countUnread(unread + 1);
  },
  erased: (event) => log.eraseMessages(event.ids),
  bubble: (event) => show(event.bubble),
  "bubble-gone"(event) {
    forgetPhotos(event.id);
    log.removeBubble(event.id);
  },
  forgotten: forgetAllPhotos,
  tick() {},
};

function receive(event) {
  receivers[event.type]?.(event);
}

const title = document.title;
let unread = 0;

function countUnread(count) {
  unread = count;
  document.title = count ? `(${count}) ${title}` : title;
}

function countPeople() {
  state.textContent = say("people-open", { count: people.present().length });
}

// --- the page -----------------------------------------------------------------------------------------------------

const panel = document.getElementById("people");
const toggle = document.getElementById("people-toggle");
const wide = matchMedia("(min-width: 60rem)");

function showPeople(shown) {
  panel.hidden = !shown;
  toggle.setAttribute("aria-expanded", String(shown));
}
showPeople(wide.matches);
wide.addEventListener("change", () => showPeople(wide.matches));
toggle.addEventListener("click", () => {
  showPeople(panel.hidden);
  if (!panel.hidden && !wide.matches) document.getElementById("people-close").focus();
});
document.getElementById("people-close").addEventListener("click", () => {
  showPeople(false);
  toggle.focus();
});
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !wide.matches) document.getElementById("people-close").click();
});
document.getElementById("me").addEventListener("click", () => {
  const make = composer.photoCommand();
  people.profile(make && (() => composer.choose(make)));
});

composer.start(run, talk);
log.onPress(press);
watchForPhotos(composer.attach);

/** The moderator link carries its token behind "#"; it leaves the address bar and the history before anything else. */
async function acceptInvitation() {
  const token = /^#moderator=([\w-]+)$/.exec(location.hash)?.[1];
  if (location.search || location.hash) history.replaceState(null, "", location.pathname);
  if (!token) return;
  const answer = await post("moderator", { token }, true);
  notice(answer.sentence ?? answer.error, answer.error ? "error" : "good");
}
addEventListener("hashchange", acceptInvitation);
acceptInvitation();
connect();
// On a phone this would open the keyboard over half of the room.
if (!matchMedia("(pointer: coarse)").matches) document.getElementById("text").focus({ preventScroll: true });
