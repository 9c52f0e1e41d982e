// The page's words in nine languages: which one, how a text gets its blanks, how times are said. Texts are plain, never markup.
import { keep, recall } from "./store.js";

export const LANGUAGES = { ja: "ja", "ja-easy": "ja", en: "en", zh: "zh-Hans", ko: "ko", vi: "vi", pt: "pt", tl: "fil", ne: "ne" };
const SAME = { fil: "tl", yue: "zh" };
const PATIENCE_MS = 15_000;

let table = {};
let language = "ja";

export const lang = () => language;

// The saved choice, else the first language of the browser that we speak, else English.
export function preferred(saved = chosen(), offered = navigator.languages) {
  const known = [saved, ...offered.map((tag) => tag.toLowerCase().split("-")[0]).map((tag) => SAME[tag] ?? tag)];
  return known.find((tag) => tag in LANGUAGES) ?? "en";
}

// A browser that keeps nothing for sites refuses even to be asked.
function chosen() {
  try {
    return localStorage.getItem("lang");
  } catch {
    return null;
  }
}

// The first language that can be had: without a network that is one that was used here before.
export async function begin() {
  const before = await recall("lang").catch(() => null);
  for (const wanted of new Set([preferred(), before, "ja"])) {
    if (wanted && (await use(wanted).then(() => true, () => false))) return;
  }
}

export async function use(wanted) {
  const address = `/resident/texts/${wanted}.json`;
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`texts ${wanted}: ${answer.status}`);
  await kept(address, answer.clone());
  table = await answer.json();
  language = wanted;
  document.documentElement.lang = LANGUAGES[wanted];
  document.documentElement.dataset.lang = wanted;
  document.title = t("page.title");
  fill(document);
  await keep("lang", wanted).catch(() => undefined);
}

// For when there is no network: the worker keeps them too, but it is not there yet at the first visit.
async function kept(address, answer) {
  const texts = await globalThis.caches?.open("sonae-texts").catch(() => null);
  await texts?.put(address, answer).catch(() => undefined);
}

export async function choose(wanted) {
  await use(wanted);
  try {
    localStorage.setItem("lang", wanted);
  } catch {
    // It is chosen until the page is left.
  }
}

export function t(key, blanks = {}) {
  const text = table[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => blanks[name] ?? "");
}

// Elements name their text in data-t, a field's hint in data-t-hint, a label for screen readers in data-t-label.
export function fill(root) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-hint]")) node.placeholder = t(node.dataset.tHint);
  for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
}

// By the clock on the walls of Japan, as the order texts write it; browsers lack the month names of some languages.
export function when(iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "";
  const form = { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Asia/Tokyo" };
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en", form).formatToParts(moment).map(({ type, value }) => [type, value]));
  const name = new Intl.DateTimeFormat("en", { month: "long", timeZone: "Asia/Tokyo" }).format(moment);
  return t("page.time", { month: parts.month, day: parts.day, month_name: name, clock: `${parts.hour}:${parts.minute}` });
}

export function levelName(order) {
  if (order.level != null) return t(`level.${order.level}`);
  return t("level.tsunami");
}

export function textIn(texts) {
  const by = Object.fromEntries(texts.map((text) => [text.lang, text]));
  return by[language] ?? by.ja;
}

// A name for people: the reading beside the characters where Japanese is read with help, letters elsewhere.
export function placeName(place) {
  if (language === "ja" || language === "zh") return place.name;
  if (language === "ja-easy") return `${place.name}（${place.kana}）`;
  return `${place.in?.[language] ?? place.en} (${place.name})`;
}

// Where the public pages of this language lie (schemas/public_paths.py).
export const publicFolder = () => (language === "ja" ? "/" : `/${language}/`);
