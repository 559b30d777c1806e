// Actions on the selected runs.
import { href, post } from "../../lib/api.js";
import { copy } from "../../lib/copy.js";
import { useShortcuts } from "../../lib/keys.js";
import { addressOf, go, setParams } from "../../lib/route.js";
import { toFigure } from "../../lib/to_figure.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Menu } from "../../widgets/button.js";
import { toast, toastError } from "../../widgets/toast.js";
import { editNote, editTags, setHidden } from "./annotate.js";
import { cell } from "./data.js";
import { toggleBaseline, toggleEye, togglePins } from "./eyes.js";
import { selected } from "../../lib/view_state.js";

const MAX_IDS = 400; // ids that fit into an address
const MAX_COMPARED = 20;

/** Restrict all tabs to these runs and open their curves. */
function chartOnly(ids) {
  if (ids.length > MAX_IDS) toast(t("charts.toomany", { n: MAX_IDS }));
  else go(addressOf("/charts", { runs: ids, by: "runs", on: [], off: [] }));
}

/** Put runs side by side: as many as a screen has room for. */
function compare(ids) {
  if (ids.length > MAX_COMPARED) toast(t("compare.toomany", { n: MAX_COMPARED }));
  setParams({ compare: ids.slice(0, MAX_COMPARED) }, { replace: false });
}

/** `compact` beside the charts: icons, but for what is done most. */
export function BulkActions({ table, rows, reload, compact = false }) {
  const ids = [...selected.value].filter((id) => table.rowOf.has(id));
  const rowNumbers = ids.map((id) => table.rowOf.get(id));
  const cellsOf = (name) => rowNumbers.map((row) => cell(table, name, row));
  const clear = () => (selected.value = new Set());
  const hidden = rowNumbers.length > 0 && cellsOf("hidden").every(Boolean);
  const actions = {
    compare: () => ids.length > 1 && compare(ids),
    pin: () => ids.length && togglePins(ids),
    eye: () => ids.length && toggleEye(ids),
    baseline: () => ids.length === 1 && toggleBaseline(ids[0]),
    tags: () => ids.length && editTags(ids.map((id, index) => ({ id, tags: cellsOf("tags")[index] })), Object.keys(table.tags ?? {}), reload),
    note: () => ids.length && editNote(ids, new Set(cellsOf("note")).size === 1 ? cellsOf("note")[0] ?? "" : "", reload),
    hide: () => ids.length && setHidden(ids, !hidden, () => (clear(), reload())),
    chart: () => ids.length && chartOnly(ids),
    figure: () => ids.length && toFigure({ runs: ids }),
    zip: () => ids.length && downloadZip(ids),
    paths: () => copy(cellsOf("folder").map((folder, index) => `${table.folders[folder]}/${cellsOf("name")[index]}`).join("\n"), t("paths.copied", { n: ids.length })),
    all: () => (selected.value = new Set(rows.map((row) => cell(table, "id", row)))),
  };
  useShortcuts(
    [
      { keys: "c", label: t("bulk.compare"), act: actions.compare },
      { keys: "g", label: t("charts.only"), act: actions.chart },
      { keys: "f", label: t("figure.to"), act: actions.figure },
      { keys: "t", label: t("bulk.tags"), act: actions.tags },
      { keys: "n", label: t("bulk.note"), act: actions.note },
      { keys: "h", label: t("bulk.hide"), act: actions.hide },
      { keys: "p", label: t("bulk.pin"), act: actions.pin },
      { keys: "b", label: t("bulk.baseline"), act: actions.baseline },
      { keys: " ", label: t("keys.mark") },
    ],
    [ids.join(), table.revision],
  );
  if (!ids.length) return null;
  const listed = new Set(rows);
  const unseen = rowNumbers.filter((row) => !listed.has(row)).length;
  return html`<div class="bulk" role="region" aria-label=${t("bulk.title")}>
    <b>${t("bulk.count", { n: ids.length })}</b>
    ${unseen > 0 && html`<span class="faint">${t("bulk.unseen", { n: unseen })}</span>`}
    ${ids.length < rows.length && html`<button type="button" class="link" onClick=${actions.all}>${t("bulk.all", { n: rows.length })}</button>`}
    <span class="acts">
      <${Button} icon="curves" onClick=${actions.chart} label=${t("charts.only")}>${t("charts.only")}<//>
      <${Button} icon="compare" disabled=${ids.length < 2} onClick=${actions.compare} label=${t("bulk.compare")}>${!compact && t("bulk.compare")}<//>
      <${Button} icon="image" onClick=${actions.figure} label=${t("figure.to.what")}>${!compact && t("figure.to")}<//>
      <${Button} icon="tag" onClick=${actions.tags} label=${t("bulk.tags")}>${!compact && t("bulk.tags")}<//>
      <${Button} icon=${hidden ? "show" : "hide"} onClick=${actions.hide} label=${t(hidden ? "bulk.restore" : "bulk.hide")}>${!compact && t(hidden ? "bulk.restore" : "bulk.hide")}<//>
      <${Button} icon="zip" onClick=${actions.zip} label=${t("bulk.zip")}>${!compact && t("bulk.zip")}<//>
      <${Menu} icon="menu" label=${t("more")} align="end above" items=${[
        { icon: "star", label: t("bulk.pin"), act: actions.pin },
        { icon: "show", label: t("bulk.eye"), act: actions.eye },
        { icon: "compare", label: t("bulk.baseline"), act: actions.baseline, disabled: ids.length !== 1 },
        { icon: "note", label: t("bulk.note"), act: actions.note },
        { icon: "copy", label: t("bulk.paths"), act: actions.paths },
      ]} />
    </span>
    <${Button} icon="close" label=${t("bulk.clear")} onClick=${clear} />
  </div>`;
}

/** Download the folders of several runs as one archive, which is streamed while it is created. */
export async function downloadZip(ids) {
  try {
    const answer = await post("/api/v1/zip", { ids });
    location.assign(href(answer.href));
    toast(t("zip.started", { n: answer.runs }));
  } catch (error) {
    toastError(error);
  }
}
