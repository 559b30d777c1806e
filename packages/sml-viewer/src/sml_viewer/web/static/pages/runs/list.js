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
import { Bulk } from "./bulk_actions.js";
import { Columns, Grouping } from "./columns.js";
import { Compare } from "./compare.js";
import { Coverage } from "./coverage.js";
import { useRuns } from "./data.js";
import { lines, sorted, sortedOut } from "./rows.js";
import { Strip } from "./filter_bar.js";
import { RunTable } from "./table.js";
import { lastVisit, requestedColumns, shownColumns, view } from "./view.js";

const PATIENCE = 600; // milliseconds after the last keystroke

export default function Runs() {
  const now = view();
  const { table, error, reload } = useRuns((defaults) => requestedColumns(now, defaults), lastVisit);
  const taken = useSearch(table);
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
  return html`<${List} table=${table} taken=${taken} now=${now} reload=${reload} />`;
}

function List({ table, taken, now, reload }) {
  const [shut, setShut] = useState(new Set());
  // Sorted once, for all keystrokes that follow.
  const whole = useMemo(() => sorted(table, [...Array(table.count).keys()], now.sort), [table, now.sort]);
  const among = useMemo(() => only(table, whole, now.runs), [table, whole, now.runs.join()]);
  const found = useMemo(() => sortedOut(table, taken, among), [table, taken, among]);
  const order = found[now.filter] ?? found.all;
  const shown = useMemo(() => lines(table, order, now.group, shut), [table, order, now.group.join("\n"), shut]);
  const toggleGroup = (name) => setShut((old) => toggled(old, name));
  const coverage = now.mode === "coverage";
  return html`<div class="runs">
    <div class="bar">
      <${Segments}
        label=${t("runs.view")} value=${now.mode} options=${[["list", t("runs.list")], ["coverage", t("runs.coverage")]]}
        onChange=${(mode) => setParams({ view: mode === "list" ? "" : mode }, { replace: false })}
      />
      ${!coverage && html`<${Strip} found=${found} missing=${table.missing} current=${now.filter} />`}
      ${!coverage && html`<div class="choices"><${Grouping} table=${table} now=${now} /><${Columns} table=${table} now=${now} /></div>`}
    </div>
    ${table.reading && html`<${Reading} ...${table.reading} folders=${table.folders} />`}
    ${coverage && html`<${Coverage} />`}
    ${!coverage && (shown.length
      ? html`<${RunTable} table=${table} rows=${order} lines=${shown} columns=${shownColumns(table, now)} sort=${now.sort} toggleGroup=${toggleGroup} />`
      : html`<${NoneOfThem} filter=${now.filter} />`)}
    ${!coverage && html`<${Bulk} table=${table} rows=${order} reload=${reload} />`}
  </div>`;
}

const toggled = (set, item) => {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
};

/** Of the rows those of the only runs that are looked at, if somebody chose some. */
const only = (table, rows, ids) => {
  const chosen = new Set(ids.map((id) => table.rowOf.get(id)));
  return ids.length ? rows.filter((row) => chosen.has(row)) : rows;
};

/** What the query takes: keys of runs, and whether it asks for hidden ones; null without one; the last good answer while a query is half typed. */
function useSearch(table) {
  const [taken, setTaken] = useState(null);
  const typed = query.value.trim();
  const revision = table?.revision;
  useEffect(() => {
    if (!typed) {
      setTaken(null);
      queryError.value = null;
      return undefined;
    }
    const abort = new AbortController();
    let patience;
    search(typed, abort.signal).then(
      (found) => {
        queryError.value = null;
        setTaken(found);
      },
      (error) => {
        if (error.name === "AbortError") return;
        if (!(error instanceof ApiError)) throw error;
        // Half a query is no mistake: it is pointed at when the typing stops.
        if (error.status === 400) patience = setTimeout(() => (queryError.value = error), PATIENCE);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(patience);
    };
  }, [typed, revision]);
  return taken;
}

async function search(typed, abort) {
  const found = await get("/api/v1/search", { q: typed }, { signal: abort, keep: false });
  return { keys: new Set(found.keys), asksHidden: found.asks_hidden };
}

function Reading({ done, total, folders }) {
  const label = total ? t("runs.reading", { n: done, total }) : t("runs.looking", { folders: folders.join(", ") });
  return html`<${Progress} label=${label} done=${done} total=${total} />`;
}

function NoneOfThem({ filter }) {
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
  if (table.reading) return html`<${Reading} ...${table.reading} folders=${table.folders} />`;
  return html`<${Empty} icon="folder" title=${t("runs.empty", { folders: table.folders.join(", ") })}>
    <p>${t("runs.empty.what")}</p>
    <${ChangePath} />
    <p>${t("runs.empty.write")}</p>
    <pre>${'from sml_logger import Logger\nlogger = Logger(log_name="first")'}</pre>
  <//>`;
}
