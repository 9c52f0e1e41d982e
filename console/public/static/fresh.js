// A page that stays open follows the one that was published since, and says in words how old it is when it cannot.
"use strict";

const EVERY_MS = 15000;
const LATE_MINUTES = 5;

function sayAge() {
  const main = document.getElementById("main");
  const line = main.querySelector("[data-late]");
  if (!line) return;
  const minutes = Math.floor((Date.now() - Date.parse(main.dataset.checkedAt)) / 60000);
  const words = minutes >= LATE_MINUTES ? line.dataset.late.replace("{minutes}", String(minutes)) : "";
  if (line.textContent !== words) line.textContent = words;
}

async function follow() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(10000) });
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const newer = page && page.getElementById("main");
    const here = document.getElementById("main");
    if (newer && newer.dataset.checkedAt > here.dataset.checkedAt) here.replaceWith(newer);
  } catch {
    // Offline or nothing answers: the page stays, and its age is said below.
  }
  sayAge();
}

sayAge();
setInterval(follow, EVERY_MS);
document.addEventListener("visibilitychange", follow);
