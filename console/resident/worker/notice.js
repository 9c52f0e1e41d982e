// From a push to a notification. Pure: `words` are the worker's texts in one language, filled in when the site is built.

const MARKS = { exercise: "【訓練】", test: "【試験】" };
const TIME_IN_WORDS = /\d{1,2}\s*[:：時]\s*\d{1,2}/;
const SEVERE = 4;

// A push of version 1, ours or declarative; null for what cannot be understood.
export function messageOf(text, proposed) {
  const message = flattened(parsed(text)) ?? flattened(proposed && { web_push: 8030, notification: proposed });
  return message && typeof message.title === "string" && message.title ? message : null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// A declarative message (web_push 8030) carries its words in `notification`, our own fields in `notification.data`.
function flattened(message) {
  if (!message || typeof message !== "object") return null;
  if (message.web_push !== 8030) return message;
  const { title, body, tag, lang, navigate, data } = message.notification ?? {};
  return { ...data, title, body, tag, lang, url: navigate };
}

export const isDrill = (message) => message.world !== "actual";

// 4, 5 and a tsunami order (no number) of the real world, while in force.
export function isUrgent(message) {
  if (isDrill(message) || !message.urgent || message.action === "lift") return false;
  return message.kind === "call" || message.level == null || message.level >= SEVERE;
}

// How severe a message is: a tsunami order, which has no number, stands with the severest. A lift is below everything.
export function severity(message) {
  if (message.action === "lift") return 0;
  return message.level ?? 6;
}

export function levelWords(message, words) {
  if (message.kind !== "order" || message.action === "lift") return "";
  return message.level == null ? (message.hazard === "tsunami" ? words.tsunami : "") : (words.levels[message.level] ?? "");
}

// Level and time stand in the approved words; where they do not, a line says them.
function bodyOf(message, words) {
  const lines = String(message.body ?? "").split("\n");
  const level = levelWords(message, words);
  if (level && !saysLevel(message)) lines.unshift(level);
  if (message.kind === "order" && !TIME_IN_WORDS.test(message.body ?? "")) lines.push(timeOf(message, words));
  return lines.filter(Boolean).join("\n");
}

function saysLevel({ title, level, hazard }) {
  const plain = title.normalize("NFKC");
  return level == null ? hazard !== "tsunami" : new RegExp(`(^|\\D)${level}(\\D|$)`).test(plain);
}

function timeOf(message, words) {
  const at = new Date(message.at);
  if (Number.isNaN(at.getTime())) return "";
  return new Intl.DateTimeFormat(words.locale, { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Tokyo" }).format(at);
}

// In a drill every line says so, whatever came: a line without its mark would look real.
export function marked(world, text) {
  const mark = MARKS[world];
  if (!mark) return text;
  return text.split("\n").map((line) => (line.startsWith(mark) ? line : mark + line)).join("\n");
}

// `again`: shown before or overtaken by what is shown; no sound, but visible (a push without a notice ends subscriptions).
export function noticeOf(message, words, { before = null, again = false } = {}) {
  const world = message.world ?? "test";
  const rises = !before || severity(message) > severity(before);
  return {
    title: marked(world, message.title),
    options: {
      body: marked(world, bodyOf(message, words)),
      tag: message.tag || message.id || "sonae",
      lang: String(message.lang ?? "ja").replace("-easy", ""),
      renotify: !again && rises,
      silent: again,
      requireInteraction: isUrgent(message),
      timestamp: Date.parse(message.at) || Date.now(),
      icon: "/resident/icon-192.png",
      badge: "/resident/badge-96.png",
      data: {
        url: message.url ?? "/",
        receipt: message.receipt ?? null,
        world,
        id: message.id ?? null,
        rev: message.rev ?? 0,
      },
    },
  };
}

// Something came and cannot be read: say so, and lead to the page with the orders in force.
export function unreadableNotice(words) {
  return {
    title: words.unreadable_title,
    options: { body: words.unreadable_body, tag: "unreadable", lang: words.locale, renotify: true, icon: "/resident/icon-192.png", data: { url: "/" } },
  };
}
