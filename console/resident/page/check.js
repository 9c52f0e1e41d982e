// Tiles that say whether an order would arrive here, and a test on request. Each state has a word and a sign, not only a colour.
import { canPush, needsHomeScreen, permission } from "./device.js";
import * as door from "./door.js";
import { $, el } from "./dom.js";
import { isYoung, keyOf, knownTo } from "./enrol.js";
import { say } from "./lines.js";
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

let rows = [];
let looks = 0;

// The look that began last is the one that counts.
export async function drawCheck() {
  const look = ++looks;
  const found = await Promise.all([supported(), allowed(), running(), subscribed(), ...(await atServer()), lastTest(), lastOrder()]);
  if (look !== looks) return;
  rows = found;
  redrawCheck();
  $("send-test").hidden = !currentSubscriber() || permission() !== "granted";
}

// The same in another language, at once.
export const redrawCheck = () => $("tiles").replaceChildren(...rows.map(tile));

// A row is the tile's name, its state, the text of what was found, and the time that this text names.
function tile([name, state, key, at]) {
  const found = t(`check.${key}`, { time: at && when(at) });
  const words = state === "wait" ? found : `${t(`check.is_${state}`)} · ${found}`;
  return el(
    "li",
    { class: "tile", "data-state": state, "data-check": name },
    el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[state]),
    el("span", {}, el("b", {}, t(`check.${name}`)), el("span", { class: "state" }, words)),
  );
}

function supported() {
  if (canPush()) return ["support", "ok", "support_ok"];
  return needsHomeScreen() ? ["support", "wait", "support_home"] : ["support", "no", "support_no"];
}

function allowed() {
  const now = permission();
  const state = { granted: "ok", denied: "no" }[now] ?? "wait";
  return ["permission", state, `permission_${state}`];
}

async function running() {
  const worker = (await registration())?.active;
  return worker ? ["worker", "ok", "worker_ok"] : ["worker", "wait", "worker_wait"];
}

async function subscribed() {
  const found = await (await registration())?.pushManager?.getSubscription();
  if (!currentSubscriber()) return found ? ["subscription", "no", "subscription_forgotten"] : ["subscription", "wait", "subscription_wait"];
  return found ? ["subscription", "ok", "subscription_ok"] : ["subscription", "no", "subscription_lost"];
}

async function atServer() {
  const subscriber = currentSubscriber();
  if (!subscriber) return [["server", "wait", "subscription_wait"]];
  try {
    const [known, { public_key: key }] = await Promise.all([knownTo(subscriber), door.applicationKey()]);
    const used = keyOf((await (await registration())?.pushManager.getSubscription()) ?? {}) ?? subscriber.key;
    return [
      known === false ? unknown(subscriber) : ["server", "ok", "server_ok"],
      used === key ? ["key", "ok", "key_ok"] : ["key", "no", "key_no"],
    ];
  } catch {
    return [["server", "wait", "server_unreachable"]];
  }
}

function unknown(subscriber) {
  if (!isYoung(subscriber)) return ["server", "no", "server_no"];
  setTimeout(drawCheck, LATER_MS);
  return ["server", "wait", "server_unreachable"];
}

async function lastTest() {
  const test = await recall("test").catch(() => null);
  return test ? ["test", "ok", "at", test.at] : ["test", "wait", "none_yet"];
}

async function lastOrder() {
  const order = await recall("order").catch(() => null);
  return order ? ["order", "ok", "at", order.at] : ["order", "wait", "none_yet"];
}

const tell = (key, state, blanks) => say("test-status", () => t(key, blanks), state);

// The button keeps the keyboard's place while it does nothing.
async function sendTest() {
  if ($("test-status").dataset.state === "wait") return;
  const began = Date.now();
  $("send-test").setAttribute("aria-disabled", "true");
  tell("check.test_waiting", "wait");
  try {
    await door.test(currentSubscriber());
    const seconds = await arrived(began);
    if (seconds === null) tell("check.test_late", "no");
    else tell("check.test_arrived", "ok", { seconds: seconds.toFixed(1) });
  } catch (problem) {
    tell(problem?.status === 429 ? "check.test_too_often" : "check.test_failed", "no");
  }
  $("send-test").setAttribute("aria-disabled", "false");
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
