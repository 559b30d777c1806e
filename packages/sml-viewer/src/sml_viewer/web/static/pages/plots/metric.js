// Choose the pairs of x and y columns.
import { option, setOptions } from "../../lib/config.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Combo } from "../../widgets/combo.js";

/** The pairs of columns; if none is set, the automatic one, marked as such. */
export function Metric({ counts }) {
  const set = option("PLOTTING_XY", []);
  const automatic = !set.length;
  const shown = automatic ? (counts?.pairs ?? []) : set;
  // Sorted by the server, the likeliest first.
  const [xColumns, yColumns] = [counts?.x_columns ?? [], counts?.y_columns ?? []];
  const change = (index, side, name) => {
    const next = shown.map((pair) => [...pair]);
    next[index][side] = name;
    setOptions({ PLOTTING_XY: next });
  };
  const remove = (index) => setOptions({ PLOTTING_XY: set.length > 1 ? set.filter((_, each) => each !== index) : undefined });
  const add = (name) => setOptions({ PLOTTING_XY: [...shown, [shown[0]?.[0] ?? "", name]] });
  return html`<fieldset class="pairs" id="pairs" title="PLOTTING_XY">
    <legend title=${t("pairs.what")}>${t("pairs")} ${automatic && html`<span class="chip">${t("automatic")}</span>`}</legend>
    ${counts?.pairs_fault && counts.runs.counted > 0 && html`<p class="error">${counts.pairs_fault}</p>`}
    ${shown.map(([x, y], index) => html`<div class="pair" key=${index}>
      <${Combo} label="y" value=${y} options=${yColumns} onChoose=${(name) => change(index, 1, name)} />
      <${Combo} label="x" value=${x} options=${[...xColumns, ...(counts?.made_columns ?? [])]} onChoose=${(name) => change(index, 0, name)} />
      ${!automatic && html`<${Button} icon="close" label=${t("pairs.drop", { y })} onClick=${() => remove(index)} />`}
    </div>`)}
    <${Combo} label=${t("pairs.add")} hidden clear placeholder=${t("pairs.add")} options=${yColumns} onChoose=${add} />
  </fieldset>`;
}
