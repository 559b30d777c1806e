// Figures: the live and the publication one, bars and aggregates, and their export.
import { useShortcuts } from "../../lib/keys.js";
import { param, setParams } from "../../lib/route.js";
import { configuration } from "../../lib/config.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Segments } from "../../widgets/button.js";
import { Charts } from "./charts.js";
import { Export } from "./export.js";
import { FigureView, draw } from "./figure.js";
import { AggregateView, BarView } from "./scores.js";

const VIEWS = ["live", "figure", "bars", "aggregate"];

/** `shown`: whether they are in sight, else nothing is computed; `delay` of live charts, in milliseconds. */
export function Figures({ shown, delay }) {
  const view = VIEWS.includes(param("view")) ? param("view") : "live";
  const show = (name) => setParams({ view: name === "live" ? "" : name });
  const figureKind = { bars: "bar", aggregate: "aggregate" }[view] ?? (configuration.value?.values.PLOT_MODE === "BAR" ? "bar" : "plot");
  useShortcuts(shown ? [{ keys: "g", label: t("figure.draw"), act: () => (show("figure"), draw(figureKind)) }] : [], [figureKind, shown]);
  return html`<div class="centre" role="group" aria-label=${t("plot.figure")} hidden=${!shown}>
    <div class="bar"><${Segments} label=${t("plot.view")} value=${view} options=${VIEWS.map((name) => [name, t(`plot.${name}`)])} onChange=${show} /></div>
    <${Export} figureKind=${figureKind} onDrawn=${() => show("figure")} />
    ${view === "live" && html`<${Charts} shown=${shown} delay=${delay} />`}
    ${view === "figure" && shown && html`<${FigureView} figureKind=${figureKind} />`}
    ${view === "bars" && html`<${BarView} shown=${shown} />`}
    ${view === "aggregate" && html`<${AggregateView} shown=${shown} />`}
  </div>`;
}
