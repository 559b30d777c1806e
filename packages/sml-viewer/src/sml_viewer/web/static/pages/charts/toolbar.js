// Toolbar of all charts: single runs or groups, x, smoothing, logarithmic axes, size, filter of metrics.
import { option, setOptions } from "../../lib/config.js";
import { axisLabel } from "../../lib/clock_axis.js";
import { setViewState } from "../../lib/view_state.js";
import { toFigure } from "../../lib/to_figure.js";
import { classes, html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Popover, Segments } from "../../widgets/button.js";
import { Checkbox, Select } from "../../widgets/field.js";
import { GroupBy } from "../runs/columns.js";
import { Smoothing } from "./smoothing.js";
import { zoom } from "./state.js";

/** The choices of x with their labels. */
export const axes = (columns) => columns.map((name) => /** @type {[string, string]} */ ([name, axisLabel(name)]));

// An average needs a window in x: set a default one if none is set.
const smoothBy = (kind) =>
  setOptions({ SMOOTH_KIND: kind === "mean" ? undefined : kind, ...(kind === "ema" && { USE_SMOOTH: undefined, SMOOTH_WINDOW: option("SMOOTH_WINDOW", null) ?? WINDOW }) });
const WINDOW = 0.05;

/** `data` of the charts; `view` the view state; `fixed` hides the choice of runs; `onShare` gives the charts away. */
export function Toolbar({ data, view, fixed = false, wrong, onShare }) {
  const keys = [...new Set([...data.parameters, ...data.keys])].map((name) => `parameter:${name}`);
  const [open, setOpen] = useState(false); // on a phone, where the charts come first
  const toggle = (name) => (on) => setViewState({ [name]: on ? "1" : "" }, name);
  return html`<div class="chartbar" role="toolbar" aria-label=${t("charts.toolbar")}>
    ${!fixed && html`<${Segments} label=${t("charts.by")} value=${data.by} options=${[["groups", t("charts.by.groups")], ["runs", t("charts.by.runs")]]} onChange=${(by) => setViewState({ by, on: [], off: [] }, "by")} />`}
    ${!fixed && data.by === "groups" && html`<${GroupBy} keys=${keys} chosen=${view.group} automatic=${data.keys} titleOf=${(key) => key.replace(/^parameter:/, "")} />`}
    <${Button} class="fold" icon="sliders" kind="plain" label=${t("run.settings")} aria-expanded=${open} onClick=${() => setOpen(!open)} />
    <div class=${classes("folding", { open })}>
    <${Select} label=${t("charts.x")} value=${view.x || data.x} options=${axes(data.x_columns)} onChange=${(x) => setViewState({ x: x === data.x ? "" : x }, "x")} />
    <${Smoothing} />
    <${Checkbox} label=${t("charts.logy")} checked=${view.logy === "1"} onChange=${toggle("logy")} />
    <${Popover} icon="sliders" label=${t("charts.more")} kind="plain" align="end">
      ${() => html`<div class="panelsettings">
        <${Segments} label=${t("charts.smooth.kind")} value=${option("SMOOTH_KIND", "mean")} options=${["mean", "ema"].map((each) => [each, t(`charts.smooth.${each}`)])} onChange=${smoothBy} />
        <${Checkbox} label=${t("charts.logx")} checked=${view.logx === "1"} onChange=${toggle("logx")} />
        <${Checkbox} label=${t("charts.robust")} checked=${view.robust === "1"} onChange=${toggle("robust")} />
        <${Segments} label=${t("charts.size")} value=${view.width || "m"} options=${["s", "m", "l"].map((each) => [each, t(`charts.size.${each}`)])} onChange=${(width) => setViewState({ width: width === "m" ? "" : width }, "width")} />
      </div>`}
    <//>
    ${!fixed && html`<${Button} icon="image" label=${t("figure.to.what")} onClick=${() => toFigure({ without: data.lines.filter((line) => view.off.includes(line.key)).flatMap((line) => line.ids) })}>${t("figure.to")}<//>`}
    ${onShare && html`<${Button} icon="download" label=${t("share.title")} onClick=${onShare}>${t("share")}<//>`}
    </div>
    ${zoom.value && html`<${Button} icon="undo" onClick=${() => (zoom.value = null)}>${t("charts.whole")}<//>`}
    <input class="plain-field" type="search" value=${view.find} placeholder=${t("charts.find")} aria-label=${t("charts.find")} title=${t("charts.find.what")}
      aria-invalid=${wrong ? "true" : undefined} spellcheck=${false} onInput=${(event) => setViewState({ find: event.target.value }, "find")} />
  </div>`;
}
