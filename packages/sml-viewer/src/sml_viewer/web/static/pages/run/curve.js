// Large chart of one metric of one run, with zoom and values under the pointer.
import { number, sortable } from "../../lib/format.js";
import { token, theme } from "../../lib/theme.js";
import { html, useEffect, useRef } from "../../lib/ui.js";
import { loadUPlot } from "../../lib/uplot.js";
import { t } from "../../lib/i18n.js";

export function Curve({ data }) {
  const root = useRef(null);
  const chart = useRef(null);
  const latest = useRef(null);
  latest.current = columns(data);
  useEffect(() => {
    let disposed = false;
    loadUPlot().then((UPlot) => {
      if (!disposed) chart.current = new UPlot(options(data, root.current), latest.current, root.current);
    });
    return () => {
      disposed = true;
      chart.current?.destroy();
      chart.current = null;
    };
  }, [data.x, data.y, theme.value]);
  useEffect(() => chart.current?.setData(latest.current, false), [data]);
  return html`<div class="curve" ref=${root} role="img" aria-label=${t("run.curve", { y: data.y, x: data.x })}></div>
    <p class="faint">${t("rows.count", { n: data.rows })}${data.thinned ? ` · ${t("run.thinned")}` : ""}</p>`;
}

const finite = (raw) => {
  const each = sortable(raw);
  return Number.isFinite(each) ? each : null;
};

const columns = ({ points }) => [points.x.map(finite), points.y.map(finite)];

function options(data, root) {
  const axis = {
    stroke: token("--soft"),
    grid: { stroke: token("--line"), width: 1 },
    ticks: { stroke: token("--line"), width: 1 },
    values: (_, splits) => splits.map((each) => number(each)),
  };
  const series = [
    { label: data.x, value: (_, each) => number(each, 6) },
    { label: data.y, stroke: token("--accent"), width: 1.5, value: (_, each) => number(each, 6) },
  ];
  return {
    width: root.clientWidth,
    height: Math.min(420, Math.round(innerHeight * 0.5)),
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 64 }],
    series,
  };
}
