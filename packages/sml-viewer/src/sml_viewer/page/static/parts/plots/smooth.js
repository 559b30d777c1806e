// Smoothing while the slider is dragged: each seed over 2r+1 points, then mean and band, as the engine does it.
import { post } from "../../lib/api.js";
import { unpack } from "../../lib/binary.js";

const MOST_NUMBERS = 8e6;

/** The seeds of some pairs of columns, ready to be smoothed quickly; null where the engine has to do it. */
export async function loadSeeds(asked, pairs) {
  const found = new Map();
  for (const pair of pairs) {
    const answer = unpack(await post("/api/seeds", { ...asked, pair, smoothed: false, points: 100000 }, { quiet: true }));
    for (const group of answer.groups) found.set(keyOf(pair, group.group, group.algorithm), prepared(group));
  }
  const numbers = [...found.values()].reduce((sum, each) => sum + (each?.numbers ?? 0), 0);
  return numbers > MOST_NUMBERS ? null : found;
}

export const keyOf = (pair, group, algorithm) => JSON.stringify([pair, group, algorithm]);

function prepared(group) {
  const simple = group.center === "mean" && group.error !== "bootstrap";
  if (!group.same_x || !group.adjustable || !simple || group.runs.some((run) => run.every > 1)) return null;
  const sums = [];
  for (const run of group.runs) {
    const total = new Float64Array(run.y.length + 1);
    for (let i = 0; i < run.y.length; i += 1) total[i + 1] = total[i] + run.y[i];
    if (!Number.isFinite(total[run.y.length])) return null;
    sums.push(total);
  }
  const x = group.runs[0].x;
  return { x, sums, error: group.error, factor: group.factor, numbers: x.length * sums.length };
}

/** A curve with its seeds smoothed over a radius. */
export function smoothed(curve, seeds, radius) {
  const { x, sums, error, factor } = seeds;
  const n = curve.x.length;
  const [center, low, high] = [new Float64Array(n), new Float64Array(n).fill(NaN), new Float64Array(n).fill(NaN)];
  const reach = Math.min(radius, x.length - 1);
  const count = sums.length;
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    while (at < x.length - 1 && x[at] < curve.x[i]) at += 1;
    const from = Math.max(0, at - reach);
    const to = Math.min(x.length, at + reach + 1);
    const width = to - from;
    // Welford's sums: a plain sum of squares would lose the spread of large values.
    let [mean, spread, least, most] = [0, 0, Infinity, -Infinity];
    for (let seed = 0; seed < count; seed += 1) {
      const value = (sums[seed][to] - sums[seed][from]) / width;
      const step = value - mean;
      mean += step / (seed + 1);
      spread += step * (value - mean);
      if (value < least) least = value;
      if (value > most) most = value;
    }
    center[i] = mean;
    if (error === "minmax") [low[i], high[i]] = [least, most];
    else if (factor !== null) {
      const half = factor * Math.sqrt(spread / (count - 1));
      [low[i], high[i]] = [mean - half, mean + half];
    }
  }
  return { ...curve, center, low, high };
}
