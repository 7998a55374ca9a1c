// A link on another site may have brought the visitor here without the room's cookie; what is asked from here carries it.

async function knock() {
  const answer = await fetch("knock", { method: "POST" });
  return (await answer.json()).known;
}

async function enter() {
  try {
    // The first knock may bring the cookie, the second shows whether the browser keeps it.
    if ((await knock()) || (await knock())) location.replace(`/${location.hash}`);
    else document.getElementById("shut").hidden = false;
  } catch {
    setTimeout(enter, 2000);
  }
}
enter();
