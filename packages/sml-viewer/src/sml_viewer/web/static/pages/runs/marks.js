// Selecting runs: one, a range, a group.
import { selected } from "../../lib/view_state.js";
import { useRef } from "../../lib/ui.js";
import { cell } from "./data.js";

/** Selecting runs: one, or with Shift the range from the last selected run, wherever it is now. */
export function useMarks(table, lines) {
  const anchor = useRef(null); // the id of a run
  const set = (ids) => (selected.value = new Set(ids));
  const toggle = (id, at, range) => {
    const next = new Set(selected.peek());
    const on = !next.has(id);
    const start = range ? lineOf(lines, table, anchor.current) : -1;
    const [from, to] = start < 0 ? [at, at] : [start, at].sort((a, b) => a - b);
    for (const entry of lines.slice(from, to + 1)) {
      if (typeof entry === "number") next[on ? "add" : "delete"](cell(table, "id", entry));
    }
    anchor.current = id;
    selected.value = next;
  };
  const toggleAll = (rows) => {
    const next = new Set(selected.peek());
    const ids = rows.map((row) => cell(table, "id", row));
    const on = !ids.every((id) => next.has(id));
    for (const id of ids) next[on ? "add" : "delete"](id);
    selected.value = next;
  };
  return { set, toggle, toggleAll };
}

/** The line of a run, -1 if it is not listed. */
export const lineOf = (lines, table, id) => (table.rowOf.has(id) ? lines.indexOf(table.rowOf.get(id)) : -1);
