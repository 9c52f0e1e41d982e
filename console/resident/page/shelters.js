// Designated emergency evacuation places of the chosen municipalities, kept on this device for when there is no network.
import { $, el } from "./dom.js";
import { settings } from "./door.js";
import { hiragana } from "./places.js";
import { keep, recall } from "./store.js";
import { lang, t, when } from "./words.js";

export const HAZARDS = ["flood", "landslide", "storm_surge", "earthquake", "tsunami", "fire", "inland_flood", "volcano"];
const MOST_ROWS = 40;

// Fetches the lists of these municipalities and keeps them; what cannot be fetched stays as it was kept.
export async function saveShelters(chosen) {
  const towns = [...new Set(chosen.map((place) => place.municipality))];
  await Promise.all(towns.map((town) => saveOne(town).catch(() => undefined)));
  await keep("shelter-towns", towns).catch(() => undefined);
}

async function saveOne(town) {
  if (!(await settings()).shelters.includes(town)) return keep(`shelters:${town}`, null);
  const answer = await fetch(`/shelters/${town}.json`, { signal: AbortSignal.timeout(10_000) });
  if (answer.status === 404) return keep(`shelters:${town}`, null);
  if (!answer.ok) throw new Error(`shelters ${answer.status}`);
  return keep(`shelters:${town}`, { ...(await answer.json()), saved_at: new Date().toISOString() });
}

let hazard = "";
let words = "";

export function startShelters() {
  $("shelter-hazard").addEventListener("change", () => (hazard = $("shelter-hazard").value) !== null && drawShelters());
  $("shelter-search").addEventListener("input", () => (words = $("shelter-search").value.trim()) !== null && drawShelters());
}

export async function drawShelters() {
  const towns = (await recall("shelter-towns").catch(() => null)) ?? [];
  const lists = (await Promise.all(towns.map((town) => recall(`shelters:${town}`).catch(() => null)))).filter(Boolean);
  $("shelter-filter").hidden = !lists.length;
  drawHazards();
  $("shelter-lists").replaceChildren(...(lists.length ? lists.map(town) : [el("p", { class: "calm" }, t("shelters.none"))]));
}

// Once a language: a list that is replaced while somebody chooses would close under their finger.
function drawHazards() {
  if ($("shelter-hazard").dataset.lang === lang()) return;
  const options = ["", ...HAZARDS].map((name) => el("option", { value: name, selected: name === hazard }, t(`shelters.${name || "any"}`)));
  $("shelter-hazard").replaceChildren(...options);
  $("shelter-hazard").dataset.lang = lang();
}

function town(list) {
  const fitting = list.shelters.filter((one) => (!hazard || one.hazards.includes(hazard)) && (!words || `${one.name}${one.kana}${one.address}`.includes(words)));
  const rest = fitting.length - MOST_ROWS;
  return el(
    "section",
    {},
    el("h3", { lang: "ja" }, list.name),
    el("p", { class: "meta" }, `${t("shelters.as_of", { date: list.as_of })} · ${t("offline.saved_at", { time: when(list.saved_at) })}`),
    el("ul", { class: "shelters" }, ...fitting.slice(0, MOST_ROWS).map(shelter)),
    rest > 0 ? el("p", { class: "meta" }, t("shelters.more", { count: rest })) : null,
    fitting.length ? null : el("p", {}, t("shelters.none_fit")),
  );
}

function shelter(one) {
  const name = !["ja", "ja-easy", "zh"].includes(lang()) && one.en ? `${one.en} (${one.name})` : one.name;
  return el(
    "li",
    {},
    el("strong", { lang: "ja" }, name, lang() === "ja-easy" && one.kana ? `（${hiragana(one.kana)}）` : ""),
    el("span", { lang: "ja" }, one.address),
    el("span", { class: "meta" }, one.hazards.map((name) => t(`shelters.${name}`)).join(" · ")),
  );
}
