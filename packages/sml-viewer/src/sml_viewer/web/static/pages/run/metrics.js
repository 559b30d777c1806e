// Sparklines of a run's metrics; a click opens the large chart.
import { useLive } from "../../lib/api.js";
import { number, sortable } from "../../lib/format.js";
import { html, useMemo, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { openDialog } from "../../widgets/dialog.js";
import { Failed, Progress } from "../../widgets/states.js";
import { Wall } from "../charts/wall.js";
import { Curve } from "./curve.js";

const INITIAL_METRICS = 24;

/** All metrics of a run as charts; sparklines for runs that charts leave out, such as an earlier attempt. */
export function Metrics({ run, base }) {
  const fixed = useMemo(() => ({ runs: [run.id], by: "runs", where: "hidden = *" }), [run.id]);
  if (run.superseded) return html`<${Sparklines} base=${base} />`;
  return html`<section class="panel metrics"><header><h2>${t("run.metrics")}</h2></header>
    <${Wall} fixed=${fixed} side=${false} empty=${() => html`<${Sparklines} base=${base} />`} />
  </section>`;
}

function Sparklines({ base }) {
  const { data, error, reload } = useLive(`${base}/metrics`, {}, { every: 3000 });
  const [all, setAll] = useState(false);
  if (error) return html`<section class="panel"><${Failed} error=${error} retry=${reload} /></section>`;
  if (!data) return html`<section class="panel"><${Progress} /></section>`;
  const shown = all ? data.metrics : data.metrics.slice(0, INITIAL_METRICS);
  return html`<section class="panel metrics">
    <header><h2>${t("run.metrics")} <small>${data.metrics.length}</small></h2></header>
    <div class="body">
      ${shown.map((metric) => html`<${Metric} key=${metric.name} metric=${metric} x=${data.x} base=${base} />`)}
      ${!data.metrics.length && html`<p class="faint">${t("run.nometrics")}</p>`}
    </div>
    ${data.metrics.length > INITIAL_METRICS && html`<p class="more"><button type="button" class="link" onClick=${() => setAll(!all)}>${t(all ? "less" : "run.allmetrics", { n: data.metrics.length })}</button></p>`}
  </section>`;
}

function Metric({ metric, x, base }) {
  const openLarge = () => openDialog(metric.name, Large, { base, name: metric.name, x }, { wide: true });
  return html`<button type="button" class="metric" onClick=${openLarge}>
    <span class="name" title=${metric.name}>${metric.name}</span>
    <b>${number(metric.last)}</b>
    <${Sparkline} points=${metric.points} />
    <small>${t("run.range", { low: number(metric.low), high: number(metric.high) })}</small>
  </button>`;
}

const WIDTH = 200;
const HEIGHT = 44;

/** A line through the points of a metric; gaps stay gaps. */
function Sparkline({ points }) {
  const path = sparkPath(points);
  return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
    <path d=${path} vector-effect="non-scaling-stroke" />
  </svg>`;
}

function sparkPath({ x, y }) {
  const xs = x.map(sortable);
  const ys = y.map(sortable);
  const drawable = ys.map((each, index) => Number.isFinite(each) && each !== null && Number.isFinite(xs[index]) && xs[index] !== null);
  const [left, right] = range(xs.filter((_, index) => drawable[index]));
  const [low, high] = range(ys.filter((_, index) => drawable[index]));
  const at = (index) => [
    (((xs[index] - left) / (right - left || 1)) * (WIDTH - 4) + 2).toFixed(1),
    (HEIGHT - 3 - (high > low ? (ys[index] - low) / (high - low) : 0.5) * (HEIGHT - 6)).toFixed(1),
  ];
  let path = "";
  let open = false;
  for (let index = 0; index < ys.length; index += 1) {
    if (drawable[index]) path += `${open ? "L" : "M"}${at(index).join(" ")}`;
    // A single value between gaps is a dot.
    if (drawable[index] && !open && !drawable[index + 1]) path += "h0.1";
    open = drawable[index];
  }
  return path;
}

const range = (values) => values.reduce(([low, high], each) => [Math.min(low, each), Math.max(high, each)], [Infinity, -Infinity]);

function Large({ base, name, x }) {
  const { data, error } = useLive(`${base}/series`, { y: name, x, points: 2000 }, { every: 3000 });
  if (error) return html`<${Failed} error=${error} />`;
  if (!data) return html`<${Progress} />`;
  return html`<${Curve} data=${data} />`;
}
