// PushManager without a push service: a subscription that lasts as long as the profile, and how often permission was asked for.
(() => {
  const KEPT = "stand-in subscription";
  const made = () => {
    const row = JSON.parse(localStorage.getItem(KEPT));
    return row && {
      endpoint: row.endpoint,
      options: { applicationServerKey: Uint8Array.from(row.key).buffer },
      toJSON: () => ({ endpoint: row.endpoint, keys: { p256dh: "p", auth: "a" } }),
      unsubscribe: async () => (localStorage.removeItem(KEPT), true),
    };
  };
  PushManager.prototype.getSubscription = async () => made();
  PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
    const endpoint = `https://updates.push.services.mozilla.com/${crypto.randomUUID()}`;
    localStorage.setItem(KEPT, JSON.stringify({ endpoint, key: [...key] }));
    return made();
  };
  const ask = Notification.requestPermission.bind(Notification);
  window.permissionAsked = 0;
  Notification.requestPermission = () => {
    window.permissionAsked += 1;
    return ask();
  };
})();
