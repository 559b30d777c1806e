// Smoothing in the page while the slider is dragged, equal to the server's: each seed, then centre and band.
import { post } from "../../lib/api.js";
import { unpack } from "../../lib/array_codec.js";
import { withExtremes } from "./chartdata.js";
import { withErrorToast } from "../../lib/errors.js";

const MAX_NUMBERS = 8e6;
// Longer curves are thinned while dragging: thirty frames per second matter more than points a pixel apart.
const DRAG_POINTS = 150;

/** Load the seeds of some pairs of columns, prepared for fast smoothing; null if the server has to smooth. */
export async function loadSeeds(body, pairs) {
  const groups = new Map();
  for (const pair of pairs) {
    const answer = await withErrorToast(() => post("/api/v1/seeds", { ...body, pair, smoothed: false, points: 100000 }, { quiet: true }));
    if (!answer) return null;
    for (const group of unpack(answer).groups) groups.set(keyOf(pair, group.group, group.algorithm), prepare(group));
  }
  const numbers = [...groups.values()].reduce((sum, each) => sum + (each?.numbers ?? 0), 0);
  return numbers > MAX_NUMBERS ? null : groups;
}

export const keyOf = (pair, group, algorithm) => JSON.stringify([pair, group, algorithm]);

function prepare(group) {
  const simple = group.center === "mean" && group.error !== "bootstrap";
  if (!group.same_x || !group.adjustable || !simple || group.runs.some((run) => run.every > 1)) return null;
  const { x } = group.runs[0];
  const count = group.runs.length;
  // Cumulative sums, with the seeds of a point adjacent: the order in which they are read.
  const sums = new Float64Array((x.length + 1) * count);
  group.runs.forEach(({ y }, seed) => {
    for (let i = 0, total = 0; i < y.length; i += 1) sums[(i + 1) * count + seed] = total += y[i];
  });
  if (!sums.subarray(x.length * count).every(Number.isFinite)) return null;
  return { x, range: group.x_range, sums, count, means: new Float64Array(count), error: group.error, factor: group.factor, numbers: sums.length };
}

// Steps such as 0.1 do not add up exactly.
const ROUNDING = 1e-9;

const thinned = new WeakMap();

/** Thin a long curve, extremes included; cached by curve. */
function thin(curve) {
  const every = Math.max(1, Math.floor(curve.x.length / DRAG_POINTS));
  if (every === 1) return curve;
  if (!thinned.has(curve)) {
    const indices = withExtremes(curve.center, every);
    thinned.set(curve, { x: indices.map((index) => curve.x[index]), n: indices.map((index) => curve.n[index]) });
  }
  return thinned.get(curve);
}

const unsmoothed = new WeakMap();

/** The values before smoothing: the ghost, or the curve itself if it is not smoothed. */
export function rawOf(curve) {
  if (curve.ghost || curve.radius) return curve.ghost;
  if (!unsmoothed.has(curve)) unsmoothed.set(curve, { x: curve.x, y: curve.center });
  return unsmoothed.get(curve);
}

/** Smooth the seeds of a curve over a share of the range of x; with a ghost if `ghost` is true. */
export function smoothCurve(whole, seeds, share, ghost) {
  const { x, range, sums, count, means, error, factor } = seeds;
  const { x: xs, n: counts } = thin(whole);
  const curve = { ...whole, x: xs, n: counts, ghost: ghost ? rawOf(whole) : null };
  const n = curve.x.length;
  const [center, low, high] = [new Float64Array(n), new Float64Array(n).fill(NaN), new Float64Array(n).fill(NaN)];
  const half = ((share * range) / 2) * (1 + ROUNDING);
  let [from, to] = [0, 0];
  for (let i = 0; i < n; i += 1) {
    while (x[from] < curve.x[i] - half) from += 1;
    while (to < x.length && x[to] <= curve.x[i] + half) to += 1;
    const part = 1 / (to - from);
    const [first, last] = [from * count, to * count];
    let total = 0;
    for (let seed = 0; seed < count; seed += 1) total += means[seed] = (sums[last + seed] - sums[first + seed]) * part;
    const mean = total / count;
    center[i] = mean;
    if (error === "minmax") [low[i], high[i]] = [Math.min(...means), Math.max(...means)];
    else if (factor !== null) {
      // From the mean: a plain sum of squares would lose the spread of large values.
      let spread = 0;
      for (let seed = 0; seed < count; seed += 1) spread += (means[seed] - mean) ** 2;
      const half = factor * Math.sqrt(spread / (count - 1));
      [low[i], high[i]] = [mean - half, mean + half];
    }
  }
  return { ...curve, center, low, high };
}
