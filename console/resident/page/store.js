// What this device remembers, for the page and its worker alike: wishes, subscription, orders shown, receipts to send.
const DATABASE = "sonae";
const STORES = ["kept", "shown", "receipts"];
const MOST_SHOWN = 50;
const MOST_RECEIPTS = 100;

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name, name === "receipts" ? { autoIncrement: true } : {});
    };
    request.onsuccess = () => resolve(anewWhenClosed(request.result));
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

// Somebody may clear the browser's data while the page is open.
function anewWhenClosed(kept) {
  kept.onclose = () => (opened = null);
  kept.onversionchange = () => {
    opened = null;
    kept.close();
  };
  return kept;
}

// Runs `act` on one store and gives what its last request found, once everything is written.
async function within(name, mode, act) {
  const transaction = (await database()).transaction(name, mode);
  return new Promise((resolve, reject) => {
    const request = act(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const recall = (key) => within("kept", "readonly", (store) => store.get(key));
export const keep = (key, value) => within("kept", "readwrite", (store) => store.put(value, key));
export const forget = (key) => within("kept", "readwrite", (store) => store.delete(key));

// Writes a message down unless this revision or a newer one is known; gives the newest, and the level known before.
export async function advance(message) {
  let newest = message;
  let before = null;
  await within("shown", "readwrite", (store) => {
    const asked = store.get(message.id);
    asked.onsuccess = () => {
      before = asked.result ?? null;
      if (before && before.rev >= message.rev) newest = before;
      else store.put(message, message.id);
    };
    return asked;
  });
  return { newest, before, fresh: newest === message };
}

// Orders that pushes brought, newest first; what is beyond the limit is dropped.
export async function shownOrders() {
  const rows = (await within("shown", "readonly", (store) => store.getAll())) ?? [];
  rows.sort((one, other) => other.received.localeCompare(one.received));
  const extra = rows.splice(MOST_SHOWN);
  if (extra.length) await within("shown", "readwrite", (store) => extra.map((row) => store.delete(row.id)).at(-1));
  return rows.filter((row) => row.kind === "order");
}

export async function queueReceipt(receipt) {
  await within("receipts", "readwrite", (store) => {
    const count = store.count();
    count.onsuccess = () => {
      if (count.result >= MOST_RECEIPTS) store.openCursor().onsuccess = (found) => found.target.result?.delete();
      store.add(receipt);
    };
    return count;
  });
}

export async function queuedReceipts() {
  const rows = [];
  await within("receipts", "readonly", (store) => {
    const walk = store.openCursor();
    walk.onsuccess = () => {
      if (!walk.result) return;
      rows.push([walk.result.key, walk.result.value]);
      walk.result.continue();
    };
    return walk;
  });
  return rows;
}

export const dropReceipt = (key) => within("receipts", "readwrite", (store) => store.delete(key));

// Everything but the language: after leaving, nothing here tells where somebody lives.
export async function forgetAll() {
  for (const name of STORES) await within(name, "readwrite", (store) => store.clear());
}
