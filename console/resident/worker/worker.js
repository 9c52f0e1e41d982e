// The residents' service worker: shows every push, never an older revision over a newer one, and works without a network.
import * as door from "./door.js";
import { renew } from "./enrol.js";
import { messageOf, noticeOf, unreadableNotice } from "./notice.js";
import { isReceiptSync, report, sendReceipts } from "./receipts.js";
import { advance, keep, recall } from "./store.js";

const SHELL = `sonae-shell-${VERSION}`;
const TEXTS = "sonae-texts";
const HOME = "/resident/index.html";
const OFFLINE = "/resident/offline.html";
const PATIENCE_MS = 8_000;

// --- life

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function install() {
  const shell = await caches.open(SHELL);
  await shell.addAll(FILES.map((path) => new Request(path, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  const stale = (await caches.keys()).filter((name) => name.startsWith("sonae-shell-") && name !== SHELL);
  await Promise.all(stale.map((name) => caches.delete(name)));
  await self.clients.claim();
}

// --- pushes

let turn = Promise.resolve();

// One push after the other: what was decided first is also shown first.
self.addEventListener("push", (event) => {
  const text = event.data?.text() ?? "";
  turn = turn.then(() => show(text, event.notification).catch(showUnreadable));
  const shown = turn;
  turn = turn.catch(() => undefined);
  event.waitUntil(shown.then(afterwards));
});

async function show(text, proposed) {
  const message = messageOf(text, proposed);
  if (!message) return showUnreadable();
  const words = await wordsHere();
  const received = { ...message, received: new Date().toISOString() };
  // Without its memory a device shows what came: twice is better than not at all.
  const { newest, before, fresh } = await advanced(received).catch(() => ({ newest: received, before: null, fresh: true }));
  const notice = noticeOf(newest, words, { before, again: !fresh });
  await self.registration.showNotification(notice.title, notice.options);
  await remember(message).catch(() => undefined);
  return fresh ? notice.options.data : null;
}

// Whatever goes wrong, something is shown: pushes without a notification cost the subscription.
async function showUnreadable() {
  const notice = unreadableNotice(await wordsHere());
  await self.registration.showNotification(notice.title, notice.options);
  return null;
}

const wordsHere = async () => WORDS[(await recall("lang").catch(() => null)) ?? "ja"] ?? WORDS.ja;

async function advanced(message) {
  const numbered = (message.kind === "order" || message.kind === "call") && message.id && Number.isInteger(message.rev);
  return numbered ? advance(message) : { newest: message, before: null, fresh: true };
}

async function remember(message) {
  const at = new Date().toISOString();
  if (message.kind === "order") await keep("order", { id: message.id, rev: message.rev, at });
  else if (message.kind !== "call") await keep("test", { id: message.id ?? null, at });
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) page.postMessage({ kind: message.kind, id: message.id, at });
}

async function afterwards(data) {
  if (data) await report(self.registration, data, "shown", await spread());
  else await sendReceipts().catch(() => undefined);
}

async function spread() {
  const { receipt_spread_ms: most } = await door.settings().catch(() => ({}));
  return most ?? 0;
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const data = event.notification.data ?? {};
  event.waitUntil(Promise.all([openPage(data.url ?? "/"), report(self.registration, data, "clicked", 0).catch(() => undefined)]));
});

async function openPage(address) {
  const url = new URL(address, self.location.origin);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  const windows = await self.clients.matchAll({ type: "window" });
  const open = windows.find((client) => client.url === url.href);
  return open ? open.focus() : self.clients.openWindow(url.href);
}

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(self.registration).catch(() => undefined)));
self.addEventListener("sync", (event) => {
  if (isReceiptSync(event)) event.waitUntil(sendReceipts().then((done) => done || Promise.reject(new Error("receipts wait"))));
});

// --- without a network

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (FILES.includes(pathname) || pathname === "/resident/") event.respondWith(fromShell(pathname, event.request));
  else if (pathname.startsWith("/resident/texts/") || pathname === "/resident/settings.json") event.respondWith(newest(event.request));
  else if (mode === "navigate") event.respondWith(orOffline(event.request));
});

async function fromShell(pathname, request) {
  const path = pathname === "/resident/" ? HOME : pathname;
  return (await (await caches.open(SHELL)).match(path)) ?? fetch(request);
}

// The network's answer, kept for when there is none.
async function newest(request) {
  const kept = await caches.open(TEXTS);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  } catch (problem) {
    const known = await kept.match(request, { ignoreSearch: true });
    if (known) return known;
    throw problem;
  }
}

// A page with data is never taken out of a cache: without a network the offline page says what was saved, and when.
async function orOffline(request) {
  const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  if (answer && answer.status < 500) return answer;
  return (await (await caches.open(SHELL)).match(OFFLINE)) ?? answer ?? Response.error();
}
