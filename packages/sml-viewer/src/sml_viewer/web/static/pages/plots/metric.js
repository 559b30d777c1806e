// Choose the pairs of x and y columns.
import { option, setOptions } from "../../lib/config.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Combo } from "../../widgets/combo.js";

/** The pairs of columns; with nothing set, the one that was chosen by itself, and said so. */
export function Metric({ counts, headings = true }) {
  const set = option("PLOTTING_XY", []);
  const automatic = !set.length;
  const shown = automatic ? (counts?.pairs ?? []) : set;
  // The likeliest come first.
  const [along, columns] = [counts?.x_columns ?? [], counts?.y_columns ?? []];
  const change = (place, side, name) => {
    const next = shown.map((pair) => [...pair]);
    next[place][side] = name;
    setOptions({ PLOTTING_XY: next });
  };
  const drop = (place) => setOptions({ PLOTTING_XY: set.length > 1 ? set.filter((_, each) => each !== place) : undefined });
  const add = (name) => setOptions({ PLOTTING_XY: [...shown, [shown[0]?.[0] ?? "", name]] });
  return html`<fieldset class="pairs">
    <legend class=${headings ? "" : "unseen"}>${t("pairs")} ${automatic && html`<span class="chip">${t("automatic")}</span>`}</legend>
    ${counts?.pairs_fault && counts.runs.counted > 0 && html`<p class="error">${counts.pairs_fault}</p>`}
    ${shown.map(([x, y], place) => html`<div class="pair" key=${place}>
      <${Combo} label="y" value=${y} options=${columns} onChoose=${(name) => change(place, 1, name)} />
      <${Combo} label="x" value=${x} options=${[...along, ...(counts?.made_columns ?? [])]} onChoose=${(name) => change(place, 0, name)} />
      ${!automatic && html`<${Button} icon="close" label=${t("pairs.drop", { y })} onClick=${() => drop(place)} />`}
    </div>`)}
    <${Combo} label=${t("pairs.add")} hidden clear placeholder=${t("pairs.add")} options=${columns} onChoose=${add} />
  </fieldset>`;
}
