// Columns of the trials: the score and each varied parameter, with positions of their values on an axis.
import { makeScale, ticks } from "../charts/scale.js";
import { number } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";

/**
 * `cells` by trial: numbers, or indexes of `texts`; null for a missing value. `values` are the distinct numbers of a short list.
 * @typedef {{ key: string, title: string, numeric: boolean, log: boolean, texts: string[], cells: (number | null)[], low: number, high: number }} Column
 */

const FEW = 6; // values that are all written at an axis
const APART = 0.08; // of the axis, between two of them

/** The key of the score, which no parameter can have. */
export const SCORE = "(score)";

/** All columns, the score last. Scores of several sub-figures are comparable only as ranks within each: 0 worst, 1 best. */
export function columnsOf(data) {
  const { trials, axes } = data;
  const several = new Set(trials.titles).size > 1;
  const cells = several ? relativeRanks(trials, data.largest) : trials.scores;
  const score = { key: SCORE, title: several ? t("hyper.relative", { score: data.score }) : data.score, numeric: true, log: false, texts: [], cells };
  return [...axes.map((axis) => ({ ...axis, key: axis.name, title: axis.name, numeric: axis.kind === "number" })), score].map(withLimits);
}

/** @returns {Column} */
function withLimits(column) {
  let [low, high] = [Infinity, -Infinity];
  for (const cell of column.cells) {
    if (cell === null) continue;
    if (cell < low) low = cell;
    if (cell > high) high = cell;
  }
  return { ...column, ...(low <= high ? { low, high } : { low: 0, high: 1 }) };
}

/** The rank of each score within its sub-figure, 0 for the worst and 1 for the best; equal scores share a rank. */
export function relativeRanks({ titles, scores }, largest) {
  const sorted = new Map();
  scores.forEach((score, row) => {
    if (score === null) return;
    if (!sorted.has(titles[row])) sorted.set(titles[row], []);
    sorted.get(titles[row]).push(score);
  });
  for (const list of sorted.values()) list.sort((a, b) => a - b);
  return scores.map((score, row) => {
    if (score === null) return null;
    const list = sorted.get(titles[row]);
    const rank = list.length < 2 ? 0.5 : (list.indexOf(score) + list.lastIndexOf(score)) / 2 / (list.length - 1);
    return largest ? rank : 1 - rank;
  });
}

/** The position of a cell on its axis, 0 to 1; null for a missing value. */
export function positionOf(column, cell) {
  if (cell === null) return null;
  const { numeric, log, texts, low, high } = column;
  if (!numeric) return texts.length < 2 ? 0.5 : cell / (texts.length - 1);
  if (low === high) return 0.5;
  return log ? Math.log(cell / low) / Math.log(high / low) : (cell - low) / (high - low);
}

/** The number at a position of a numeric axis. */
export function numberAt({ log, low, high }, position) {
  return log ? low * (high / low) ** position : low + (high - low) * position;
}

/** The labels of a numeric axis with their positions: a parameter's own values if they are few and apart, else about `count` round numbers. */
export function numericLabels(column, count) {
  if (column.low === column.high) return [[0.5, textOf(column, column.low)]];
  const own = column.key === SCORE ? [] : fewValues(column.cells).map((value) => [positionOf(column, value), textOf(column, value)]);
  if (own.length && own.every(([position], index) => index === 0 || position - own[index - 1][0] >= APART)) return own;
  const scale = makeScale(column.low, column.high, 0, 1, column.log);
  return ticks(scale, count).map(([value, text]) => [scale.at(value), text]);
}

/** The distinct values of cells in their order, or none if they are many. */
function fewValues(cells) {
  const values = new Set();
  for (const cell of cells) {
    if (cell !== null) values.add(cell);
    if (values.size > FEW) return [];
  }
  return [...values].sort((a, b) => a - b);
}

/** A cell as text. */
export function textOf(column, cell) {
  if (cell === null) return "–";
  return column.numeric ? number(cell, 4) : column.texts[cell];
}
