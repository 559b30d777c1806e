// Statistics of the list: best values by the metric's direction, means of groups, differences to a baseline.
import { get } from "../../lib/api.js";
import { number } from "../../lib/format.js";
import { signal } from "../../lib/ui.js";
import { cell } from "./data.js";

const MEASURED = /^(last|best|least|peak):/;

/** Whether a column holds values of a metric. */
export const isMeasured = (key) => MEASURED.test(key);

/** Whether one value of a column can be better than another: not of x, which only counts. */
const hasBest = (table, key) => isMeasured(key) && table.columns.get(key)?.name !== table.x;

/** The runs of which statistics are: as in tables, neither hidden runs nor copies nor earlier attempts, nor those left out by hand. */
export function countedRows(table, rows, without) {
  const [hidden, copies, earlier, ids] = ["hidden", "duplicate_of", "superseded", "id"].map((name) => table.columns.get(name)?.cells ?? []);
  const counts = (row) => !hidden[row] && !copies[row] && !earlier[row] && !(without.size && without.has(ids[row]));
  return rows.every(counts) ? rows : rows.filter(counts);
}

/** Whether some values of a share are fractions and others in percent: the rule of analysis/mixed_units.py, by one value of each run. */
export function unitsDiffer(table, key, values) {
  if (!table.columns.get(key)?.share) return false;
  const percent = values.filter((each) => each > 1 && each <= 100).sort((a, b) => a - b);
  const middle = percent.length >> 1;
  const median = percent.length % 2 ? percent[middle] : (percent[middle - 1] + percent[middle]) / 2;
  return values.some((each) => each > 0 && each < 1 && each < median / 10);
}

/** Those of the columns of which the rows give values in different units: their order says little. */
export function mixedColumns(table, columns, rows) {
  return new Set(columns.filter((key) => {
    const column = table.columns.get(key);
    return column?.share && unitsDiffer(table, key, rows.map((row) => column.cells[row]).filter(Number.isFinite));
  })); // prettier-ignore
}

/** `{ n, mean, sd }` of the finite values of a column, of the runs that have one; null without any. `mean` and `sd` are NaN, and `mixed` is true, if their units differ. */
export function statisticsOf(table, rows, key) {
  const cells = table.columns.get(key)?.cells;
  const values = cells ? rows.map((row) => cells[row]).filter(Number.isFinite) : [];
  const n = values.length;
  if (!n) return null;
  if (unitsDiffer(table, key, values)) return { n, mean: NaN, sd: NaN, mixed: true };
  const mean = values.reduce((sum, each) => sum + each, 0) / n;
  const squares = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { n, mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : NaN, mixed: false };
}

/** The parameters, other than seeds and those that make the group, of which a group has several values. */
export function mixedParameters(table, rows, group) {
  const seeds = new Set(table.parameters.filter((each) => each.seed || each.unique).map((each) => each.name));
  return [...table.columns.values()]
    .filter((column) => column.kind === "parameter" && !group.includes(column.key) && !seeds.has(column.name))
    .filter((column) => rows.some((row) => column.cells[row] !== column.cells[rows[0]]))
    .map((column) => column.name);
}

/** The best value of each measured column; none where there is nothing to choose from. `valueOf` is that of an item by the column's key. */
export function bestValues(table, columns, items, valueOf) {
  const best = new Map();
  for (const key of columns) {
    if (!hasBest(table, key)) continue;
    let [low, high] = [Infinity, -Infinity];
    const values = items.map(valueOf(key)).filter(Number.isFinite);
    for (const each of values) {
      if (each < low) low = each;
      if (each > high) high = each;
    }
    if (low < high && !unitsDiffer(table, key, values)) best.set(key, table.columns.get(key).best === "smallest" ? low : high);
  }
  return best;
}

/** The difference to a baseline: `{ text, kind }`, better or worse by the metric's direction; null without one. */
export function difference(table, key, value, baseline) {
  if (!isMeasured(key) || unitsDiffer(table, key, [value, baseline])) return null;
  return changeOf(value, baseline, hasBest(table, key) ? table.columns.get(key).best !== "smallest" : null);
}

/** The same for two values of a metric; `largest` is best, null where neither is. */
export function changeOf(value, baseline, largest) {
  if (!Number.isFinite(value) || !Number.isFinite(baseline)) return null;
  const change = value - baseline;
  const text = `${change > 0 ? "+" : change < 0 ? "" : "±"}${number(change, 3)}`;
  return { text, kind: !change || largest === null ? "" : change > 0 === largest ? "better" : "worse" };
}

/** The baseline's value of each column: of a run, or of a group by its name; null if there is no such baseline. */
export function baselineOf(table, baseline, groups) {
  if (!baseline) return null;
  const row = table.rowOf.get(baseline);
  if (row !== undefined) return { name: cell(table, "name", row), of: (key) => cell(table, key, row) };
  const group = groups.find((each) => groupId(each.group) === baseline);
  if (!group) return null;
  return { name: group.group, of: (key) => statisticsOf(table, group.counted, key)?.mean ?? null };
}

/** How a group is named as a baseline, which no run's id is. */
export const groupId = (name) => `group:${name}`;

const factors = signal(/** @type {Record<string, number | null>} */ ({}));
const requested = new Set();

/** The number after ± of a group, by the kind of error of tables; NaN while its factor is on its way, or without one. */
export function errorOf({ n, sd }, kind) {
  if (n < 2 || kind === "none") return NaN;
  const factor = factors.value[`${kind} ${n}`];
  if (factor === undefined) request(kind, n);
  return typeof factor === "number" ? sd * factor : NaN;
}

/** @type {[string, number][]} */
let waiting = [];

function request(kind, n) {
  if (requested.has(`${kind} ${n}`)) return;
  requested.add(`${kind} ${n}`);
  waiting.push([kind, n]);
  if (waiting.length === 1) queueMicrotask(load);
}

async function load() {
  const [kind] = waiting[0];
  const numbers = waiting.filter(([each]) => each === kind).map(([, n]) => n).slice(0, 200);
  const rest = waiting.filter(([each, n]) => each !== kind || !numbers.includes(n));
  waiting = [];
  try {
    const answer = await get("/api/v1/error-factors", { kind, n: numbers }, { quiet: true });
    factors.value = { ...factors.peek(), ...Object.fromEntries(answer.n.map((n, index) => [`${kind} ${n}`, answer.factors[index]])) };
  } catch {
    for (const n of numbers) requested.delete(`${kind} ${n}`); // requested again with the next change
  }
  rest.forEach(([each, n]) => (requested.delete(`${each} ${n}`), request(each, n)));
}
