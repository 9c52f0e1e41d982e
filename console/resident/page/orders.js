// Orders in force for the chosen places, with the time of the data. Whoever has no network sees what was saved, and when.
import { $, el } from "./dom.js";
import { concerns, places } from "./places.js";
import { keep, recall, shownOrders } from "./store.js";
import { lang, levelName, placeName, publicFolder, t, textIn, when } from "./words.js";

const OLD_MS = 10 * 60 * 1000;
const SEVERE = 4;
const MARKS = { exercise: "【訓練】", test: "【試験】" };

export async function fetchOrders() {
  const answer = await fetch("/orders.json", { cache: "no-cache", signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`orders ${answer.status}`);
  const { as_of: asOf, checked_at: checkedAt, replay, orders } = await answer.json();
  const ageMs = serverTime(answer.headers) - Date.parse(checkedAt ?? asOf);
  return { asOf, ageMs, replay: Boolean(replay), orders: orders.filter((order) => order.in_force !== false) };
}

// A phone's clock may be wrong by a day: the server's own says how old its data is (RFC 9110 §6.6.1, RFC 9111 §5.1).
export function serverTime(headers) {
  const said = Date.parse(headers.get("Date"));
  return Number.isNaN(said) ? Date.now() : said + 1000 * (Number(headers.get("Age")) || 0);
}

let last = null;

// Fills the section; `chosen` are places. Never an empty list because something could not be read. `known`: from what was
// read last, without a request.
export async function showOrders(chosen, { known = false } = {}) {
  try {
    const data = known && last ? last : await fetchOrders();
    last = data;
    const mine = data.orders.filter((order) => concerns(order, chosen));
    if (chosen.length) await keep("orders", { ...data, orders: mine, savedAt: new Date().toISOString() }).catch(() => undefined);
    const names = mine.length ? await places().catch(() => []) : [];
    present(data, chosen, mine, names);
    announce(mine, names);
  } catch {
    last = null;
    await presentSaved();
  }
}

function present(data, chosen, mine, names) {
  const late = data.ageMs > OLD_MS;
  const time = when(data.asOf);
  stamp(late ? "" : t("orders.as_of", { time }), late ? t("orders.late", { time }) : "");
  $("replay").hidden = !data.replay;
  const cards = mine.map((order) => card(order.level, levelName(order), nameOf(order, names), textIn(order.texts), order));
  const calm = t(chosen.length ? "orders.none" : "orders.choose_first");
  fillList(cards.length ? cards : [el("p", { class: "calm" }, calm)]);
}

// Only what changed is put in anew: a reader may stand on one of its links.
function fillList(rows) {
  const before = [...$("orders-list").children];
  if (before.length === rows.length && rows.every((row, at) => row.isEqualNode(before[at]))) return;
  $("orders-list").replaceChildren(...rows);
}

function nameOf(order, names) {
  const place = names.find((one) => one.code === order.municipality);
  return place ? placeName(place) : order.municipality_name;
}

async function presentSaved() {
  stamp("", t("orders.unreachable"));
  fillList(await savedCards());
}

// The time alone is not spoken each minute; that it stands still is, once.
function stamp(time, late) {
  $("orders-time").textContent = time;
  if ($("orders-late").textContent !== late) $("orders-late").textContent = late;
}

export function card(level, name, place, text, { id, issued_at: at, saved_at: saved, url }) {
  return el(
    "article",
    { class: `order level-${level ?? "tsunami"}` },
    el("p", { class: "level" }, name),
    el("h3", { lang: text.lang.replace("-easy", "") }, text.title),
    el("p", { class: "words", lang: text.lang.replace("-easy", "") }, text.body),
    el("p", { class: "meta" }, [place, t("orders.issued", { time: when(at) })].filter(Boolean).join(" · ")),
    saved ? el("p", { class: "saved" }, t("offline.saved_at", { time: when(saved) })) : null,
    el("a", { class: "more", href: url ?? `${publicFolder()}orders/${id}.html` }, t("orders.open")),
  );
}

// What this device has: by push, or seen on this page; of each order the newest revision.
export async function savedCards() {
  const seen = (await recall("orders").catch(() => null)) ?? { orders: [], savedAt: "" };
  const rows = new Map();
  for (const order of seen.orders) rows.set(order.id, { ...order, rev: order.revision, text: textIn(order.texts), saved_at: seen.savedAt });
  for (const push of await shownOrders().catch(() => [])) {
    if ((rows.get(push.id)?.rev ?? 0) > push.rev) continue;
    const text = { lang: push.lang ?? "ja", title: push.title, body: push.body ?? "" };
    rows.set(push.id, { id: push.id, rev: push.rev, level: push.level, text, issued_at: push.at, saved_at: push.received, url: push.url, world: push.world, lifted: push.action === "lift" });
  }
  const newest = [...rows.values()].sort((one, other) => String(other.issued_at).localeCompare(String(one.issued_at)));
  if (!newest.length) return [el("p", { class: "calm" }, t("offline.none"))];
  return newest.map(savedCard);
}

function savedCard(row) {
  const mark = MARKS[row.world] ?? "";
  const name = mark + (row.lifted ? t("level.lifted") : levelName(row));
  return card(row.lifted || mark ? 0 : row.level, name, row.municipality_name ?? "", row.text, row);
}

// Spoken at once only where life is at stake: a level of 4 or more, or a tsunami, that was not there before.
function announce(mine, names) {
  const severe = mine.filter((order) => (order.level ?? 6) >= SEVERE);
  const shown = new Map([...$("alert").children].map((line) => [line.dataset.order, line]));
  for (const order of severe) {
    const key = [order.id, order.level, lang()].join();
    if (!shown.delete(key)) $("alert").append(el("p", { "data-order": key, class: `level-${order.level ?? "tsunami"}` }, `${levelName(order)} · ${nameOf(order, names)}`));
  }
  for (const gone of shown.values()) gone.remove();
}
