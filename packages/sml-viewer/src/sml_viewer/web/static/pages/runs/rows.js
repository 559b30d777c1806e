// Filter, sort and group the rows of the list.
import { sortable, value } from "../../lib/format.js";
import { cell } from "./data.js";

/** Whether a run began after the last visit. */
export const isNew = (table, row) => table.fresh.has(cell(table, "key", row));

/** The filter that takes a run of a status; "failed" is everything that did not come to its end by itself. */
const FILTER_OF = {
  running: "running", finished: "finished", failed: "failed", killed: "failed", lost: "failed",
  silent: "silent", unknown: "unknown",
};

/**
 * Of the rows those that a query takes (`taken`, its keys and whether it asks for hidden runs, or null without a query),
 * by filter: `{ all: [rows], running: […], … }`.
 */
export function sortedOut(table, taken, rows) {
  /** @type {Record<string, number[]>} */
  const found = { hidden: [], earlier: [], all: [], new: [] };
  for (const name of Object.values(FILTER_OF)) found[name] = [];
  const [key, status, hidden, earlier] = ["key", "status", "hidden", "superseded"].map((name) => table.columns.get(name)?.cells ?? []);
  for (const row of rows) {
    if (taken && !taken.keys.has(key[row])) continue;
    if (hidden[row]) found.hidden.push(row);
    if (hidden[row] && !taken?.asksHidden) continue;
    if (earlier[row]) found.earlier.push(row);
    else {
      found.all.push(row);
      found[FILTER_OF[status[row]]]?.push(row);
      if (table.fresh.has(key[row])) found.new.push(row);
    }
  }
  return found;
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Rows in the order of a column, `-key` downwards; what has no value comes last either way. */
export function sorted(table, rows, sort) {
  const down = sort.startsWith("-") ? -1 : 1;
  const key = sort.replace(/^-/, "");
  const cells = table.columns.get(key)?.cells;
  if (!cells) return rows;
  const ranks = new Map(rows.map((row) => [row, sortable(cells[row]) ?? natural(value(cells[row]))]));
  return [...rows].sort((one, other) => compare(cells, ranks, down, one, other) || one - other);
}

/** A text in which numbers are compared as such: of fractions, which the collator takes for whole numbers, all are as long. */
const natural = (text) => text.replace(/\.(\d{1,11})(?!\d)/g, (_, digits) => `.${digits.padEnd(12, "0")}`);

function compare(cells, ranks, down, one, other) {
  const blank = Number(isBlank(cells[one])) - Number(isBlank(cells[other]));
  if (blank) return blank;
  const [a, b] = [ranks.get(one), ranks.get(other)];
  const numbers = Number(typeof a === "number") + Number(typeof b === "number");
  if (numbers === 2) return down * Math.sign(a - b);
  if (numbers === 1) return typeof a === "number" ? -1 : 1;
  return down * collator.compare(a, b);
}

const isBlank = (given) => given === null || given === "" || given === "NaN" || (Array.isArray(given) && !given.length);

/** Lines to show: rows (numbers), and before each group of equal values in the columns `group` `{ group, rows, shut }`. */
export function lines(table, rows, group, shut) {
  const columns = group.map((key) => table.columns.get(key)?.cells).filter(Boolean);
  if (!columns.length) return rows;
  const groups = new Map();
  for (const row of rows) {
    const name = columns.map((cells) => value(cells[row])).join(" · ");
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  const order = [...groups].sort(([one], [other]) => collator.compare(natural(one), natural(other)));
  return order.flatMap(([name, members]) => {
    const head = { group: name, rows: members, shut: shut.has(name) };
    return head.shut ? [head] : [head, ...members];
  });
}
