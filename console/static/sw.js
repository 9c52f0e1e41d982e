// Shows pushes of version 1 and opens the page that they name. Nothing is cached: the desk is never shown stale.
"use strict";

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// A declarative message (web_push 8030) carries its words in `notification`, our own fields in `notification.data`.
function wordsOf(message) {
  if (message.web_push !== 8030) return message;
  const { title, body, tag, lang, navigate, data } = message.notification;
  return { ...data, title, body, tag, lang, url: navigate };
}

self.addEventListener("push", (event) => {
  const words = wordsOf(event.data.json());
  event.waitUntil(
    self.registration.showNotification(words.title, {
      body: words.body,
      tag: words.tag,
      lang: words.lang === "en" ? "en" : "ja",
      renotify: true,
      requireInteraction: Boolean(words.urgent),
      timestamp: Date.parse(words.at) || Date.now(),
      data: { url: words.url },
      icon: "/static/icon.svg",
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

async function open(url) {
  const windows = await self.clients.matchAll({ type: "window" });
  const shown = windows.find((client) => client.url === url);
  return shown ? shown.focus() : self.clients.openWindow(url);
}
