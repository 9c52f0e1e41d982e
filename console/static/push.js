// The device page: says what works, and registers this device after the officer pressed the button.

const PATIENCE_MS = 25_000;
const TAKEN = "registered device"; // the endpoint that the server took: what the browser alone has is no registration
const button = document.getElementById("register");
const say = (check, words, state) => {
  const line = document.querySelector(`[data-check="${check}"]`);
  line.textContent = words;
  line.dataset.state = state;
};

const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

async function show() {
  say("support", supported ? "このブラウザーは通知に対応しています" : "このブラウザーは通知に対応していません", supported ? "ok" : "no");
  if (!supported) {
    button.disabled = true;
    return;
  }
  const permission = Notification.permission;
  const words = { granted: "通知は許可されています", denied: "通知が拒否されています。ブラウザーの設定で許可してください", default: "通知の許可はまだ求めていません" };
  say("permission", words[permission], permission === "granted" ? "ok" : permission === "denied" ? "no" : "wait");
  const worker = await navigator.serviceWorker.getRegistration("/");
  const subscription = worker ? await worker.pushManager.getSubscription() : null;
  const taken = subscription && localStorage.getItem(TAKEN) === subscription.endpoint;
  say("registered", taken ? "この端末は登録されています" : "この端末はまだ登録されていません", taken ? "ok" : "wait");
}

// A browser that cannot reach its push service, or a worker's files, may wait for ever.
function inTime(promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new DOMException("no answer in time", "TimeoutError")), PATIENCE_MS));
  return Promise.race([promise, late]);
}

async function asked(path, options = {}) {
  const answer = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.text);
  return said;
}

async function subscribed() {
  const worker = await inTime(navigator.serviceWorker.ready);
  const key = await asked("/device/key");
  return inTime(worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key.public_key) }));
}

async function register() {
  button.disabled = true;
  explain(null);
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    if ((await Notification.requestPermission()) !== "granted") return await show();
    const subscription = await subscribed();
    await asked("/device", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": button.dataset.csrf },
      body: JSON.stringify({ subscription, drills: document.getElementById("drills").checked }),
    });
    localStorage.setItem(TAKEN, subscription.endpoint);
    await show();
  } catch (problem) {
    await show();
    say("registered", "登録できませんでした。通信を確かめて、もう一度押してください", "no");
    explain(problem);
  } finally {
    button.disabled = false;
  }
}

// What browser or server said in their own words, for who asks.
function explain(problem) {
  const cause = document.getElementById("cause");
  cause.hidden = !problem;
  cause.querySelector("p").textContent = problem ? `${problem.name}: ${problem.message}` : "";
}

button.addEventListener("click", register);
show();
