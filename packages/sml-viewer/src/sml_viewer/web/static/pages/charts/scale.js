// Axes: scales between numbers and pixels, and ticks with their labels.
import { number } from "../../lib/format.js";

/**
 * @typedef {{ low: number, high: number, log: boolean, start: number, end: number, at: (value: number) => number, invert: (pixel: number) => number }} Scale
 */

/**
 * A scale of `low` … `high` onto the pixels `start` … `end`.
 * @returns {Scale}
 */
export function makeScale(low, high, start, end, log = false) {
  const [a, b] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const factor = (end - start) / (b - a || 1);
  return {
    low, high, log, start, end,
    at: (value) => start + ((log ? Math.log10(value) : value) - a) * factor,
    invert: (pixel) => (log ? 10 ** (a + (pixel - start) / factor) : a + (pixel - start) / factor),
  }; // prettier-ignore
}

/** Ticks: about `count` round numbers within a scale, with their labels. */
export function ticks(scale, count) {
  if (scale.log && scale.high / scale.low > 5) return decades(scale, count);
  const step = niceStep((scale.high - scale.low) / Math.max(1, count));
  const first = Math.ceil(scale.low / step - 1e-9);
  const values = [];
  for (let at = first; at * step <= scale.high + step * 1e-9 && values.length < 50; at += 1) values.push(at * step);
  const write = writer(step, Math.max(Math.abs(scale.low), Math.abs(scale.high)));
  return values.map((value) => [value, write(value)]);
}

function decades({ low, high }, count) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first) / Math.max(1, count)));
  const values = [];
  for (let power = first; power <= last; power += step) values.push(10 ** power);
  // Few decades leave room for more.
  if (last - first < 2) for (let power = first - 1; power <= last; power += 1) values.push(2 * 10 ** power, 5 * 10 ** power);
  return values.filter((value) => value >= low && value <= high).sort((a, b) => a - b).map((value) => [value, number(value, 3)]);
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return (share > 5 ? 10 : share > 2.5 ? 5 : share > 2 ? 2.5 : share > 1 ? 2 : 1) * power;
}

const UNITS = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]; // prettier-ignore

/** The formatter of an axis: 40k and 1.2M, or as many decimals as the step has. */
function writer(step, size) {
  const unit = /** @type {[number, string] | undefined} */ (size >= 1e4 ? UNITS.find(([each]) => size >= Number(each)) : undefined);
  const [factor, suffix] = unit ?? [1, ""];
  if (!unit && size < 1e-3 && size > 0) return (value) => (value === 0 ? "0" : minus(value.toExponential(decimals(step / 10 ** Math.floor(Math.log10(Math.abs(value)))))));
  const digits = decimals(step / factor);
  return (value) => (value === 0 ? "0" : minus((value / factor).toFixed(digits)) + suffix);
}

const decimals = (step) => {
  for (let digits = 0; digits < 8; digits += 1) if (Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6 * step * 10 ** digits) return digits;
  return 8;
};
const minus = (text) => text.replace("-", "−").replace("e-", "e−").replace("e+", "e");

/** The least and the largest finite (with `log`, positive) value of `values[from:to]`; `[Infinity, -Infinity]` for none. */
export function extremes(values, from, to, log, span = [Infinity, -Infinity]) {
  let [low, high] = span;
  for (let at = from; at < to; at += 1) {
    const value = values[at];
    if (value > high && value < Infinity && (!log || value > 0)) high = value;
    if (value < low && value > -Infinity && (!log || value > 0)) low = value;
  }
  return [low, high];
}

/** The first index in ascending numbers whose value is not below `value`. */
export function lowerBound(x, value) {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
