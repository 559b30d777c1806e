// Filter, sort and group the rows of the list.
import { sortable, value } from "../../lib/format.js";
import { cell } from "./data.js";
import { countedRows } from "./statistics.js";

/** Whether a run began after the last visit. */
export const isNew = (table, row) => table.fresh.has(cell(table, "key", row));

/** The filter of each status; "failed" is every run that did not finish by itself. */
const FILTER_OF = {
  running: "running", finished: "finished", failed: "failed", killed: "failed", lost: "failed",
  silent: "silent", unknown: "unknown",
};

const FILTERS = [...new Set(Object.values(FILTER_OF))];

/** What filters need to know of each row, computed once for a table: the rows are gone through at each keystroke. */
const traits = new WeakMap();

function traitsOf(table) {
  if (traits.has(table)) return traits.get(table);
  const cells = (name) => table.columns.get(name)?.cells ?? [];
  const [keys, status, hidden, earlier] = ["key", "status", "hidden", "superseded"].map(cells);
  const flags = (is) => Uint8Array.from(keys, (key, row) => (is(row, key) ? 1 : 0));
  const known = {
    rowOf: new Map(keys.map((key, row) => [key, row])),
    filter: Int8Array.from(keys, (_, row) => FILTERS.indexOf(FILTER_OF[status[row]])),
    hidden: flags((row) => hidden[row]),
    earlier: flags((row) => earlier[row]),
    fresh: flags((_, key) => table.fresh.has(key)),
  };
  traits.set(table, known);
  return known;
}

/** Which rows have one of the keys: 1 or 0 by row. */
function rowsOfKeys(rowOf, keys) {
  const having = new Uint8Array(rowOf.size);
  for (const key of keys) {
    const row = rowOf.get(key);
    if (row !== undefined) having[row] = 1;
  }
  return having;
}

/**
 * The rows that match a query (`matches`: run keys and whether it asks for hidden runs; null without a query),
 * by filter: `{ all: [rows], running: […], … }`.
 */
export function filterRows(table, matches, rows) {
  const { rowOf, filter, hidden, earlier, fresh } = traitsOf(table);
  const matching = matches ? rowsOfKeys(rowOf, matches.keys) : null;
  const asksHidden = Boolean(matches?.asksHidden);
  /** @type {number[][]} */
  const byStatus = FILTERS.map(() => []);
  /** @type {Record<string, number[]>} */
  const byFilter = { hidden: [], earlier: [], all: [], new: [] };
  for (const row of rows) {
    if (matching && !matching[row]) continue;
    if (hidden[row]) byFilter.hidden.push(row);
    if (hidden[row] && !asksHidden) continue;
    if (earlier[row]) {
      byFilter.earlier.push(row);
      continue;
    }
    byFilter.all.push(row);
    byStatus[filter[row]]?.push(row);
    if (fresh[row]) byFilter.new.push(row);
  }
  FILTERS.forEach((name, index) => (byFilter[name] = byStatus[index]));
  return byFilter;
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Sort rows by a column, `-key` in descending order; rows without a value come last either way. */
export function sortRows(table, rows, sort) {
  const down = sort.startsWith("-") ? -1 : 1;
  const key = sort.replace(/^-/, "");
  const cells = table.columns.get(key)?.cells;
  if (!cells) return rows;
  const ranks = new Map(rows.map((row) => [row, sortable(cells[row]) ?? sortText(value(cells[row]))]));
  return [...rows].sort((a, b) => compare(cells, ranks, down, a, b) || a - b);
}

/** A text for numeric collation: decimals are padded, because the collator compares them as whole numbers. */
const sortText = (text) => text.replace(/\.(\d{1,11})(?!\d)/g, (_, digits) => `.${digits.padEnd(12, "0")}`);

function compare(cells, ranks, down, row, otherRow) {
  const blank = Number(isBlank(cells[row])) - Number(isBlank(cells[otherRow]));
  if (blank) return blank;
  const [a, b] = [ranks.get(row), ranks.get(otherRow)];
  const numbers = Number(typeof a === "number") + Number(typeof b === "number");
  if (numbers === 2) return down * Math.sign(a - b);
  if (numbers === 1) return typeof a === "number" ? -1 : 1;
  return down * collator.compare(a, b);
}

const isBlank = (raw) => raw === null || raw === "" || raw === "NaN" || (Array.isArray(raw) && !raw.length);

/**
 * Lines to show: pinned rows, the other rows (numbers), and before each group of equal values in the columns `group` a head
 * `{ group, rows, counted, collapsed }`; `counted` are those of its runs that `countedRows` returns.
 */
export function groupRows(table, rows, { group, top, without }, collapsed) {
  const pins = new Set(top);
  const ids = table.columns.get("id").cells;
  const first = pins.size ? rows.filter((row) => pins.has(ids[row])) : [];
  const off = new Set(without);
  // A group is of all its runs, also of those that stand on top.
  const others = grouped(table, rows, group, collapsed, off);
  if (!first.length) return others;
  return [...first, ...others.filter((entry) => typeof entry !== "number" || !pins.has(ids[entry]))];
}

function grouped(table, rows, group, collapsed, off) {
  const columns = group.map((key) => table.columns.get(key)?.cells).filter(Boolean);
  if (!columns.length) return rows;
  const groups = new Map();
  for (const row of rows) {
    const name = columns.map((cells) => value(cells[row])).join(" · ");
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  const order = [...groups].sort(([a], [b]) => collator.compare(sortText(a), sortText(b)));
  return order.flatMap(([name, members]) => {
    const head = { group: name, rows: members, counted: countedRows(table, members, off), collapsed: collapsed.has(name) };
    return head.collapsed ? [head] : [head, ...members];
  });
}
