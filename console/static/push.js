// The device page: says what works, and registers this device after the officer pressed the button.


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
  say("registered", subscription ? "この端末は登録されています" : "この端末はまだ登録されていません", subscription ? "ok" : "wait");
}

async function register() {
  button.disabled = true;
  try {
    const worker = await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    if ((await Notification.requestPermission()) !== "granted") throw new Error("通知が許可されませんでした");
    await navigator.serviceWorker.ready;
    const key = await (await fetch("/device/key")).json();
    const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key.public_key) });
    const answer = await fetch("/device", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": button.dataset.csrf },
      body: JSON.stringify({ subscription, drills: document.getElementById("drills").checked }),
    });
    if (!answer.ok) throw new Error((await answer.json()).text);
    await show();
  } catch (problem) {
    await show();
    say("registered", `登録できませんでした：${problem.message}`, "no");
  } finally {
    button.disabled = false;
  }
}

button.addEventListener("click", register);
show();
