// The notifier's API as this device uses it. Every answer is JSON; a refusal is an Error with its status and sentence.

const PATIENCE_MS = 10_000;

export class Refusal extends Error {
  constructor(status, code, text) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

// What was asked a moment ago is not asked again: in a disaster everybody opens the page at once.
const lately = new Map();

function once(name, forMs, ask) {
  const known = lately.get(name);
  if (known && Date.now() - known.at < forMs) return known.answer;
  const answer = ask();
  lately.set(name, { at: Date.now(), answer });
  answer.catch(() => lately.delete(name));
  return answer;
}

export const settings = () => once("settings", 600_000, readSettings);

async function readSettings() {
  const answer = await fetch("/resident/settings.json", { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Refusal(answer.status, "settings", "");
  return answer.json();
}

async function ask(method, path, { body, token } = {}) {
  const { api } = await settings();
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(api + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
    cache: "no-store",
    credentials: "omit",
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said.code ?? "", said.text ?? "");
  return said;
}

export const applicationKey = () => once("key", 60_000, () => ask("GET", "/vapid"));
export const subscribe = (body) => ask("POST", "/subscriptions", { body });
export const known = ({ id, token }) => once(`known ${id}`, 2_500, () => ask("GET", `/subscriptions/${id}`, { token }));
export const leave = ({ id, token }) => ask("DELETE", `/subscriptions/${id}`, { token });
export const test = ({ id, token }) => ask("POST", `/subscriptions/${id}/test`, { token });
export const receipt = (body) => ask("POST", "/receipts", { body });
