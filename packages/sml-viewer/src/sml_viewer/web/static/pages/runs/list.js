// Page 实验列表: all runs, with search, filters and groups.
import { get } from "../../lib/api.js";
import { useCommands } from "../../lib/keys.js";
import { setParams } from "../../lib/route.js";
import { setViewState } from "../../lib/view_state.js";
import { html, useEffect, useState } from "../../lib/ui.js";
import { useNarrow } from "../../lib/virtual.js";
import { t } from "../../lib/i18n.js";
import { Button, Segments } from "../../widgets/button.js";
import { Empty, Failed, Progress } from "../../widgets/states.js";
import { changeDataPath } from "../data_folder.js";
import { query, queryError } from "../querybox.js";
import { BulkActions } from "./bulk_actions.js";
import { Columns, Grouping, Sorting } from "./columns.js";
import { Compare } from "./compare.js";
import { Coverage } from "./coverage.js";
import { useRuns } from "./data.js";
import { FilterBar } from "./filter_bar.js";
import { BaselineChip } from "./lines.js";
import { useListing, useSearch } from "./listing.js";
import { RunTable } from "./table.js";
import { lastVisit, requestedColumns, shownColumns, listState } from "./view.js";

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
  const columns = shownColumns(table, now);
  const { rowsByFilter, order, shown, summary, toggleGroup } = useListing(table, matches, now, columns);
  const coverage = now.mode === "coverage";
  const phone = useNarrow();
  return html`<div class="runs">
    <div class="bar">
      <${Segments}
        label=${t("runs.view")} value=${now.mode} options=${[["list", t("runs.list")], ["coverage", t("runs.coverage")]]}
        onChange=${(mode) => setParams({ view: mode === "list" ? "" : mode }, { replace: false })}
      />
      ${!coverage && html`<${FilterBar} rowsByFilter=${rowsByFilter} missing=${table.missing} current=${now.filter} />`}
      ${!coverage && html`<div class="choices"><${BaselineChip} summary=${summary} now=${now} />${phone && html`<${Sorting} table=${table} now=${now} mixed=${summary.mixed} />`}<${Grouping} table=${table} now=${now} /><${Columns} table=${table} now=${now} /></div>`}
    </div>
    ${table.reading && html`<${IndexingProgress} ...${table.reading} folders=${table.folders} />`}
    <${Searched} reading=${table.reading !== null} />
    ${coverage && html`<${Coverage} />`}
    ${!coverage && (shown.length
      ? html`<${RunTable} ...${{ table, rows: order, lines: shown, columns, now, summary, toggleGroup }} />`
      : html`<${NoMatches} filter=${now.filter} rowsByFilter=${rowsByFilter} />`)}
    ${!coverage && html`<${BulkActions} table=${table} rows=${order} reload=${reload} />`}
  </div>`;
}

function IndexingProgress({ done, total, folders }) {
  const label = total ? t("runs.reading", { n: done, total }) : t("runs.looking", { folders: folders.join(", ") });
  return html`<${Progress} label=${label} done=${done} total=${total} />`;
}

/** How much was searched, and without runs what the folders hold; null before the answer. */
function useSearched(reading) {
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!reading) get("/api/v1/searched", {}, { quiet: true, keep: false }).then(setAnswer, () => null);
  }, [reading]);
  return answer;
}

const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function Searched({ reading }) {
  const answer = useSearched(reading);
  return html`${answer?.closed && html`<p class="banner" role="alert">${answer.closed}</p>`}
    ${answer?.much && html`<p class="searched faint">${answer.searched}</p>`}`;
}

/** How many runs match the query, of whatever filter. */
const matchingRuns = ({ all, hidden, earlier }) => new Set([...all, ...hidden, ...earlier]).size;

/** Why the list is empty: the query is wrong, or no run matches it, or none of those that do is of the filter. */
function reason(filter, matching, { hidden }) {
  const none = t(`runs.none.${filter !== "all" || hidden.length ? filter : matching ? "newer" : "chosen"}`);
  if (!query.value.trim()) return none;
  if (queryError.value) return t("runs.none.wrong");
  return matching ? t("runs.none.among", { n: matching, none }) : t("runs.none.query");
}

function NoMatches({ filter, rowsByFilter }) {
  const matching = matchingRuns(rowsByFilter);
  const clear = () => {
    query.value = "";
    setViewState({ q: "", show: "" });
  };
  const ofAnyStatus = query.value.trim() && filter !== "all" && rowsByFilter.all.length;
  return html`<${Empty} title=${reason(filter, matching, rowsByFilter)}>
    <div class="acts">
      ${ofAnyStatus > 0 && html`<${Button} onClick=${() => setViewState({ show: "" })}>${t("runs.showmatching", { n: ofAnyStatus })}<//>`}
      <${Button} onClick=${clear}>${t("runs.showall")}<//>
    </div>
  <//>`;
}

const ChangePath = () => html`<${Button} kind="primary" icon="folder" onClick=${changeDataPath}>${t("data.change")}<//>`;

function NoRuns({ table }) {
  const answer = useSearched(table.reading !== null);
  if (table.reading) return html`<${IndexingProgress} ...${table.reading} folders=${table.folders} />`;
  return html`<${Empty} icon="folder" title=${t("runs.empty", { folders: table.folders.join(", ") })}>
    ${answer?.contents.map(({ folder, holds }) => html`<p key=${folder}>${table.folders.length > 1 ? `${folder}: ${holds}` : capitalised(holds)}</p>`)}
    ${answer && !answer.closed && html`<p class="faint">${capitalised(answer.run)}</p>`}
    ${answer?.closed && html`<p class="error">${answer.closed}</p>`}
    ${answer?.searched && html`<p class="faint">${answer.searched}</p>`}
    <p>${t("runs.empty.what")}</p>
    <${ChangePath} />
    ${!answer?.closed && html`<p>${t("runs.empty.write")}</p>
    <pre>${'from sml_logger import Logger\nlogger = Logger(log_name="first")'}</pre>`}
  <//>`;
}
