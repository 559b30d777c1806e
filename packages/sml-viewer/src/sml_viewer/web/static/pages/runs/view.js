// State of the list in the address, and the resulting columns.
import { setViewState } from "../../lib/view_state.js";
import { param, params } from "../../lib/route.js";
import { storedSignal } from "../../lib/local_storage.js";
import { language, t } from "../../lib/i18n.js";

const SHOWN_FACTS = ["started"];

/** Keys of the facts that can be chosen as columns, beside parameters and metrics. */
export const facts = (table) => [...table.columns.values()].filter((column) => column.offered).map((column) => column.key);

const storedVisit = storedSignal("visit", null);
/** The time of the last visit: runs that started after it are new. */
export const lastVisit = storedVisit.peek();
addEventListener("pagehide", () => (storedVisit.value = Math.round(Date.now() / 1000)));

/** The list's state, from the address. */
export function listState() {
  return {
    mode: param("view") || "list",
    filter: param("show") || "all",
    sort: param("sort") || "-started",
    group: params("group"),
    top: params("top"),
    without: params("without"),
    baseline: param("baseline"),
    score: param("score"),
    runs: params("runs"),
    columns: params("column"),
    compared: params("compare"),
  };
}

/**
 * The columns to request: those of the address, and those that the list is sorted and grouped by. None means
 * the server's choice, `defaults`, which is null before the first answer.
 */
export function requestedColumns({ columns, sort, group, score }, defaults) {
  // The parameters that differ tell whether a group is of seeds alone.
  const parameters = group.length ? (defaults ?? []).filter((key) => key.startsWith("parameter:")) : [];
  const others = [sort.replace(/^-/, ""), ...group, ...parameters, score && `last:${score}`].filter((key) => key.includes(":"));
  const chosen = columns.length ? columns.filter((key) => key.includes(":") && !key.startsWith("curve:")) : defaults;
  if (!chosen || (!columns.length && others.every((key) => defaults.includes(key)))) return [];
  return [...new Set([...chosen, ...others])];
}

/** Keys of the shown columns: the chosen ones, by default those that differ. */
export function shownColumns(table, { columns, score }) {
  if (columns.length) return columns.filter((key) => table.columns.has(key) || key.startsWith("curve:"));
  const metric = score || table.y;
  const parameters = table.default_columns.filter((key) => !key.startsWith("last:"));
  const measured = metric ? [`curve:${metric}`, `last:${metric}`] : [];
  // What one looks for stands beside the name.
  return [...measured.filter((key) => table.columns.has(key) || key.startsWith("curve:")), ...parameters, ...SHOWN_FACTS];
}

/** The column by which a click on a title sorts: a curve by its last value. */
export const sortKey = (key) => key.replace(/^curve:/, "last:");

/** The title of a column. */
export function title(table, key) {
  const [kind, ...rest] = key.split(":");
  const name = rest.join(":");
  if (!rest.length) {
    const column = table.columns.get(key);
    return (language.value === "zh" ? column?.label_zh : column?.label) ?? key;
  }
  return kind === "parameter" ? name : t(`column.${kind}`, { name });
}

/** The title without the section of a metric, for narrow columns. */
export const shortTitle = (table, key) => title(table, key).split("/").pop();

/** Sort by a column; again reverses it. Measured values start with the largest, losses with the smallest. */
export function sortBy(table, shown) {
  const { sort } = listState();
  const key = sortKey(shown);
  const column = table.columns.get(key);
  const measured = /^(last|best|least|peak):/.test(key) || ["time", "count"].includes(column?.format);
  const first = measured && column?.best !== "smallest" ? `-${key}` : key;
  const other = first === key ? `-${key}` : key;
  setViewState({ sort: sort === first ? other : first });
}
