// Run data in the page: columns of cells, updated by the server's changes.
import { ApiError, get, repeat } from "../../lib/api.js";
import { useEffect, useRef, useState } from "../../lib/ui.js";
import { paletteRuns } from "../palette.js";

const EVERY = 3000;

/**
 * All runs, polled while the component is mounted. Returns `table` (null before the first answer), `error` and `reload`.
 * `choose(defaults)` returns the columns to request; `since` is the time of the last visit.
 */
export function useRuns(choose, since) {
  const [state, setState] = useState(/** @type {{ table: any, error: ApiError | null }} */ ({ table: null, error: null }));
  const latest = useRef(null);
  const load = useRef(null);
  const columns = choose(state.table?.default_columns ?? null);
  const requestKey = JSON.stringify(columns);
  load.current = async (quiet, abort) => {
    const cached = latest.current;
    const after = cached?.requestKey === requestKey ? cached.revision : null;
    try {
      const answer = await get("/api/v1/runs", { column: columns, since, after }, { quiet, signal: abort, keep: false });
      if (!answer) return;
      latest.current = { ...merge(answer, after === null ? null : cached), requestKey };
      setState({ table: latest.current, error: null });
      paletteRuns.value = namesOf(latest.current);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof ApiError)) throw error;
      // The old data stay while the server is away; the header reports it.
      setState((old) => (error.status === 0 && old.table ? old : { ...old, error }));
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    load.current(false, abort.signal);
    const stop = repeat(() => load.current(true, abort.signal), EVERY);
    return () => (stop(), abort.abort());
  }, [requestKey, since]);
  return { ...state, reload: () => load.current(false) };
}

/** The cell of a row, or null. */
export const cell = (table, key, row) => table.columns.get(key)?.cells[row] ?? null;

/** Apply an answer to a table: the whole table, or its changes. */
export function merge(answer, old) {
  const columns = new Map(answer.columns.map((column) => [column.key, { ...column, cells: cellsOf(column) }]));
  const whole = answer.base === null || !old;
  const table = { ...answer, columns: whole ? columns : patchColumns(old, columns, new Set(answer.removed)) };
  const ids = table.columns.get("id").cells;
  table.count = ids.length;
  table.fresh = new Set(answer.new);
  table.rowOf = new Map(ids.map((id, row) => [id, row]));
  return table;
}

const cellsOf = (column) => column.cells ?? column.codes.map((code) => column.values[code]);

function patchColumns(old, changed, removed) {
  const ids = changed.get("id").cells;
  if (!ids.length && !removed.size) {
    // What concerns all runs changed, such as the progress of reading: no cell did.
    const cellsOfOld = (key) => old.columns.get(key)?.cells ?? Array(old.count).fill(null);
    return new Map([...changed].map(([key, column]) => [key, { ...column, cells: cellsOfOld(key) }]));
  }
  const keptRows = [...Array(old.count).keys()].filter((row) => !removed.has(old.columns.get("id").cells[row]));
  const targetOf = new Map(keptRows.map((row, index) => [old.columns.get("id").cells[row], index]));
  let end = keptRows.length;
  const targets = ids.map((id) => targetOf.get(id) ?? end++);
  const result = new Map();
  for (const [key, column] of changed) {
    const before = old.columns.get(key)?.cells;
    const cells = keptRows.map((row) => (before ? before[row] : null));
    targets.forEach((target, row) => (cells[target] = column.cells[row]));
    result.set(key, { ...column, cells });
  }
  return result;
}

function namesOf(table) {
  const names = table.columns.get("name").cells;
  return table.columns.get("id").cells.map((id, row) => ({ id, name: names[row] }));
}
