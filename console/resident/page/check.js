// Tiles that say whether an order would arrive here, and a test on request. Each state has a word and a sign, not only a colour.
import { canPush, needsHomeScreen, permission } from "./device.js";
import * as door from "./door.js";
import { $, el } from "./dom.js";
import { isYoung, keyOf, knownTo } from "./enrol.js";
import { currentSubscriber, registration } from "./notify.js";
import { recall } from "./store.js";
import { t, when } from "./words.js";

const ARRIVES_MS = 60_000;
const LATER_MS = 3_000;
const SIGNS = { ok: "✓", no: "✕", wait: "–" };

export function startCheck() {
  $("send-test").addEventListener("click", sendTest);
  navigator.serviceWorker?.addEventListener("message", () => drawCheck());
  navigator.serviceWorker?.ready.then(() => drawCheck());
}

export async function drawCheck() {
  const tiles = await Promise.all([supported(), allowed(), running(), subscribed(), ...(await atServer()), lastTest(), lastOrder()]);
  $("tiles").replaceChildren(...tiles.map(tile));
  $("send-test").hidden = !currentSubscriber() || permission() !== "granted";
}

function tile([name, state, words]) {
  return el(
    "li",
    { class: "tile", "data-state": state, "data-check": name },
    el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[state]),
    el("span", {}, el("b", {}, t(`check.${name}`)), el("span", { class: "state" }, `${t(`check.is_${state}`)} · ${words}`)),
  );
}

function supported() {
  if (canPush()) return ["support", "ok", t("check.support_ok")];
  return ["support", needsHomeScreen() ? "wait" : "no", t(needsHomeScreen() ? "check.support_home" : "check.support_no")];
}

function allowed() {
  const now = permission();
  const state = { granted: "ok", denied: "no" }[now] ?? "wait";
  return ["permission", state, t(`check.permission_${state}`)];
}

async function running() {
  const worker = (await registration())?.active;
  return ["worker", worker ? "ok" : "wait", t(worker ? "check.worker_ok" : "check.worker_wait")];
}

async function subscribed() {
  if (!currentSubscriber()) return ["subscription", "wait", t("check.subscription_wait")];
  const found = await (await registration())?.pushManager.getSubscription();
  return found ? ["subscription", "ok", t("check.subscription_ok")] : ["subscription", "no", t("check.subscription_lost")];
}

async function atServer() {
  const subscriber = currentSubscriber();
  if (!subscriber) return [["server", "wait", t("check.subscription_wait")]];
  try {
    const [known, { public_key: key }] = await Promise.all([knownTo(subscriber), door.applicationKey()]);
    const used = keyOf((await (await registration())?.pushManager.getSubscription()) ?? {}) ?? subscriber.key;
    return [
      known === false ? unknown(subscriber) : ["server", "ok", t("check.server_ok")],
      used === key ? ["key", "ok", t("check.key_ok")] : ["key", "no", t("check.key_no")],
    ];
  } catch {
    return [["server", "wait", t("check.server_unreachable")]];
  }
}

function unknown(subscriber) {
  if (!isYoung(subscriber)) return ["server", "no", t("check.server_no")];
  setTimeout(drawCheck, LATER_MS);
  return ["server", "wait", t("check.server_unreachable")];
}

async function lastTest() {
  const test = await recall("test").catch(() => null);
  return test ? ["test", "ok", t("check.at", { time: when(test.at) })] : ["test", "wait", t("check.none_yet")];
}

async function lastOrder() {
  const order = await recall("order").catch(() => null);
  return order ? ["order", "ok", t("check.at", { time: when(order.at) })] : ["order", "wait", t("check.none_yet")];
}

const say = (words, state) => {
  $("test-status").textContent = words;
  $("test-status").dataset.state = state;
};

async function sendTest() {
  const began = Date.now();
  $("send-test").disabled = true;
  say(t("check.test_waiting"), "wait");
  try {
    await door.test(currentSubscriber());
    const seconds = await arrived(began);
    if (seconds === null) say(t("check.test_late"), "no");
    else say(t("check.test_arrived", { seconds: seconds.toFixed(1) }), "ok");
  } catch (problem) {
    say(t(problem?.status === 429 ? "check.test_too_often" : "check.test_failed"), "no");
  }
  $("send-test").disabled = false;
  await drawCheck();
}

// Waits for the worker's word; null if none comes in time.
function arrived(began) {
  return new Promise((resolve) => {
    const hear = ({ data }) => ["order", "call"].includes(data?.kind) || finish((Date.parse(data.at) - began) / 1000);
    const late = setTimeout(() => finish(null), ARRIVES_MS);
    const finish = (seconds) => {
      clearTimeout(late);
      navigator.serviceWorker.removeEventListener("message", hear);
      resolve(seconds === null ? null : Math.max(seconds, 0.1));
    };
    navigator.serviceWorker.addEventListener("message", hear);
    recall("test").then((test) => test && Date.parse(test.at) >= began && finish((Date.parse(test.at) - began) / 1000));
  });
}
