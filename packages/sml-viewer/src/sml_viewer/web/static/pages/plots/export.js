// Export the figure as a file, as numbers, or as a command line.
import { post } from "../../lib/api.js";
import { changed, requestBody, option, setOptions } from "../../lib/config.js";
import { copy } from "../../lib/copy.js";
import { decodeBase64, download } from "../../lib/download.js";
import { withErrorToast } from "../../lib/errors.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Checkbox, Select, TextField } from "../../widgets/field.js";
import { draw } from "./figure.js";

const PRESETS = ["none", "paper-1col", "paper-2col", "slides"];

export function Export({ figureKind, onDrawn }) {
  const downloadAs = async (kind) => {
    const answer = await withErrorToast(() => post("/api/v1/figure", { ...requestBody.peek(), kind, what: figureKind }));
    for (const each of answer?.figures ?? []) download({ ...each, content: decodeBase64(each.data) });
  };
  const drawAndSave = () => {
    onDrawn();
    draw(figureKind, { save: true });
  };
  const copyCommand = async () => {
    const output = `${option("FINAL_OUTPUT_NAME", "total_curve")}.pdf`;
    const answer = await withErrorToast(() => post("/api/v1/command", { ...requestBody.peek(), kind: figureKind, output }));
    if (answer) await copy(answer.command, t("command.copied"));
  };
  const auto = option("AUTO_PLOTTING", false);
  const timestamp = () => new Date().toISOString().slice(0, 19).replace("T", " ");
  return html`<aside class="export" aria-label=${t("export")}>
    <${Button} kind="primary" icon="image" onClick=${drawAndSave} class="draw">${t("figure.draw")}<//>
    <${Select} label=${t("export.preset")} value=${option("FIGURE_PRESET", "none")} options=${PRESETS.map((name) => [name, t(`preset.${name}`)])}
      onChange=${(name) => setOptions({ FIGURE_PRESET: name === "none" ? undefined : name })} />
    <h3 aria-level="2">${t("export.download")}</h3>
    <div class="kinds">
      ${["png", "pdf", "svg"].map((kind) => html`<${Button} key=${kind} icon="download" onClick=${() => downloadAs(kind)}>${kind.toUpperCase()}<//>`)}
      <${Button} icon="table" onClick=${() => downloadAs("csv")} label=${t("export.numbers")}>CSV<//>
    </div>
    <${Button} icon="copy" onClick=${copyCommand}>${t("command.copy")}<//>
    <h3 aria-level="2">${t("auto.title")}</h3>
    <${Checkbox} label=${t("auto.on")} checked=${auto} onChange=${(on) => setOptions(on ? { AUTO_PLOTTING: true, AUTO_PLOTTING_TURN_ON_TIME: timestamp() } : { AUTO_PLOTTING: undefined })} />
    ${auto && changed.value && html`<p class="faint">${t("auto.saved")}</p>`}
    ${auto && html`<${TextField} label=${t("auto.interval")} inputmode="numeric" value=${option("AUTO_PLOTTING_INTERVAL", 600)} onChange=${(text) => Number(text) >= 1 && setOptions({ AUTO_PLOTTING_INTERVAL: Number(text) })} />`}
  </aside>`;
}
