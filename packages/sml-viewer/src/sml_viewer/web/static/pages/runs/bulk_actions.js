// Actions on the selected runs.
import { href, post } from "../../lib/api.js";
import { copy } from "../../lib/copy.js";
import { useShortcuts } from "../../lib/keys.js";
import { addressOf, go, setParams } from "../../lib/route.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Menu } from "../../widgets/button.js";
import { toast, toastError } from "../../widgets/toast.js";
import { editNote, editTags, hide } from "./annotate.js";
import { cell } from "./data.js";
import { selected } from "../../lib/view_state.js";

const MOST_CHOSEN = 400; // ids that an address has room for

/** Look at these runs alone, on all tabs; their curves first. */
function chartOnly(ids) {
  if (ids.length > MOST_CHOSEN) toast(t("charts.toomany", { n: MOST_CHOSEN }));
  else go(addressOf("/charts", { runs: ids, by: "runs", on: [], off: [] }));
}

export function Bulk({ table, rows, reload }) {
  const ids = [...selected.value].filter((id) => table.rowOf.has(id));
  const places = ids.map((id) => table.rowOf.get(id));
  const at = (name) => places.map((row) => cell(table, name, row));
  const clear = () => (selected.value = new Set());
  const hidden = places.length > 0 && at("hidden").every(Boolean);
  const acts = {
    compare: () => ids.length > 1 && setParams({ compare: ids }, { replace: false }),
    tags: () => ids.length && editTags(ids.map((id, place) => ({ id, tags: at("tags")[place] })), Object.keys(table.tags ?? {}), reload),
    note: () => ids.length && editNote(ids, new Set(at("note")).size === 1 ? at("note")[0] ?? "" : "", reload),
    hide: () => ids.length && hide(ids, !hidden, () => (clear(), reload())),
    chart: () => ids.length && chartOnly(ids),
    zip: () => ids.length && zip(ids),
    paths: () => copy(at("folder").map((folder, place) => `${table.folders[folder]}/${at("name")[place]}`).join("\n"), t("paths.copied", { n: ids.length })),
    all: () => (selected.value = new Set(rows.map((row) => cell(table, "id", row)))),
  };
  useShortcuts(
    [
      { keys: "c", label: t("bulk.compare"), act: acts.compare },
      { keys: "g", label: t("charts.only"), act: acts.chart },
      { keys: "t", label: t("bulk.tags"), act: acts.tags },
      { keys: "n", label: t("bulk.note"), act: acts.note },
      { keys: "h", label: t("bulk.hide"), act: acts.hide },
      { keys: " ", label: t("keys.mark"), act: () => {} },
    ],
    [ids.join(), table.revision],
  );
  if (!ids.length) return null;
  return html`<div class="bulk" role="region" aria-label=${t("bulk.title")}>
    <b>${t("bulk.count", { n: ids.length })}</b>
    ${ids.length < rows.length && html`<button type="button" class="link" onClick=${acts.all}>${t("bulk.all", { n: rows.length })}</button>`}
    <span class="acts">
      <${Button} icon="curves" onClick=${acts.chart}>${t("charts.only")}<//>
      <${Button} icon="compare" disabled=${ids.length < 2} onClick=${acts.compare}>${t("bulk.compare")}<//>
      <${Button} icon="tag" onClick=${acts.tags}>${t("bulk.tags")}<//>
      <${Button} icon=${hidden ? "show" : "hide"} onClick=${acts.hide}>${t(hidden ? "bulk.restore" : "bulk.hide")}<//>
      <${Button} icon="zip" onClick=${acts.zip}>${t("bulk.zip")}<//>
      <${Menu} icon="menu" label=${t("more")} align="end above" items=${[
        { icon: "note", label: t("bulk.note"), act: acts.note },
        { icon: "copy", label: t("bulk.paths"), act: acts.paths },
      ]} />
    </span>
    <${Button} icon="close" label=${t("bulk.clear")} onClick=${clear} />
  </div>`;
}

/** Download the folders of several runs as one archive, while it is made. */
export async function zip(ids) {
  try {
    const answer = await post("/api/v1/zip", { ids });
    location.assign(href(answer.href));
    toast(t("zip.started", { n: answer.runs }));
  } catch (error) {
    toastError(error);
  }
}
