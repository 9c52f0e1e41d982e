// Turning notifications on, changing what they are about, and leaving. The permission is asked for in `turnOn` only: after
// the reader has read what for, and tapped.
import { canPush, howToAllow, needsHomeScreen, permission } from "./device.js";
import { $, el } from "./dom.js";
import * as enrolment from "./enrol.js";
import { say } from "./lines.js";
import { inTime } from "./patience.js";
import { keep, recall } from "./store.js";
import { lang, t } from "./words.js";

const READY_MS = 20_000;
const UNREACHED = ["TypeError", "TimeoutError", "AbortError", "NetworkError"];

let wishes = { places: [], lang: "ja", drills: false };
let subscriber = null;
let enrolled = null;
let refreshed = () => undefined;

export const registration = () => navigator.serviceWorker?.getRegistration("/");
const worker = () => navigator.serviceWorker?.register("/sw.js", { scope: "/" });

export async function startNotify(known, whenRefreshed) {
  wishes = known;
  refreshed = whenRefreshed;
  subscriber = (await recall("subscriber").catch(() => null)) ?? null;
  enrolled = (await recall("wishes").catch(() => null)) ?? null;
  $("turn-on").addEventListener("click", turnOn);
  $("save").addEventListener("click", turnOn);
  $("leave").addEventListener("click", () => confirmLeaving(true));
  $("leave-no").addEventListener("click", () => confirmLeaving(false));
  $("leave-yes").addEventListener("click", leave);
  $("drills").addEventListener("change", () => wish({ drills: $("drills").checked }));
  $("drills").checked = wishes.drills;
  drawNotify();
}

// What somebody wants is remembered at once on this device, and told to the server when they say so.
export function wish(part) {
  wishes = { ...wishes, ...part };
  keep("wanted", wishes).catch(() => undefined);
  drawNotify();
}

// What another tab, or the browser's own settings, changed meanwhile; true if that was anything.
export async function reread() {
  const before = JSON.stringify([subscriber, enrolled, wishes]);
  const [known, told, wanted] = await Promise.all(["subscriber", "wishes", "wanted"].map(recall));
  subscriber = known ?? null;
  enrolled = told ?? null;
  wishes = wanted ?? told ?? wishes;
  $("drills").checked = wishes.drills;
  drawNotify();
  return JSON.stringify([subscriber, enrolled, wishes]) !== before;
}

export function drawNotify() {
  const on = Boolean(subscriber) && permission() === "granted";
  const denied = permission() === "denied";
  const home = needsHomeScreen();
  $("ios").hidden = !home;
  $("unsupported").hidden = home || canPush();
  $("denied").hidden = !denied;
  if (denied) $("denied-how").textContent = t(howToAllow());
  $("why").hidden = on;
  $("turn-on").hidden = on || home || denied || !canPush();
  $("turn-on").setAttribute("aria-disabled", String(!wishes.places.length));
  $("is-on").hidden = !on;
  $("save").hidden = !(on && changed());
  $("leave").hidden = !subscriber;
}

// Whether the server knows something else than what is chosen here.
const changed = () => JSON.stringify(rowOf(enrolled)) !== JSON.stringify(rowOf({ ...wishes, lang: lang() }));

const rowOf = (known) => known && [known.lang, known.drills, known.places.map(({ code, districts }) => [code, districts])];

const tell = (key, state = "") => say("notify-status", () => t(key), state);

// A tap does nothing while another one is under way; whoever is asked by the browser may take their time.
async function turnOn() {
  if (!wishes.places.length) return tell("notify.choose_first", "no");
  if ($("notify-status").dataset.state === "wait") return;
  explain(null);
  try {
    await allowed();
    tell("notify.working", "wait");
    const wanted = { ...wishes, lang: lang() };
    subscriber = await enrolment.enrol(await ready(), wanted);
    enrolled = wanted;
    tell("notify.done", "ok");
  } catch (problem) {
    failed(problem, "notify.failed");
  }
  drawNotify();
  focusStays();
  refreshed();
}

async function allowed() {
  if (permission() === "default") tell("notify.asking", "wait");
  if ((await Notification.requestPermission()) !== "granted") throw new Error("permission");
}

// A worker whose files cannot be had is never ready.
const ready = () => inTime(worker().then(() => navigator.serviceWorker.ready), READY_MS, "service worker");

// Our sentence in the reader's language; the browser's or the server's own words only for who asks for them.
function failed(problem, otherwise) {
  if (permission() !== "granted" && otherwise === "notify.failed") return tell("notify.not_allowed", "no");
  if (problem?.status === 429) tell("notify.too_often", "no");
  else tell(problem?.status >= 500 || UNREACHED.includes(problem?.name) ? "notify.unreachable" : otherwise, "no");
  explain(problem);
}

function explain(problem) {
  $("notify-cause").hidden = !problem;
  $("notify-cause").open = false;
  $("notify-words").textContent = problem ? [problem.name, problem.status, problem.message].filter(Boolean).join(" ") : "";
}

// Whoever goes by keyboard stands on a button that is gone: the line below says what became of it.
function focusStays() {
  if (!document.activeElement || document.activeElement === document.body || !document.activeElement.offsetParent) $("notify-status").focus();
}

// On each visit: the worker is registered, and what browser or server lost is made again, without a word.
export async function renewed() {
  if (!subscriber || permission() !== "granted") return worker();
  subscriber = (await enrolment.renew(await ready())) ?? subscriber;
  drawNotify();
}

function confirmLeaving(open) {
  $("leaving").hidden = !open;
  if (open) $("leave-yes").focus();
  else $("leave").focus();
}

async function leave() {
  $("leaving").hidden = true;
  explain(null);
  try {
    await enrolment.leave(await registration());
    subscriber = null;
    enrolled = null;
    wishes = { ...wishes, places: [], drills: false };
    $("drills").checked = false;
    tell("notify.left", "ok");
    drawNotify();
    refreshed({ left: true });
  } catch (problem) {
    failed(problem, "notify.leave_failed");
  }
  focusStays();
}

export const currentWishes = () => wishes;
export const currentSubscriber = () => subscriber;
export const steps = () => [1, 2, 3].map((number) => el("li", {}, t(`ios.step${number}`)));
