// Page 对比绘图: the live and the publication figure, with all options.
import { useShortcuts } from "../../lib/keys.js";
import { param, setParams } from "../../lib/route.js";
import { requestBody, configuration } from "../../lib/config.js";
import { useCompute } from "../../lib/compute.js";
import { storedSignal } from "../../lib/local_storage.js";
import { classes, html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Segments } from "../../widgets/button.js";
import { Progress } from "../../widgets/states.js";
import { Charts } from "./charts.js";
import { Export } from "./export.js";
import { FigureView, draw } from "./figure.js";
import { OptionsForm, useOptions } from "./form.js";
import { Metric } from "./metric.js";
import { PathField } from "./folder_field.js";
import { AggregateView, BarView } from "./scores.js";

const VIEWS = ["live", "figure", "bars", "aggregate"];
const showOptions = storedSignal("plot.options", innerWidth > 860);

export default function Plot() {
  const options = useOptions();
  const view = VIEWS.includes(param("view")) ? param("view") : "live";
  const show = (name) => setParams({ view: name === "live" ? "" : name });
  const figureKind = { bars: "bar", aggregate: "aggregate" }[view] ?? (configuration.value?.values.PLOT_MODE === "BAR" ? "bar" : "plot");
  const { data: counts } = useCompute("/api/v1/counts", { limit: 0 }, { delay: 250 });
  useShortcuts([{ keys: "g", label: t("figure.draw"), act: () => (show("figure"), draw(figureKind)) }], [figureKind]);
  if (!requestBody.value || !options) return html`<${Progress} />`;
  const titles = counts?.titles.map(([title]) => title) ?? [];
  const open = showOptions.value;
  return html`<div class=${classes("plotting", { narrow: !open })}>
    <aside class="left" aria-label=${t("options")}>
      <${PathField} />
      <${Metric} counts=${counts} />
      ${open && html`<${OptionsForm} options=${options} pairs=${counts?.pairs ?? []} titles=${titles} />`}
    </aside>
    <section class="centre" aria-label=${t("plot.figure")}>
      <div class="bar">
        <${Segments} label=${t("plot.view")} value=${view} options=${VIEWS.map((name) => [name, t(`plot.${name}`)])} onChange=${show} />
        <${Button} icon="sliders" kind="plain" aria-pressed=${open} onClick=${() => (showOptions.value = !open)}>${t("options")}<//>
      </div>
      ${view === "live" && html`<${Charts} />`}
      ${view === "figure" && html`<${FigureView} figureKind=${figureKind} />`}
      ${view === "bars" && html`<${BarView} />`}
      ${view === "aggregate" && html`<${AggregateView} />`}
    </section>
    <${Export} figureKind=${figureKind} onDrawn=${() => show("figure")} />
  </div>`;
}
