// The page, put together: language first, then what is known, then what the network says.
import { drawCheck, redrawCheck, startCheck } from "./check.js";
import { redraw, setChosen, startChooser } from "./chooser.js";
import { $, el } from "./dom.js";
import { say, sayAgain } from "./lines.js";
import { currentWishes, drawNotify, renewed, reread, startNotify, steps, wish } from "./notify.js";
import { showOrders } from "./orders.js";
import { drawShelters, saveShelters, startShelters } from "./shelters.js";
import { recall } from "./store.js";
import { begin, choose, lang, publicFolder, t } from "./words.js";

const EVERY_MS = 60_000;

async function start() {
  await begin();
  const wishes = (await recall("wanted").catch(() => null)) ?? (await recall("wishes").catch(() => null)) ?? { places: [], lang: lang(), drills: false };
  $("language").value = lang();
  $("language").addEventListener("change", () => speak($("language").value));
  dressed();
  startShelters();
  startCheck();
  startChooser(wishes.places, replaced);
  await startNotify(wishes, refreshed);
  install();
  await Promise.allSettled([orders(), drawShelters(), drawCheck(), renew()]);
  setInterval(() => document.hidden || orders(), EVERY_MS);
  document.addEventListener("visibilitychange", () => document.hidden || seenAgain());
  watchPermission().catch(() => undefined);
  document.documentElement.dataset.ready = "true";
}

// What depends on the language and is no text of its own.
function dressed() {
  $("ios-steps").replaceChildren(...steps());
  $("all-orders").href = publicFolder();
}

const orders = () => showOrders(currentWishes().places);

async function renew() {
  await renewed().catch(() => undefined);
  await drawCheck();
}

// Another tab may have subscribed, chosen or left meanwhile.
async function seenAgain() {
  const changed = await reread().catch(() => false);
  if (changed) setChosen(currentWishes().places);
  await Promise.allSettled([orders(), changed && drawCheck()]);
}

// Allowed or blocked in the browser's settings while the page is open: no reload is needed.
async function watchPermission() {
  const status = await navigator.permissions.query({ name: "notifications" });
  status.addEventListener("change", () => {
    drawNotify();
    renew();
  });
}

async function speak(wanted) {
  try {
    await choose(wanted);
  } catch {
    $("language").value = lang();
    return say("language-status", () => t("page.language_failed"), "no");
  }
  say("language-status", () => "");
  dressed();
  redraw();
  drawNotify();
  redrawCheck();
  sayAgain();
  await Promise.allSettled([orders(), drawShelters(), drawCheck()]);
}

// A choice by position sends nothing, not even for a list of shelters: what is asked for would say where somebody is.
async function replaced(places, { silent }) {
  wish({ places });
  await showOrders(places, { known: true });
  if (!silent) await saveShelters(places);
  await drawShelters();
}

async function refreshed({ left = false } = {}) {
  if (left) setChosen([]);
  await Promise.allSettled([orders(), drawCheck(), saveShelters(currentWishes().places).then(drawShelters)]);
}

// Chromium says when the page can be installed; the button appears only then.
function install() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const button = el("button", { type: "button", class: "quiet", "data-t": "page.install", onclick: () => event.prompt() }, t("page.install"));
    $("install").replaceChildren(button);
  });
}

start();
