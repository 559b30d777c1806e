// Which lines the list shows, and their best values: of the whole page and of the list beside the charts.
import { ApiError, get } from "../../lib/api.js";
import { useLayoutEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { query, queryError } from "../querybox.js";
import { filterRows, groupRows, sortRows } from "./rows.js";
import { baselineOf, bestValues, countedRows, mixedColumns, statisticsOf } from "./statistics.js";

const NOTHING = { keys: [], asksHidden: false };
const ERROR_DELAY = 600; // milliseconds after the last keystroke

/** The rows by filter, those in order, the lines, and what is marked in them. `columns` are the shown ones. */
export function useListing(table, matches, now, columns) {
  const [collapsed, setCollapsed] = useState(new Set());
  // Sorted once, not at every keystroke.
  const allRows = useMemo(() => sortRows(table, [...Array(table.count).keys()], now.sort), [table, now.sort]);
  const candidates = useMemo(() => restrictTo(table, allRows, now.runs), [table, allRows, now.runs.join()]);
  const rowsByFilter = useMemo(() => filterRows(table, matches, candidates), [table, matches, candidates]);
  const order = rowsByFilter[now.filter] ?? rowsByFilter.all;
  const [group, top, without] = [now.group.join("\n"), now.top.join(), now.without.join()];
  const shown = useMemo(() => groupRows(table, order, now, collapsed), [table, order, group, top, without, collapsed]);
  const summary = useMemo(() => {
    const off = new Set(now.without);
    const counted = countedRows(table, order, off);
    const groups = now.group.length ? shown.filter((entry) => typeof entry !== "number") : [];
    const cellOf = (key) => {
      const cells = table.columns.get(key)?.cells ?? [];
      return (row) => cells[row];
    };
    const meanOf = (key) => (each) => statisticsOf(table, each.counted, key)?.mean;
    return {
      without: off, pinned: new Set(now.top), baseline: baselineOf(table, now.baseline, groups),
      best: bestValues(table, columns, counted, cellOf),
      groupBest: bestValues(table, columns, groups, meanOf),
      mixed: mixedColumns(table, columns, order),
    }; // prettier-ignore
  }, [table, shown, now.baseline, without, top, columns.join("\n")]);
  const toggleGroup = (name) => setCollapsed((old) => toggled(old, name));
  return { rowsByFilter, order, shown, summary, toggleGroup };
}

const toggled = (set, item) => {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
};

/** Restrict rows to chosen runs, if any. */
const restrictTo = (table, rows, ids) => {
  const chosen = new Set(ids.map((id) => table.rowOf.get(id)));
  return ids.length ? rows.filter((row) => chosen.has(row)) : rows;
};

/** The runs that match the query: their keys, and whether it asks for hidden ones. null without a query; the last good answer while one is half typed. */
export function useSearch(table) {
  const [matches, setMatches] = useState(null);
  const typed = query.value.trim();
  const opened = useRef(/** @type {string | null} */ (typed));
  const revision = table?.revision;
  // A layout effect, as others wait for the next frame.
  useLayoutEffect(() => {
    if (typed !== opened.current) opened.current = null;
    if (!typed) {
      setMatches(null);
      queryError.value = null;
      return undefined;
    }
    const abort = new AbortController();
    let timer;
    search(typed, abort.signal).then(
      (result) => {
        queryError.value = null;
        setMatches(result);
      },
      (error) => {
        if (error.name === "AbortError") return;
        if (!(error instanceof ApiError)) throw error;
        if (error.status !== 400) return;
        // A query of the address is wrong at once; a half-typed one is reported only when the typing stops.
        if (typed === opened.current) {
          queryError.value = error;
          setMatches(NOTHING);
        } else {
          timer = setTimeout(() => (queryError.value = error), ERROR_DELAY);
        }
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [typed, revision]);
  return matches;
}

async function search(typed, abort) {
  /** @type {import("../../lib/answers.d.ts").SearchAnswer & { error?: { message: string, where: number } }} */
  const answer = await get("/api/v1/search", { q: typed, typing: 1 }, { signal: abort, keep: false });
  if (answer.error) throw new ApiError(answer.error.message, { status: 400, where: answer.error.where });
  return { keys: answer.keys, asksHidden: answer.asks_hidden };
}
