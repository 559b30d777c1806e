// Run data in the page: columns of cells, updated by the server's changes.
import { ApiError, get, repeat } from "../../lib/api.js";
import { useEffect, useRef, useState } from "../../lib/ui.js";
import { knownRuns } from "../palette.js";

const EVERY = 3000;

/**
 * All runs, as long as the component is shown. Returns `table` (null before the first answer), `error` and `reload`.
 * `choose(defaults)` says which columns to ask for; `since` is the moment of the last visit.
 */
export function useRuns(choose, since) {
  const [state, setState] = useState(/** @type {{ table: any, error: ApiError | null }} */ ({ table: null, error: null }));
  const latest = useRef(null);
  const load = useRef(null);
  const columns = choose(state.table?.default_columns ?? null);
  const wanted = JSON.stringify(columns);
  load.current = async (quiet, abort) => {
    const known = latest.current;
    const after = known?.wanted === wanted ? known.revision : null;
    try {
      const answer = await get("/api/v1/runs", { column: columns, since, after }, { quiet, signal: abort, keep: false });
      if (!answer) return;
      latest.current = { ...merge(answer, after === null ? null : known), wanted };
      setState({ table: latest.current, error: null });
      knownRuns.value = namesOf(latest.current);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof ApiError)) throw error;
      // What was there stays while the server is away; the header says so.
      setState((old) => (error.status === 0 && old.table ? old : { ...old, error }));
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    load.current(false, abort.signal);
    const stop = repeat(() => load.current(true, abort.signal), EVERY);
    return () => (stop(), abort.abort());
  }, [wanted, since]);
  return { ...state, reload: () => load.current(false) };
}

/** The cell of a row, or null. */
export const cell = (table, key, row) => table.columns.get(key)?.cells[row] ?? null;

/** What the next answer makes of a table: the whole, or what changed in it. */
export function merge(answer, old) {
  const columns = new Map(answer.columns.map((column) => [column.key, { ...column, cells: cellsOf(column) }]));
  const whole = answer.base === null || !old;
  const table = { ...answer, columns: whole ? columns : patched(old, columns, new Set(answer.removed)) };
  const ids = table.columns.get("id").cells;
  table.count = ids.length;
  table.fresh = new Set(answer.new);
  table.rowOf = new Map(ids.map((id, row) => [id, row]));
  return table;
}

const cellsOf = (column) => column.cells ?? column.codes.map((code) => column.values[code]);

function patched(old, changed, removed) {
  const ids = changed.get("id").cells;
  const kept = [...Array(old.count).keys()].filter((row) => !removed.has(old.columns.get("id").cells[row]));
  const places = new Map(kept.map((row, place) => [old.columns.get("id").cells[row], place]));
  let end = kept.length;
  const targets = ids.map((id) => places.get(id) ?? end++);
  const result = new Map();
  for (const [key, column] of changed) {
    const before = old.columns.get(key)?.cells;
    const cells = kept.map((row) => (before ? before[row] : null));
    targets.forEach((target, row) => (cells[target] = column.cells[row]));
    result.set(key, { ...column, cells });
  }
  return result;
}

function namesOf(table) {
  const names = table.columns.get("name").cells;
  return table.columns.get("id").cells.map((id, row) => ({ id, name: names[row] }));
}
