// Choosing places: by searching, by list, by district. Pure but for the list itself, which is fetched once it is needed.

const MOST_FOUND = 12;
const PATIENCE_MS = 20_000;
export const MOST_PLACES = 20;
let loading = null;

// Every municipality and ward that orders can be about, wards behind their city.
export function places() {
  loading ??= fetch("/resident/places.json", { signal: AbortSignal.timeout(PATIENCE_MS) }).then(read);
  loading.catch(() => (loading = null));
  return loading;
}

async function read(answer) {
  if (!answer.ok) throw new Error(`places ${answer.status}`);
  return answer.json();
}

export const hiragana = (text) => text.replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));

// What somebody types: full or half width, katakana or hiragana, letters with or without accents and long vowels.
export function plain(text) {
  return hiragana(text.normalize("NFKC"))
    .toLowerCase()
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .replace(/ou|oo/g, "o")
    .replace(/uu/g, "u")
    .replace(/[\s'’‐-―-]/g, "");
}

// Names that begin with the words come first.
export function found(all, words) {
  const wanted = plain(words);
  if (!wanted) return [];
  const ranked = all.map((place) => [rank(place, wanted), place]).filter(([value]) => value < 3);
  ranked.sort(([one], [other]) => one - other);
  return ranked.slice(0, MOST_FOUND).map(([, place]) => place);
}

function rank(place, wanted) {
  const names = [place.name, place.kana, place.en, place.city ?? ""].map(plain);
  if (names.slice(0, 3).some((name) => name === wanted)) return 0;
  if (names.slice(0, 3).some((name) => name.startsWith(wanted))) return 1;
  return names.some((name) => name.includes(wanted)) ? 2 : 3;
}

export const chosenOf = (place, districts = []) => ({ ...place, districts });

// A city takes the place of its wards, a ward stands for itself.
export function added(chosen, place) {
  if (chosen.some((one) => one.code === place.code || one.code === place.municipality)) return chosen;
  const others = chosen.filter((one) => one.municipality !== place.code);
  return others.length >= MOST_PLACES ? chosen : [...others, chosenOf(place)];
}

export const removed = (chosen, code) => chosen.filter((one) => one.code !== code);

// Whether an order is about one of these places: its areas and districts, none meaning all.
export function concerns(order, chosen) {
  return chosen.some((place) => {
    if (place.municipality !== order.municipality) return false;
    const areas = order.areas.map((area) => area.code);
    if (place.code !== place.municipality && areas.length && !areas.some((code) => place.areas.includes(code))) return false;
    if (!order.districts.length || !place.districts.length) return true;
    return place.districts.some((name) => order.districts.includes(name));
  });
}
