// What the address says of the list, and the columns that follow from it.
import { setLook } from "../../lib/look.js";
import { param, params } from "../../lib/route.js";
import { remembered } from "../../lib/remember.js";
import { t } from "../../lib/words.js";

/** Facts that can be shown as columns, beside parameters and metrics. */
export const FACTS = ["started", "modified", "rows", "step", "host", "tags", "note"];
const SHOWN_FACTS = ["started"];

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
 * The columns that the server is asked for: those of the address, and what the list is sorted and grouped by. None means
 * its own choice, `defaults`, which is not known before its first answer.
 */
export function asked({ columns, sort, group }, defaults) {
  const others = [sort.replace(/^-/, ""), ...group].filter((key) => key.includes(":"));
  const wanted = columns.length ? columns.filter((key) => key.includes(":")) : defaults;
  if (!wanted || (!columns.length && others.every((key) => defaults.includes(key)))) return [];
  return [...new Set([...wanted, ...others])];
}

/** Keys of the columns that are shown: as chosen, else what differs. */
export function shownColumns(table, { columns }) {
  return columns.length ? columns.filter((key) => table.columns.has(key)) : [...table.default_columns, ...SHOWN_FACTS];
}

/** The words above a column. */
export function title(key) {
  const [kind, ...rest] = key.split(":");
  const name = rest.join(":");
  if (!rest.length) return t(`fact.${key}`);
  return kind === "parameter" ? name : t(`column.${kind}`, { name });
}

/** Sort by a column; once more turns it round. Measured values start with the largest, losses with the smallest. */
export function sortBy(key, smallest = false) {
  const { sort } = view();
  const first = /^(last|best|least):|^(started|modified|rows|step)$/.test(key) && !smallest ? `-${key}` : key;
  const other = first === key ? `-${key}` : key;
  setLook({ sort: sort === first ? other : first });
}
