// One sub-figure as a live chart: centre and band of every algorithm; drag to zoom, double click to reset.
import { TIME, axisFoot, timeTicks } from "../../lib/clock_axis.js";
import { number, tick } from "../../lib/format.js";
import { theme, token } from "../../lib/theme.js";
import { html, useLayoutEffect, useRef } from "../../lib/ui.js";
import { loadUPlot } from "../../lib/uplot.js";
import { nameText, t } from "../../lib/i18n.js";
import { columns, nearestIndex } from "./chartdata.js";
import { drawGhosts, withGhosts } from "./ghosts.js";
import { dashes, withAlpha, themedColour } from "./styles.js";
import { BROKEN, cross, stroke } from "./stroke.js";

const FONT = "system-ui, -apple-system, \"Segoe UI\", \"Noto Sans CJK SC\", sans-serif";
const TICK = 70; // pixels from one moment to the next
const SNAP = 40; // pixels within which a curve is the hovered one

/**
 * `panel` with its curves; `styles` colour and style by algorithm; `hidden` algorithms; `log` `{ x, y }`; `range` of x;
 * `seeds` single runs to draw; `onZoom(range)`, null for all; `onPoint(algorithm, x, panel)`; `onWidth(pixels)`.
 * `painter(paint)` receives a function that shows other numbers of the same curves at once: `paint(curves)`.
 */
