// Smoothing in the page while the slider is dragged, equal to the engine's: each seed, then centre and band.
import { post } from "../../lib/api.js";
import { unpack } from "../../lib/array_codec.js";
import { withExtremes } from "./chartdata.js";
import { withErrorToast } from "../../lib/errors.js";

const MOST_NUMBERS = 8e6;
// Of longer curves every other point and so on: thirty frames a second are worth more than points a pixel apart.
const DRAGGED = 150;

/** The seeds of some pairs of columns, ready to be smoothed quickly; null where the engine has to do it. */
export async function loadSeeds(body, pairs) {
  const found = new Map();
  for (const pair of pairs) {
    const answer = await withErrorToast(() => post("/api/v1/seeds", { ...body, pair, smoothed: false, points: 100000 }, { quiet: true }));
    if (!answer) return null;
    for (const group of unpack(answer).groups) found.set(keyOf(pair, group.group, group.algorithm), prepared(group));
  }
  const numbers = [...found.values()].reduce((sum, each) => sum + (each?.numbers ?? 0), 0);
  return numbers > MOST_NUMBERS ? null : found;
}

export const keyOf = (pair, group, algorithm) => JSON.stringify([pair, group, algorithm]);

function prepared(group) {
  const simple = group.center === "mean" && group.error !== "bootstrap";
  if (!group.same_x || !group.adjustable || !simple || group.runs.some((run) => run.every > 1)) return null;
  const { x } = group.runs[0];
  const count = group.runs.length;
  // Running sums, the seeds of a point beside each other: that is how they are read.
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

/** Some points of a long curve, the extremes between them included; the same again for the same curve. */
function thin(whole) {
  const every = Math.max(1, Math.floor(whole.x.length / DRAGGED));
  if (every === 1) return whole;
  if (!thinned.has(whole)) {
    const places = withExtremes(whole.center, every);
    thinned.set(whole, { x: places.map((place) => whole.x[place]), n: places.map((place) => whole.n[place]) });
  }
  return thinned.get(whole);
}

const unsmoothed = new WeakMap();

/** What was there before smoothing: the ghost that was sent, or the curve itself where nothing was smoothed. */
export function rawOf(whole) {
  if (whole.ghost || whole.radius) return whole.ghost;
  if (!unsmoothed.has(whole)) unsmoothed.set(whole, { x: whole.x, y: whole.center });
  return unsmoothed.get(whole);
}

/** A curve with its seeds smoothed over a share of the range of x; with a `ghost`, if it is to be seen. */
export function smoothed(whole, seeds, share, ghost) {
  const { x, range, sums, count, means, error, factor } = seeds;
  const { x: places, n: counts } = thin(whole);
  const curve = { ...whole, x: places, n: counts, ghost: ghost ? rawOf(whole) : null };
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
