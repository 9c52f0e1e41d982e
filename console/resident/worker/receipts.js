// What this device reports back: shown, clicked. Written down first, sent soon, and again at each wake until taken.
import * as door from "./door.js";
import { dropReceipt, queuedReceipts, queueReceipt } from "./store.js";

const SYNC = "receipts";

// `spreadMs`: a million devices must not answer in the same second.
export async function report(registration, data, event, spreadMs) {
  if (!data?.receipt) return;
  await queueReceipt({ receipt: data.receipt, world: data.world, id: data.id, rev: data.rev, event, at: new Date().toISOString() });
  await registration.sync?.register(SYNC).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * spreadMs));
  await sendReceipts();
}

let sending = Promise.resolve(true);

// One after the other; true once nothing waits. What the server refuses for good (4xx but 429) is dropped.
export function sendReceipts() {
  sending = sending.catch(() => false).then(sendAll);
  return sending;
}

async function sendAll() {
  for (const [key, receipt] of await queuedReceipts()) {
    try {
      await door.receipt(receipt);
    } catch (problem) {
      const refused = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
      if (!refused) return false;
    }
    await dropReceipt(key);
  }
  return true;
}

export const isReceiptSync = (event) => event.tag === SYNC;
