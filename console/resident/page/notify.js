// Turning notifications on, changing what they are about, and leaving. The permission is asked for in `turnOn` only: after
// the reader has read what for, and tapped.
import { canPush, howToAllow, needsHomeScreen, permission } from "./device.js";
import { $, el } from "./dom.js";
import * as enrolment from "./enrol.js";
import { keep, recall } from "./store.js";
import { lang, t } from "./words.js";

let wishes = { places: [], lang: "ja", drills: false };
let subscriber = null;
let enrolled = null;
let refreshed = () => undefined;

export const registration = () => navigator.serviceWorker?.getRegistration("/");
export const worker = () => navigator.serviceWorker?.register("/sw.js", { scope: "/" });

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
const changed = () => JSON.stringify(told(enrolled)) !== JSON.stringify(told({ ...wishes, lang: lang() }));

const told = (known) => known && [known.lang, known.drills, known.places.map(({ code, districts }) => [code, districts])];

const say = (words, state = "") => {
  $("notify-status").textContent = words;
  $("notify-status").dataset.state = state;
};

async function turnOn() {
  if (!wishes.places.length) return say(t("notify.choose_first"), "no");
  if ($("notify-status").dataset.state === "wait") return;
  say(t("notify.working"), "wait");
  try {
    if ((await Notification.requestPermission()) !== "granted") throw new Error("permission");
    await worker();
    subscriber = await enrolment.enrol(await navigator.serviceWorker.ready, { ...wishes, lang: lang() });
    enrolled = wishes = { ...wishes, lang: lang() };
    say(t("notify.done"), "ok");
  } catch (problem) {
    say(reason(problem), "no");
  }
  drawNotify();
  refreshed();
}

function reason(problem) {
  if (permission() !== "granted") return t("notify.not_allowed");
  if (problem instanceof TypeError || problem?.name === "TimeoutError") return t("notify.unreachable");
  if (problem?.status === 429) return t("notify.too_often");
  if (problem?.status >= 500) return t("notify.unreachable");
  return t("notify.failed", { reason: problem?.message ?? "" });
}

// On each visit: what browser or server lost is made again, without a word.
export async function renewed() {
  if (!subscriber || permission() !== "granted") return;
  await worker();
  subscriber = (await enrolment.renew(await navigator.serviceWorker.ready)) ?? subscriber;
}

function confirmLeaving(open) {
  $("leaving").hidden = !open;
  if (open) $("leave-yes").focus();
  else $("leave").focus();
}

async function leave() {
  $("leaving").hidden = true;
  try {
    await enrolment.leave(await registration());
    subscriber = null;
    enrolled = null;
    wishes = { ...wishes, places: [], drills: false };
    $("drills").checked = false;
    say(t("notify.left"), "ok");
    drawNotify();
    refreshed({ left: true });
  } catch (problem) {
    say(reason(problem), "no");
  }
}

export const currentWishes = () => wishes;
export const currentSubscriber = () => subscriber;
export const steps = () => [1, 2, 3].map((number) => el("li", {}, t(`ios.step${number}`)));
