// Sentences of the page, in the language that the server chose for it.

export const settings = JSON.parse(document.getElementById("settings").textContent);

/** The sentence `web-<key>`, its placeholders filled. */
export function say(key, parameters = {}) {
  const sentence = settings.words[`web-${key}`] ?? key;
  return sentence.replace(/\{\s*\$(\w+)\s*\}/g, (slot, name) => parameters[name] ?? slot);
}

const clock = new Intl.DateTimeFormat(settings.locale, { hour: "numeric", minute: "2-digit" });

export function time(at) {
  return clock.format(new Date(at));
}
