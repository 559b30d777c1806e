// Figures that were saved before, each of which reopens the configuration and the query it was drawn with.
import { get, href } from "../../lib/api.js";
import { configuration, option, setValues } from "../../lib/config.js";
import { withErrorToast } from "../../lib/errors.js";
import { ago, moment } from "../../lib/format.js";
import { html, useEffect, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { undo } from "../../lib/undo.js";
import { Button } from "../../widgets/button.js";
import { Progress } from "../../widgets/states.js";
import { toast } from "../../widgets/toast.js";

const VIEWS = { bar: "bars", aggregate: "aggregate" };

/** The list of saved figures, loaded when it is opened; `revision` changes when a figure was saved. */
export function Saved({ revision }) {
  const [open, setOpen] = useState(false);
  const [figures, setFigures] = useState(/** @type {import("../../lib/answers.d.ts").SavedFigure[] | null} */ (null));
  const folder = option("PLOT_FIGURE_SAVING_PATH", "");
  useEffect(() => {
    if (open) withErrorToast(() => get("/api/v1/figures", { folder }, { keep: false })).then((answer) => answer && setFigures(answer.figures));
  }, [open, folder, revision]);
  return html`<details class="saved-figures" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${t("saved.title")}</summary>
    ${open && !figures && html`<${Progress} />`}
    ${figures?.length === 0 && html`<p class="faint">${t("saved.none")}</p>`}
    <ul>${open && figures?.map((each) => html`<li key=${each.name}>
      <img loading="lazy" src=${href("/api/v1/figures/file", { folder, name: each.name, at: each.time })} alt=${each.name} />
      <b class="cut" title=${each.name}>${each.name}</b>
      <small class="faint" title=${moment(each.time)}>${ago(each.time)} · ${t("charts.count.runs", { n: each.runs })}</small>
      ${each.where && html`<code class="cut" title=${each.where}>${each.where}</code>`}
      <${Button} icon="undo" label=${t("saved.what", { name: each.name })} onClick=${() => reopen(each)}>${t("saved.reopen")}<//>
    </li>`)}</ul>
  </details>`;
}

/** Show what a figure was drawn from, of the folder that is shown: one step of undo. */
function reopen({ name, kind, config, where }) {
  const { PLOT_LOG_PATH, PLOT_FIGURE_SAVING_PATH } = configuration.peek()?.values ?? {};
  const folders = { ...(PLOT_LOG_PATH && { PLOT_LOG_PATH }), ...(PLOT_FIGURE_SAVING_PATH && { PLOT_FIGURE_SAVING_PATH }) };
  setValues({ ...config, ...folders }, `reopen ${name}`, { q: where, runs: [], without: [], group: [], view: VIEWS[kind] ?? "figure" });
  toast(t("saved.reopened", { name }), { undo });
}
