// One device's subscription: made, renewed when browser or server lost it, ended. Used by the page and by the worker.
import * as door from "./door.js";
import { inTime } from "./patience.js";
import { forget, forgetAll, keep, recall } from "./store.js";

const RENEW_AFTER_MS = 24 * 3600 * 1000;
const YOUNG_MS = 30_000;
const SUBSCRIBES_MS = 25_000;

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const textOf = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// Codes where whole places are meant; by municipality, with areas and districts, as soon as one district is named.
export function placesFor(chosen) {
  if (chosen.every((place) => !place.districts.length)) return chosen.map((place) => place.code);
  const wanted = {};
  for (const place of chosen) {
    const row = (wanted[place.municipality] ??= { areas: new Set(), districts: new Set(), all: false, everywhere: false });
    if (place.code === place.municipality) row.all = true;
    for (const area of place.areas) row.areas.add(area);
    for (const district of place.districts) row.districts.add(district);
    if (!place.districts.length) row.everywhere = true;
  }
  return Object.fromEntries(
    Object.entries(wanted).map(([code, row]) => [
      code,
      { areas: row.all ? [] : [...row.areas], districts: row.everywhere ? [] : [...row.districts] },
    ]),
  );
}

let running = Promise.resolve();

// Subscribes in the browser and at the server. Throws what the browser or a Refusal says, or a TimeoutError; nothing is
// kept then.
export function enrol(registration, wishes) {
  const made = subscribed(registration, wishes);
  running = made.catch(() => undefined);
  return made;
}

async function subscribed(registration, wishes) {
  const key = await door.applicationKey();
  const subscription = await soon(registration, subscriptionUnder(registration, key.public_key));
  const before = await recall("subscriber");
  const body = { subscription: subscription.toJSON(), places: placesFor(wishes.places), lang: wishes.lang, drills: wishes.drills };
  if (before && before.endpoint !== subscription.endpoint) body.replaces = { subscriber: before.id, token: before.token };
  const said = await door.subscribe(body);
  const subscriber = {
    id: said.subscriber,
    token: said.token,
    endpoint: subscription.endpoint,
    key: key.public_key,
    at: new Date().toISOString(),
  };
  await keep("subscriber", subscriber);
  await keep("wishes", wishes);
  return subscriber;
}

// A browser that cannot reach its push service may wait for ever. What it makes after all is left for the next tap; where
// it took the place of one that the server knows by then, the server is told.
async function soon(registration, making) {
  try {
    return await inTime(making, SUBSCRIBES_MS, "pushManager.subscribe");
  } catch (problem) {
    making.then(() => running).then(() => renew(registration)).catch(() => undefined);
    throw problem;
  }
}

async function subscriptionUnder(registration, key) {
  const present = await registration.pushManager.getSubscription();
  if (present && keyOf(present) === key) return present;
  if (present) await present.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
}

export function keyOf(subscription) {
  const key = subscription.options?.applicationServerKey;
  return key ? textOf(key) : null;
}

// Who was subscribed stays so: subscribes again where browser or server forgot, or the key changed. Never asks anything.
export async function renew(registration) {
  const wishes = await recall("wishes");
  const subscriber = await recall("subscriber");
  if (!wishes || !subscriber || !wishes.places.length) return null;
  const subscription = await registration.pushManager.getSubscription();
  if (subscription && subscription.endpoint === subscriber.endpoint && !(await outdated(subscriber, subscription))) return subscriber;
  return enrol(registration, wishes);
}

// A phone's clock may have been set since, in either direction.
const ageOf = (subscriber) => Math.abs(Date.now() - Date.parse(subscriber.at));

// The server looks things up in its index, which is a moment behind its door.
export const isYoung = (subscriber) => ageOf(subscriber) < YOUNG_MS;

async function outdated(subscriber, subscription) {
  if (ageOf(subscriber) > RENEW_AFTER_MS) return true;
  if ((await door.applicationKey()).public_key !== (keyOf(subscription) ?? subscriber.key)) return true;
  return !isYoung(subscriber) && (await knownTo(subscriber)) === false;
}

// true, false, or null where this server does not say.
export async function knownTo(subscriber) {
  try {
    return (await door.known(subscriber)).known !== false;
  } catch (problem) {
    if (problem.status === 404 || problem.status === 401 || problem.status === 410) return false;
    if (problem.status === 405) return null;
    throw problem;
  }
}

// Erases at the server first: whoever leaves must not be told so while the server still knows them.
export async function leave(registration) {
  const subscriber = await recall("subscriber");
  if (subscriber) await door.leave(subscriber);
  await forget("subscriber");
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
  await forgetAll();
}
