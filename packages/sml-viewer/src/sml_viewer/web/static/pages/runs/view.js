// View state of the list in the address, and the resulting columns.
import { setLook } from "../../lib/look.js";
import { param, params } from "../../lib/route.js";
import { remembered } from "../../lib/local_storage.js";
import { language, t } from "../../lib/i18n.js";

const SHOWN_FACTS = ["started"];

/** Keys of the facts that can be chosen as columns, beside parameters and metrics. */
export const facts = (table) => [...table.columns.values()].filter((column) => column.offered).map((column) => column.key);

const visited = remembered("visit", null);
/** The moment of the last visit: what began after it is new. */
export const lastVisit = visited.peek();
addEventListener("pagehide", () => (visited.value = Math.round(Date.now() / 1000)));

/** The list's state, from the address. */
export function view() {
  return {
    mode: param("view") || "list",
    filter: param("show") || "all",
    sort: param("sort") || "-started",
    group: params("group"),
    runs: params("runs"),
    columns: params("column"),
    compared: params("compare"),
  };
}

/**
 * The columns to request: those of the address, and what the list is sorted and grouped by. None means
 * its own choice, `defaults`, which is not known before its first answer.
 */
export function requestedColumns({ columns, sort, group }, defaults) {
  const others = [sort.replace(/^-/, ""), ...group].filter((key) => key.includes(":"));
  const wanted = columns.length ? columns.filter((key) => key.includes(":")) : defaults;
  if (!wanted || (!columns.length && others.every((key) => defaults.includes(key)))) return [];
  return [...new Set([...wanted, ...others])];
}

/** Keys of the columns that are shown: as chosen, else what differs. */
export function shownColumns(table, { columns }) {
  return columns.length ? columns.filter((key) => table.columns.has(key)) : [...table.default_columns, ...SHOWN_FACTS];
}

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

/** Sort by a column; once more turns it round. Measured values start with the largest, losses with the smallest. */
export function sortBy(table, key) {
  const { sort } = view();
  const column = table.columns.get(key);
  const measured = /^(last|best|least|peak):/.test(key) || ["time", "count"].includes(column?.format);
  const first = measured && column?.best !== "smallest" ? `-${key}` : key;
  const other = first === key ? `-${key}` : key;
  setLook({ sort: sort === first ? other : first });
}
