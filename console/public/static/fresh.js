// A page that stays open follows the one that was published since, and says in words how old it is when it cannot.
"use strict";

const EVERY_MS = 15000;
const LATE_MINUTES = 5;

// The reader's clock may be wrong by a day: the server's own says how old the page is. It is cut to whole seconds.
let aheadMs = 0;

const minutesOf = (main) => Math.floor((Date.now() - aheadMs - Date.parse(main.dataset.checkedAt)) / 60000);

function sayAge() {
  const main = document.getElementById("main");
  const line = main.querySelector("[data-late]");
  if (!line) return;
  const minutes = minutesOf(main);
  const words = minutes >= LATE_MINUTES ? line.dataset.late.replace("{minutes}", String(minutes)) : "";
  if (line.textContent !== words) line.textContent = words;
}

async function follow() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(10000) });
    const said = Date.parse(answer.headers.get("Date")) + 1000 * (1 + (Number(answer.headers.get("Age")) || 0));
    aheadMs = said ? Date.now() - said : 0;
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const newer = page && page.getElementById("main");
    const here = document.getElementById("main");
    if (newer && newer.dataset.checkedAt > here.dataset.checkedAt) here.replaceWith(newer);
  } catch {
    // Offline or nothing answers: the page stays, and its age is said below.
  }
  sayAge();
}

// Fresh by the reader's own clock needs no second request; what looks old, or not yet written, is asked for at once.
const minutes = minutesOf(document.getElementById("main"));
if (minutes < -1 || minutes >= LATE_MINUTES) follow();
setInterval(follow, EVERY_MS);
document.addEventListener("visibilitychange", follow);