export function Panel({ panel, several = false, styles, hidden, log, range, seeds = [], alpha = 0.2, height, sync, onZoom, onPoint, onWidth, painter }) {
  const root = useRef(null);
  const chart = useRef(null);
  const readout = useRef(null);
  const ghostCanvas = useRef(null);
  const latest = useRef(null);
  latest.current = { panel, styles, hidden, log, range, seeds, onZoom, onPoint, readout, ghostCanvas };
  const structure = JSON.stringify([panel.curves.map((curve) => [curve.algorithm, isShort(curve)]), sync, log, height, theme.value, alpha, panel.curves.map((curve) => styleOf(styles, curve))]);
  useLayoutEffect(() => {
    let disposed = false;
    const element = root.current;
    loadUPlot().then((UPlot) => {
      if (disposed) return;
      const { panel, log } = latest.current;
      chart.current = new UPlot(options(UPlot, latest, element, { alpha, height, sync }), columns(panel.curves, log), element);
      element.uplot = chart.current;
    });
    const observer = new ResizeObserver(() => {
      if (!element.clientWidth) return; // hidden; it comes back as it was
      chart.current?.setSize({ width: element.clientWidth, height });
      onWidth?.(element.clientWidth);
    });
    observer.observe(element);
    return () => {
      disposed = true;
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [structure]);
  useLayoutEffect(() => {
    if (chart.current) update(chart.current, latest.current);
  }, [panel, hidden, range, seeds]);
  useLayoutEffect(() => {
    painter?.((curves) => {
      latest.current.panel = { ...latest.current.panel, curves };
      if (chart.current) update(chart.current, latest.current);
    });
    return () => painter?.(null);
  }, [painter]);
  const title = nameText(panel.title) || panel.pair[1];
  const heading = several && panel.title ? `${title} · ${panel.pair[1]}` : title; // several metrics have charts of one title
  return html`<figure class="chart">
    <figcaption><h3 aria-level="2" title=${heading}>${heading}</h3><output ref=${readout} /></figcaption>
    <div class="layers"><canvas class="ghosts" ref=${ghostCanvas} aria-hidden="true" />
    <div class="canvas" ref=${root} role="img" aria-label=${t("chart.label", { title, y: panel.pair[1], x: panel.pair[0], n: panel.curves.length })}></div></div>
  </figure>`;
}

/** Update a chart: data, hidden curves, range of x. */
function update(u, { panel, hidden, log, range }) {
  [u.axes[0].label, u.axes[1].label] = [axisFoot(panel.pair[0], panel.curves[0]?.x[0]), panel.pair[1]];
  u.batch(() => {
    u.setData(columns(panel.curves, log), false);
    panel.curves.forEach((curve, index) => {
      const shown = !hidden.has(curve.algorithm);
      for (const each of [1, 2, 3]) {
        if (u.series[3 * index + each].show !== shown) u.setSeries(3 * index + each, { show: shown }, false);
      }
    });
    const [low, high] = range ?? ends(panel, u.data[0]);
    u.setScale("x", { min: low, max: high });
  });
}

const ends = (panel, x) => {
  const low = panel.scale.XMIN ?? x[0] ?? 0;
  const high = panel.scale.XMAX ?? x.at(-1) ?? 1;
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
};

/** Colour and dashes of a curve, which a chart takes up when it is created. */
const styleOf = (styles, curve) => {
  const { colour, dashes } = styles.get(curve.algorithm);
  return [colour, dashes];
};

// Few points are marked: a line alone would hide how few they are.
const isShort = (curve) => curve.x.length < 20;

function options(UPlot, latest, root, { alpha, height, sync }) {
  const { panel, styles, log, hidden, range } = latest.current;
  const clock = panel.pair[0] === TIME;
  const shownX = [...new Set(panel.curves.map((curve) => curve.x))];
  const [first, last] = range ?? ends(panel, [Math.min(...shownX.map((x) => x[0] ?? 0)), Math.max(...shownX.map((x) => x.at(-1) ?? 1))]);
  const axis = {
    stroke: token("--soft"),
    font: `11px ${FONT}`,
    labelFont: `500 11px ${FONT}`,
    labelSize: 18,
    grid: { stroke: token("--line"), width: 1 },
    ticks: { stroke: token("--line"), width: 1, size: 4 },
    values: (_, splits) => splits.map((each) => (each === null ? "" : tick(each))),
  };
  const series = panel.curves.flatMap((curve) => {
    const style = styles.get(curve.algorithm);
    const few = isShort(curve);
    const show = !hidden.has(curve.algorithm);
    const edge = { width: 0, points: { show: false }, label: "", show };
    return [
      { label: curve.algorithm, show, stroke: themedColour(style.colour), dash: dashes(style.dashes), width: 2, points: { show: few, size: 5, fill: themedColour(style.colour) } },
      edge,
      edge,
    ];
  });
  return {
    width: root.clientWidth || 320,
    height,
    legend: { show: false },
    padding: [6, 16, 0, 0],
    scales: {
      x: { time: false, distr: log.x && !clock ? 3 : 1, ...(log.x && !clock ? {} : { min: first, max: last }) },
      y: { distr: log.y ? 3 : 1, range: (u, low, high) => extent(UPlot, latest.current.panel, log, ...withGhosts(u, latest.current, low, high)) },
    },
    axes: [
      {
        ...axis,
        label: axisFoot(panel.pair[0], panel.curves[0]?.x[0]),
        size: 30,
        ...(clock && {
          splits: (u, _at, low, high) => timeTicks(low, high, u.bbox.width / devicePixelRatio / TICK).map(([moment]) => moment),
          values: (u, splits) => timeTicks(u.scales.x.min, u.scales.x.max, u.bbox.width / devicePixelRatio / TICK).filter(([moment]) => splits.includes(moment)).map(([, text]) => text),
        }),
      },
      { ...axis, label: panel.pair[1], size: 52 },
    ],
    series: [{}, ...series],
    bands: panel.curves.map((curve, index) => ({
      series: [3 * index + 3, 3 * index + 2],
      fill: withAlpha(themedColour(styles.get(curve.algorithm).colour), alpha),
    })),
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: sync, setSeries: false },
      points: { size: 7 },
      // The edges of a band are series too, but never the hovered curve.
      focus: { prox: SNAP, dist: (u, index, _at, value, pointer) => (index % 3 === 1 ? value - pointer : Infinity) },
      bind: { dblclick: () => () => (latest.current.onZoom?.(null), null) },
    },
    focus: { alpha: 1 },
    hooks: {
      setSelect: [(u) => applyZoom(u, latest.current)],
      setCursor: [(u) => reportPoint(u, latest.current)],
      setSeries: [(u, index, change) => "focus" in change && (u.hovered = index && index % 3 === 1 && change.focus ? (index - 1) / 3 : null)],
      draw: [(u) => drawMarks(u, latest.current), (u) => drawGhosts(u, latest.current.ghostCanvas.current, latest.current)],
    },
  };
}

