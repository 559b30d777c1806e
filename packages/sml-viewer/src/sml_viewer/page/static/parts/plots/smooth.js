// Smoothing while the slider is dragged: each seed over 2r+1 points, then mean and band, as the engine does it.
import { post } from "../../lib/api.js";
import { unpack } from "../../lib/binary.js";
import { tried } from "./export.js";

const MOST_NUMBERS = 8e6;
// Of longer curves every other point and so on: thirty frames a second are worth more than points a pixel apart.
const DRAGGED = 150;

/** The seeds of some pairs of columns, ready to be smoothed quickly; null where the engine has to do it. */
export async function loadSeeds(asked, pairs) {
  const found = new Map();
  for (const pair of pairs) {
    const answer = await tried(() => post("/api/seeds", { ...asked, pair, smoothed: false, points: 100000 }, { quiet: true }));
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
  return { x, sums, count, means: new Float64Array(count), error: group.error, factor: group.factor, numbers: sums.length };
}

const thinned = new WeakMap();

/** An array, or one in several of a long one with its last; the same again for the same. */
function thin(array) {
  const every = Math.max(1, Math.floor(array.length / DRAGGED));
  if (every === 1) return array;
  if (!thinned.has(array)) thinned.set(array, array.filter((_, place) => place % every === 0 || place === array.length - 1));
  return thinned.get(array);
}

/** A curve with its seeds smoothed over a radius. */
export function smoothed(whole, seeds, radius) {
  const { x, sums, count, means, error, factor } = seeds;
  const curve = { ...whole, x: thin(whole.x), n: thin(whole.n) };
  const n = curve.x.length;
  const [center, low, high] = [new Float64Array(n), new Float64Array(n).fill(NaN), new Float64Array(n).fill(NaN)];
  const reach = Math.min(radius, x.length - 1);
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    while (at < x.length - 1 && x[at] < curve.x[i]) at += 1;
    const from = Math.max(0, at - reach);
    const to = Math.min(x.length, at + reach + 1);
    const share = 1 / (to - from);
    const [first, last] = [from * count, to * count];
    let total = 0;
    for (let seed = 0; seed < count; seed += 1) total += means[seed] = (sums[last + seed] - sums[first + seed]) * share;
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
