// Widths of columns, from their longest cells within limits.
import { number, value } from "../../lib/format.js";
import { cell } from "./data.js";
import { isMeasured } from "./statistics.js";
import { shortTitle, title } from "./view.js";

const LETTER = 7.7;
const PADDING = 30;
const ARROW = 30; // the sign of the order, and padding, in a narrow list
const MIN_WIDTH = 64;
const MAX_WIDTH = 260;
const SAMPLE = 400;
const STATUS = 130; // the longest state in words
const CURVE = 130; // a small curve
const DELTA = 62; // a difference to the baseline
const ERROR = 70; // the ± and n of a group
const SIGN = 18; // that a share has different units

/** `list` of pixels for the mark, status, name and columns, null for what is left; `total` of all. */
export function widths(table, columns, { compact, deltas, grouped }) {
  if (compact) return { list: [54, 26, null, ...columns.map((key) => (deltas ? 110 : clamp(wordLength(shortTitle(table, key)) * LETTER + ARROW, grouped ? 104 : 72, 110)))], total: 0 };
  const name = clamp(longest(table, "name") * LETTER + 40, 200, innerWidth < 1200 ? 260 : 380);
  const more = (key) => (isMeasured(key) ? (deltas ? DELTA : 0) + (grouped ? ERROR : 0) : 0);
  const list = [58, STATUS, name, ...columns.map((key) => (key.startsWith("curve:") ? Math.max(CURVE, headingWidth(table, key)) : width(table, key) + more(key)))];
  return { list, total: list.reduce((sum, each) => sum + each, 0) };
}

function width(table, key) {
  if (table.columns.get(key)?.format === "time") return 136;
  return clamp(Math.max(longest(table, key) * LETTER + PADDING, headingWidth(table, key)), MIN_WIDTH, MAX_WIDTH);
}

const headingWidth = (table, key) => (wordLength(title(table, key)) + 2) * LETTER + PADDING + (table.columns.get(key)?.share ? SIGN : 0);

const longestCells = new WeakMap(); // column -> letters of its longest cell

function longest(table, key) {
  const column = table.columns.get(key);
  if (!column) return 0;
  if (!longestCells.has(column)) {
    const step = Math.max(1, Math.floor(table.count / SAMPLE));
    let longestText = 0;
    for (let row = 0; row < table.count; row += step) longestText = Math.max(longestText, wordLength(text(cell(table, key, row))));
    longestCells.set(column, longestText);
  }
  return longestCells.get(column);
}

const text = (raw) => (typeof raw === "number" ? number(raw) : Array.isArray(raw) ? raw.join("  ") : value(raw));

// A Chinese character is about as wide as two letters.
const wordLength = (words) => [...words].reduce((sum, letter) => sum + (letter > "⺀" ? 1.8 : 1), 0);

const clamp = (size, least, most) => Math.round(Math.max(least, Math.min(most, size)));
