// What this device is and can: pushes at all, iOS outside of the Home Screen, where its browser hides the permission.

export const canPush = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

export const isApple = () => /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);

export const isInstalled = () => navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;

// iOS and iPadOS have pushes only for pages on the Home Screen.
export const needsHomeScreen = () => isApple() && !isInstalled();

export const permission = () => ("Notification" in window ? Notification.permission : "unsupported");

// The name of the text that says how to allow notifications again.
export function howToAllow() {
  const agent = navigator.userAgent;
  if (isApple()) return "denied.ios";
  if (/Android/.test(agent)) return /Firefox/.test(agent) ? "denied.firefox_android" : "denied.chrome_android";
  if (/Firefox/.test(agent)) return "denied.firefox";
  if (/Safari/.test(agent) && !/Chrom/.test(agent)) return "denied.safari";
  return "denied.chrome";
}
