// The device's position, matched here against the outlines. Outlines and districts are fetched before the position is asked
// for, whole, so that no request says where somebody is. Same rule as schemas/outlines.py.

const NEAR_M = 300;
const PATIENCE_MS = 20_000;
const M_PER_DEGREE = 111_320;

// Loads what a position is compared with. Call it before `position`.
export async function outlines() {
  const answer = await fetch("/resident/outlines.json", { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`outlines ${answer.status}`);
  return answer.json();
}

export function position() {
  return new Promise((resolve, reject) =>
    navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 }),
  );
}

// Codes whose outline holds the position, then those close by; `accuracyM` widens what is close, up to 2 km.
export function codesAt({ latitude, longitude, accuracy = 0 }, rings) {
  const near = Math.min(Math.max(NEAR_M, accuracy), 2_000);
  const inside = [];
  const close = [];
  for (const [code, parts] of Object.entries(rings)) {
    if (parts.some((ring) => within(longitude, latitude, ring))) inside.push(code);
    else if (parts.some((ring) => distance(longitude, latitude, ring) <= near)) close.push(code);
  }
  return { inside, close };
}

// Whether a ray to the east leaves the ring an odd number of times.
export function within(lon, lat, ring) {
  let odd = false;
  for (let at = 0; at < ring.length; at += 1) {
    const [x1, y1] = ring[at];
    const [x2, y2] = ring[(at + 1) % ring.length];
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}

// Metres to the nearest side, on a plane: good to a metre at this distance.
export function distance(lon, lat, ring) {
  const east = M_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  const flat = ring.map(([x, y]) => [(x - lon) * east, (y - lat) * M_PER_DEGREE]);
  return Math.min(...flat.map((point, at) => toSide(point, flat[(at + 1) % flat.length])));
}

function toSide([ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length ? Math.min(Math.max(-(ax * dx + ay * dy) / length, 0), 1) : 0;
  return Math.hypot(ax + share * dx, ay + share * dy);
}
