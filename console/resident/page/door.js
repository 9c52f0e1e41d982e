// The notifier's API as this device uses it. Every answer is JSON; a refusal is an Error with its status and sentence.
import { recall } from "./store.js";

const PATIENCE_MS = 10_000;

export class Refusal extends Error {
  constructor(status, code, text) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

export async function settings() {
  const answer = await fetch("/resident/settings.json");
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

export const applicationKey = () => ask("GET", "/vapid");
export const subscribe = (body) => ask("POST", "/subscriptions", { body });
export const known = ({ id, token }) => ask("GET", `/subscriptions/${id}`, { token });
export const leave = ({ id, token }) => ask("DELETE", `/subscriptions/${id}`, { token });
export const test = ({ id, token }) => ask("POST", `/subscriptions/${id}/test`, { token });
export const receipt = (body) => ask("POST", "/receipts", { body });
export const subscriber = () => recall("subscriber");
