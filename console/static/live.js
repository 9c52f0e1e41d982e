// Live updates: when something changed, the page fetches itself and swaps the regions marked data-live. Forms stay.


const world = document.documentElement.dataset.world;
const state = document.getElementById("link-state");
let busy = false;
let again = false;

const regions = (root) => new Map([...root.querySelectorAll("[data-live]")].map((node) => [node.id, node]));

function swap(fresh) {
  const incoming = regions(fresh);
  for (const [id, node] of regions(document)) {
    const next = incoming.get(id);
    if (!next || node.innerHTML === next.innerHTML) continue;
    if (node.contains(document.activeElement)) continue;
    const open = [...node.querySelectorAll("details")].map((fold) => fold.open);
    node.innerHTML = next.innerHTML;
    node.hidden = next.hidden;
    node.querySelectorAll("details").forEach((fold, index) => { if (index in open) fold.open = open[index]; });
  }
  const act = document.getElementById("act");
  const nextAct = fresh.getElementById("act");
  if (act && nextAct && act.dataset.state !== nextAct.dataset.state) document.getElementById("moved").hidden = false;
}

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/signin") { location.assign(answer.url); return; }
    if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    say(answer.ok);
  } catch { say(false); }
  busy = false;
  if (again) { again = false; refresh(); }
}

function say(linked) {
  state.textContent = linked ? "" : "サーバーとつながりません。表示は古い可能性があります。";
  state.classList.toggle("lost", !linked);
}

// A button that is pressed twice sends its form once. (Without script the desk itself counts the two as one.)
const REPEAT_MS = 6000;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sentAt && Date.now() - form.dataset.sentAt < REPEAT_MS) event.preventDefault();
  else form.dataset.sentAt = Date.now();
});
addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sentAt));

if (document.querySelector("[data-live]")) {
  const source = new EventSource(`/live/${world}`);
  source.addEventListener("change", refresh);
  source.addEventListener("error", () => say(false));
  source.addEventListener("open", () => say(true));
  setInterval(refresh, 30000);
}
