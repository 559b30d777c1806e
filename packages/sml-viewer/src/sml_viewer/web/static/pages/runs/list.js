// Page 实验列表: all runs, with search, filters and groups.
import { ApiError, get } from "../../lib/api.js";
import { useCommands } from "../../lib/keys.js";
import { setParams } from "../../lib/route.js";
import { html, useEffect, useMemo, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Segments } from "../../widgets/button.js";
import { Empty, Failed, Progress } from "../../widgets/states.js";
import { changeDataPath } from "../data_folder.js";
import { query, queryError } from "../querybox.js";
import { BulkActions } from "./bulk_actions.js";
import { Columns, Grouping } from "./columns.js";
import { Compare } from "./compare.js";
import { Coverage } from "./coverage.js";
import { useRuns } from "./data.js";
import { groupRows, sortRows, filterRows } from "./rows.js";
import { FilterBar } from "./filter_bar.js";
import { RunTable } from "./table.js";
import { lastVisit, requestedColumns, shownColumns, listState } from "./view.js";

const ERROR_DELAY = 600; // milliseconds after the last keystroke

export default function Runs() {
  const now = listState();
  const { table, error, reload } = useRuns((defaults) => requestedColumns(now, defaults), lastVisit);
  const matches = useSearch(table);
  useCommands(
    [
      { label: t("runs.coverage"), act: () => setParams({ view: "coverage", compare: [] }) },
      { label: t("runs.list"), act: () => setParams({ view: "", compare: [] }) },
    ],
    [],
  );
  if (now.compared.length) return html`<${Compare} ids=${now.compared} />`;
  if (error && !table) return html`<${Failed} error=${error} retry=${reload}><${ChangePath} /><//>`;
  if (!table) return html`<${Progress} />`;
  if (!table.count) return html`<${NoRuns} table=${table} />`;
  return html`<${List} table=${table} matches=${matches} now=${now} reload=${reload} />`;
}

function List({ table, matches, now, reload }) {
  const [collapsed, setCollapsed] = useState(new Set());
  // Sorted once, not at every keystroke.
  const allRows = useMemo(() => sortRows(table, [...Array(table.count).keys()], now.sort), [table, now.sort]);
  const candidates = useMemo(() => restrictTo(table, allRows, now.runs), [table, allRows, now.runs.join()]);
  const rowsByFilter = useMemo(() => filterRows(table, matches, candidates), [table, matches, candidates]);
  const order = rowsByFilter[now.filter] ?? rowsByFilter.all;
  const shown = useMemo(() => groupRows(table, order, now.group, collapsed), [table, order, now.group.join("\n"), collapsed]);
  const toggleGroup = (name) => setCollapsed((old) => toggled(old, name));
  const coverage = now.mode === "coverage";
  return html`<div class="runs">
    <div class="bar">
      <${Segments}
        label=${t("runs.view")} value=${now.mode} options=${[["list", t("runs.list")], ["coverage", t("runs.coverage")]]}
        onChange=${(mode) => setParams({ view: mode === "list" ? "" : mode }, { replace: false })}
      />
      ${!coverage && html`<${FilterBar} rowsByFilter=${rowsByFilter} missing=${table.missing} current=${now.filter} />`}
      ${!coverage && html`<div class="choices"><${Grouping} table=${table} now=${now} /><${Columns} table=${table} now=${now} /></div>`}
    </div>
    ${table.reading && html`<${IndexingProgress} ...${table.reading} folders=${table.folders} />`}
    ${coverage && html`<${Coverage} />`}
    ${!coverage && (shown.length
      ? html`<${RunTable} table=${table} rows=${order} lines=${shown} columns=${shownColumns(table, now)} sort=${now.sort} toggleGroup=${toggleGroup} />`
      : html`<${NoMatches} filter=${now.filter} />`)}
    ${!coverage && html`<${BulkActions} table=${table} rows=${order} reload=${reload} />`}
  </div>`;
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
function useSearch(table) {
  const [matches, setMatches] = useState(null);
  const typed = query.value.trim();
  const revision = table?.revision;
  useEffect(() => {
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
        // A half-typed query is reported only when the typing stops.
        if (error.status === 400) timer = setTimeout(() => (queryError.value = error), ERROR_DELAY);
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
  const answer = await get("/api/v1/search", { q: typed }, { signal: abort, keep: false });
  return { keys: new Set(answer.keys), asksHidden: answer.asks_hidden };
}

function IndexingProgress({ done, total, folders }) {
  const label = total ? t("runs.reading", { n: done, total }) : t("runs.looking", { folders: folders.join(", ") });
  return html`<${Progress} label=${label} done=${done} total=${total} />`;
}

function NoMatches({ filter }) {
  const clear = () => {
    query.value = "";
    setParams({ q: "", show: "" });
  };
  return html`<${Empty} title=${t(query.value ? "runs.none.query" : `runs.none.${filter}`)}>
    <${Button} onClick=${clear}>${t("runs.showall")}<//>
  <//>`;
}

const ChangePath = () => html`<${Button} kind="primary" icon="folder" onClick=${changeDataPath}>${t("data.change")}<//>`;

function NoRuns({ table }) {
  if (table.reading) return html`<${IndexingProgress} ...${table.reading} folders=${table.folders} />`;
  return html`<${Empty} icon="folder" title=${t("runs.empty", { folders: table.folders.join(", ") })}>
    <p>${t("runs.empty.what")}</p>
    <${ChangePath} />
    <p>${t("runs.empty.write")}</p>
    <pre>${'from sml_logger import Logger\nlogger = Logger(log_name="first")'}</pre>
  <//>`;
}
