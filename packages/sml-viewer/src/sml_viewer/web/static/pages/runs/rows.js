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

/**
 * The rows that match a query (`matches`: run keys and whether it asks for hidden runs; null without a query),
 * by filter: `{ all: [rows], running: […], … }`.
 */
export function filterRows(table, matches, rows) {
  /** @type {Record<string, number[]>} */
  const byFilter = { hidden: [], earlier: [], all: [], new: [] };
  for (const name of Object.values(FILTER_OF)) byFilter[name] = [];
  const [key, status, hidden, earlier] = ["key", "status", "hidden", "superseded"].map((name) => table.columns.get(name)?.cells ?? []);
  for (const row of rows) {
    if (matches && !matches.keys.has(key[row])) continue;
    if (hidden[row]) byFilter.hidden.push(row);
    if (hidden[row] && !matches?.asksHidden) continue;
    if (earlier[row]) byFilter.earlier.push(row);
    else {
      byFilter.all.push(row);
      byFilter[FILTER_OF[status[row]]]?.push(row);
      if (table.fresh.has(key[row])) byFilter.new.push(row);
    }
  }
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
