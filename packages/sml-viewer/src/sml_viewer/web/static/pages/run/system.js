// Use of CPU, memory, disks, network and GPUs while the run lasted, as charts over the hours.
import { useLive } from "../../lib/api.js";
import { bytes, moment, number } from "../../lib/format.js";
import { html, useMemo } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Chart } from "../charts/chart.js";
import { Tooltip } from "../charts/tooltip.js";
import { Swatch } from "../plots/styles.js";

const EVERY = 15000;
const HEIGHT = 130;
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8C6D31", "#7A5195"];
const NONE = new Set();
// Columns that are drawn in one chart, and the name of each one's line.
const GROUPS = [
  [/^gpu(\d+)_(.+)$/, (match) => `gpu_${match[2]}`, (match) => `GPU ${match[1]}`],
  [/^(disk|net)_(read|write|received|sent)_(.+)$/, (match) => `${match[1]}_${match[3]}`, (match) => t(`system.${match[2]}`)],
];

/** `alone`: no other charts on the page show what is pointed at. */
export function System({ base, alone }) {
  const { data } = useLive(`${base}/system`, {}, { every: EVERY });
  const charts = useMemo(() => (data ? chartsOf(data) : []), [data]);
  if (!charts.length) return null;
  return html`<section class="panel system" aria-label=${t("system.title")}>
    <header><h2>${t("system.title")} <small>${charts.length}</small></h2><span class="faint">${t("system.since", { time: moment(data.start) })}</span></header>
    <div class="panelgrid" data-size="s">${charts.map((chart) => html`<${SystemChart} key=${chart.name} chart=${chart} />`)}</div>
    ${alone && html`<${Tooltip} />`}
  </section>`;
}

function SystemChart({ chart }) {
  const { name, panel, lines, peak } = chart;
  const scale = { logx: false, logy: false, robust: false, low: /celsius$/.test(name) ? undefined : 0 };
  return html`<figure class="panelchart" data-metric=${name}>
    <figcaption><h3 title=${chart.columns.join(", ")}>${panel.metric}</h3><b title=${t("system.peak")}>${amount(name, peak)}</b></figcaption>
    <${Chart} panel=${panel} lines=${lines} off=${NONE} scale=${scale} height=${HEIGHT} />
    ${lines.size > 1 && html`<p class="foot faint">${[...lines.values()].map((line) => html`<span key=${line.label}><${Swatch} colour=${line.colour} style="-" /> ${line.label} </span>`)}</p>`}
  </figure>`;
}

/** A value of a system metric with its unit, by the end of the column's name. */
export function amount(name, value) {
  if (value === null || value === undefined) return "";
  if (/bytes_per_s$/.test(name)) return `${bytes(value)}/s`;
  if (/bytes$/.test(name)) return bytes(value);
  const [unit] = [[/percent$/, "%"], [/watts$/, " W"], [/celsius$/, " °C"]].filter(([end]) => /** @type {RegExp} */ (end).test(name)).map(([, each]) => each); // prettier-ignore
  return `${number(value, 3)}${unit ?? ""}`;
}

/** A chart for each column, or for columns that are compared. */
function chartsOf({ start, curves }) {
  const groups = new Map();
  for (const curve of curves) {
    const [name, label] = groupOf(curve.name);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push({ ...curve, label });
  }
  return [...groups].map(([name, members]) => ({
    name,
    columns: members.map((curve) => curve.name),
    peak: Math.max(...members.map((curve) => curve.peak)),
    lines: new Map(members.map((curve, index) => [curve.name, { label: curve.label, colour: COLOURS[index % COLOURS.length], dashes: "-", seed: null }])),
    panel: { metric: titleOf(name), x: t("system.hours"), notes: [], curves: members.map((curve) => curveOf(curve, start)) },
  }));
}

function groupOf(name) {
  for (const [pattern, group, label] of GROUPS) {
    const match = /** @type {RegExp} */ (pattern).exec(name);
    if (match) return [/** @type {Function} */ (group)(match), /** @type {Function} */ (label)(match)];
  }
  return [name, titleOf(name)];
}

/** The words for a column, or its name. */
export function titleOf(name) {
  const words = t(`system.${name}`);
  return words === `system.${name}` ? name : words;
}

function curveOf({ name, time, values }, start) {
  const numbers = Float64Array.from(values, (each) => (each === null ? NaN : each));
  return { key: name, x: Float64Array.from(time, (each) => (each - start) / 3600), center: numbers, low: null, high: null, n: null, ghost: null, every: 1, points: values.length };
}
