// The part of the page where places are chosen: search, list, position, districts; tells `changed` the new choice.
import { $, el } from "./dom.js";
import { added, chosenOf, found, places, removed, MOST_PLACES } from "./places.js";
import { codesAt, outlines, position, within } from "./position.js";
import { say } from "./lines.js";
import { placeName, t } from "./words.js";

const PATIENCE_MS = 20_000;

let chosen = [];
let near = [];
let changed = () => undefined;

export function startChooser(initial, whenChanged) {
  chosen = initial;
  changed = whenChanged;
  $("search").addEventListener("input", search);
  $("place-list").addEventListener("toggle", list);
  $("here").hidden = !("geolocation" in navigator);
  $("here").addEventListener("click", locate);
  draw();
}

// What is chosen elsewhere: in another tab, or nothing after leaving.
export function setChosen(places) {
  chosen = places;
  draw();
}

// After a change of language.
export function redraw() {
  draw();
  search();
  list();
}

function set(next, silent = false) {
  if (next === chosen) return;
  chosen = next;
  draw();
  changed(chosen, { silent });
}

function add(place) {
  const next = added(chosen, place);
  const refused = chosen.length >= MOST_PLACES ? "places.too_many" : "places.already";
  const key = next === chosen ? refused : "places.added";
  tell(() => t(key, { place: placeName(place), count: MOST_PLACES }));
  set(next);
}

const tell = (words) => say("place-status", words);

// --- what is chosen

function draw() {
  $("chosen").replaceChildren(...(chosen.length ? chosen.map(row) : [el("li", { class: "nothing" }, t("places.none_chosen"))]));
}

function row(place) {
  const remove = () => {
    tell(() => t("places.removed", { place: placeName(place) }));
    set(removed(chosen, place.code));
    $("chosen").focus();
  };
  const label = t("places.remove", { place: placeName(place) });
  return el(
    "li",
    {},
    el("div", { class: "chosen-row" }, el("strong", {}, placeName(place)), el("button", { type: "button", class: "quiet", "aria-label": label, onclick: remove }, t("places.remove_short"))),
    place.has_districts ? districtBox(place) : null,
  );
}

// Districts of a municipality that has supplied them: none ticked means all of it.
function districtBox(place) {
  const words = place.districts.length ? place.districts.join(", ") : t("places.whole");
  const box = el("details", { class: "districts" }, el("summary", {}, t("places.districts", { chosen: words })));
  box.addEventListener("toggle", () => box.open && fillDistricts(box, place));
  return box;
}

async function fillDistricts(box, place) {
  if (box.querySelector("fieldset")) return;
  const all = (await districts())[place.code] ?? { districts: [] };
  const fields = all.districts.map((district) => tick(place, district, () => gather(box, place)));
  box.append(el("fieldset", {}, el("legend", {}, t("places.districts_lead")), ...fields));
}

function tick(place, district, gathered) {
  const field = el("input", { type: "checkbox", value: district.name, checked: place.districts.includes(district.name), onchange: gathered });
  return el("label", { class: "tick" }, field, el("span", {}, `${district.name}（${district.kana}）`));
}

function gather(box, place) {
  const names = [...box.querySelectorAll("input:checked")].map((field) => field.value);
  chosen = chosen.map((one) => (one.code === place.code ? chosenOf(one, names) : one));
  const words = names.length ? names.join(", ") : t("places.whole");
  box.querySelector("summary").textContent = t("places.districts", { chosen: words });
  changed(chosen, { silent: false });
}

let loadingDistricts = null;
function districts() {
  loadingDistricts ??= fetch("/resident/districts.json", { signal: AbortSignal.timeout(PATIENCE_MS) }).then((answer) => (answer.ok ? answer.json() : {}));
  loadingDistricts.catch(() => (loadingDistricts = null));
  return loadingDistricts;
}

// --- by searching, by list

async function search() {
  const words = $("search").value;
  if (!words.trim()) return offerAll(near);
  const all = await places().catch(() => null);
  if (words !== $("search").value) return;
  if (!all) return tell(() => t("places.unreachable"));
  const hits = found(all, words);
  offerAll(hits);
  tell(() => (hits.length ? t("places.found", { count: hits.length }) : t("places.none_found")));
}

const offerAll = (some) => $("found").replaceChildren(...some.map((place) => el("li", {}, offer(place))));

function offer(place, withCity = true) {
  const city = withCity && place.city ? `${place.city} ` : "";
  const choose = () => {
    add(place);
    if (!withCity) return;
    $("search").value = "";
    offerAll((near = []));
    $("chosen").focus();
  };
  const label = place.city && !withCity ? `${place.city} ${placeName(place)}` : null;
  return el("button", { type: "button", class: "offer", "aria-label": label, onclick: choose }, `${city}${placeName(place)}`);
}

async function list() {
  if (!$("place-list").open) return;
  const all = await places().catch(() => null);
  if (!all) return tell(() => t("places.unreachable"));
  const cities = new Set(all.map((place) => place.city));
  const kind = (place, before) => (cities.has(place.name) ? "city" : before?.city && !place.city ? "town-first" : "");
  const rows = all.map((place, at) => el("li", { class: kind(place, all[at - 1]) }, offer(place, false)));
  $("all-places").replaceChildren(...rows);
}

// --- by position

async function locate() {
  tell(() => t("places.position_wait"));
  try {
    const [all, rings, known] = await Promise.all([places(), outlines(), districts()]);
    const { coords } = await position();
    suggest(all, codesAt(coords, rings), coords, known);
  } catch (problem) {
    tell(() => t(problem?.code === 1 ? "places.position_denied" : "places.position_failed"));
  }
}

// Where somebody stands is added; what begins close by is offered.
function suggest(all, { inside, close }, coords, known) {
  const here = all.filter((place) => inside.includes(place.code));
  const nearby = all.filter((place) => close.includes(place.code));
  if (!here.length && !nearby.length) return tell(() => t("places.position_outside"));
  for (const place of here) set(withDistrict(added(chosen, place), place, coords, known), true);
  tell(() => [here.length ? t("places.position_here", { place: here.map(placeName).join(", ") }) : "", nearby.length ? t("places.position_near") : ""].filter(Boolean).join(" "));
  offerAll((near = nearby));
}

function withDistrict(next, place, { longitude, latitude }, known) {
  const around = (known[place.code]?.districts ?? []).filter((one) => (one.rings ?? []).some((ring) => within(longitude, latitude, ring)));
  if (!around.length) return next;
  return next.map((one) => (one.code === place.code && !one.districts.length ? chosenOf(one, around.map((district) => district.name)) : one));
}
