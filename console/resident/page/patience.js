// What may never be answered is waited for as long as a person waits: then it is a TimeoutError, whatever becomes of it.

export async function inTime(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException(`${what}: no answer within ${ms / 1000} s`, "TimeoutError")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