function extent(UPlot, panel, log, low, high) {
  const { YMIN, YMAX } = panel.scale;
  if (log.y) {
    const [least, most] = low > 0 && Number.isFinite(low) ? [low, high] : [1, 10];
    return UPlot.rangeLog(least, most, 10, false);
  }
  const [least, most] = Number.isFinite(low) ? UPlot.rangeNum(low, high, 0.06, true) : [0, 1];
  return [YMIN ?? least, YMAX ?? most];
}

function applyZoom(u, { onZoom }) {
  const { left, width } = u.select;
  if (width > 4) onZoom?.([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function reportPoint(u, { panel, onPoint, readout, hidden }) {
  const { left, idx } = u.cursor;
  if (!readout.current) return;
  if (idx === null || idx === undefined || left < 0) {
    readout.current.textContent = "";
    if (left < 0) onPoint?.(null);
    return;
  }
  const x = u.data[0][idx];
  const curve = panel.curves[u.hovered ?? -1];
  if (u.cursor.event) onPoint?.({ algorithm: curve?.algorithm ?? null, x, panel });
  const text = curve && !hidden.has(curve.algorithm) ? `${nameText(curve.algorithm)}  ${valueAt(curve, x)}` : `${panel.pair[0]} ${tick(x)}`;
  readout.current.textContent = text;
  readout.current.title = text;
}

/** `12.3 ± 0.4 (n=5)` of a curve at the point that is nearest to x. */
export function valueAt(curve, x) {
  if (!curve.x.length) return "";
  const index = nearestIndex(curve.x, x);
  const [center, low, high] = [curve.center[index], curve.low[index], curve.high[index]];
  if (!Number.isFinite(center)) return "–";
  const symmetric = Math.abs(high - center - (center - low)) <= 1e-4 * (high - low);
  let band = "";
  if (Number.isFinite(low)) band = symmetric ? ` ± ${number((high - low) / 2, 3)}` : ` [${number(low)}, ${number(high)}]`;
  return `${number(center)}${band} (n=${curve.n[index]})`;
}

// Drawn over the curves: single runs, a thin line where seeds are missing, a cross where a run failed.
function drawMarks(u, { panel, styles, hidden, seeds }) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const at = (x, y) => [u.valToPos(x, "x", true), u.valToPos(y, "y", true)];
  for (const { x, y, algorithm } of seeds) {
    if (!hidden.has(algorithm)) stroke(ctx, x, y, at, withAlpha(themedColour(styles.get(algorithm).colour), 0.6), devicePixelRatio, () => true);
  }
  for (const curve of panel.curves) {
    if (hidden.has(curve.algorithm) || !curve.n.length) continue;
    const most = curve.n.reduce((a, b) => Math.max(a, b), 0);
    if (curve.n.some((n) => n < most)) {
      stroke(ctx, curve.x, curve.center, at, token("--surface"), devicePixelRatio * 0.9, (index) => curve.n[index] < most);
    }
  }
  ctx.restore();
  // Not clipped: a cross at the edge is shown whole.
  for (const curve of panel.curves) {
    if (hidden.has(curve.algorithm)) continue;
    for (const run of curve.unfinished) if (BROKEN.includes(run.state)) drawCross(u, curve, run, at, themedColour(styles.get(curve.algorithm).colour));
  }
}

function drawCross({ ctx, scales, bbox }, curve, run, at, colour) {
  if (run.end === null || !curve.x.length || run.end < scales.x.min || run.end > scales.x.max) return;
  const index = nearestIndex(curve.x, run.end);
  if (!Number.isFinite(curve.center[index])) return;
  const [left, top] = at(run.end, curve.center[index]);
  if (top >= bbox.top && top <= bbox.top + bbox.height) cross(ctx, left, top, colour, token("--surface"), devicePixelRatio);
}
