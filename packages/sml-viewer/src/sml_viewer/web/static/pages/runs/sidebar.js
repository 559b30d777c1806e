// The list of runs beside the charts: the same lines, eyes and selection as on the page of runs, narrow.
import { html, useMemo } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Failed, Progress } from "../../widgets/states.js";
import { BulkActions } from "./bulk_actions.js";
import { useRuns } from "./data.js";
import { useListing, useSearch } from "./listing.js";
import { RunTable } from "./table.js";
import { lastVisit, listState, requestedColumns } from "./view.js";

/** `data` of the charts: its score is the column, its lines give the colours. */
export default function Sidebar({ data }) {
  const column = `last:${data.score}`;
  const state = listState();
  const now = useMemo(() => ({ ...state, columns: [column], filter: "all", sort: state.sort === "-started" ? sortOf(data) : state.sort }), [JSON.stringify(state), column, data.largest]);
  const { table, error, reload } = useRuns((defaults) => requestedColumns(now, defaults), lastVisit);
  const matches = useSearch(table);
  if (error && !table) return html`<${Failed} error=${error} retry=${reload} />`;
  if (!table) return html`<${Progress} />`;
  return html`<${Narrow} ...${{ table, matches, now, column, reload, data }} />`;
}

/** Best runs first, unless the list is sorted by something else. */
const sortOf = (data) => `${data.largest ? "-" : ""}last:${data.score}`;

function Narrow({ table, matches, now, column, reload, data }) {
  const columns = [column];
  const { order, shown, summary, toggleGroup } = useListing(table, matches, now, columns);
  const colours = useMemo(() => coloursOf(data), [data]);
  return html`<div class="sidelist">
    <p class="faint">${t("runs.count", { n: order.length })}</p>
    <${RunTable} ...${{ table, rows: order, lines: shown, columns, now, summary, toggleGroup, colours }} compact />
    <${BulkActions} table=${table} rows=${order} reload=${reload} compact />
  </div>`;
}

/** The colour and dashes of each run that is drawn, by its id. */
function coloursOf(data) {
  const drawn = data.lines.filter((line) => line.drawn);
  return new Map(drawn.flatMap((line) => line.ids.map((id) => [id, { colour: line.colour, style: line.dashes }])));
}
