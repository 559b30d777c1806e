// One metric as a chart: drawn when it is visible, zoomed by dragging, with values at the pointer.
import { contextOf, useWidth } from "../../lib/canvas.js";
import { TIME, axisLabel } from "../../lib/clock_axis.js";
import { number } from "../../lib/format.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { dashes, withAlpha, themedColour } from "../plots/styles.js";
import { BarChart } from "./bars.js";
import { nearestIndex, paint, paintOverlay } from "./paint.js";
import { cursor, canvasColours, hovered, tooltip, zoom } from "./state.js";
import { valueOf } from "./values.js";

const SNAP = 28; // pixels within which a line is the hovered one
const MAX_TOOLTIP_LINES = 8; // lines in the box beside the pointer
const DRAG = 6; // pixels from which a movement is a drag

/**
 * `panel` with its curves; `lines` by key; `off` keys of hidden lines; `scale` `{ logx, logy, robust, low, high }`;
 * `onEnds({ low, high })` sets the limits of y, undefined for automatic ones.
 */
export function Chart(props) {
  return props.panel?.bars ? html`<${BarChart} ...${props} />` : html`<${LineChart} ...${props} />`;
}

function LineChart({ panel, lines, off, scale, height, onEnds }) {
  const root = useRef(null);
  const canvas = useRef(null);
  const overlay = useRef(null);
  const width = useWidth(root);
  const curves = useMemo(() => (panel?.curves ?? []).filter((each) => lines.has(each.key) && !off.has(each.key)), [panel, lines, off]);
  const zoomed = zoom.value?.column === panel?.x ? zoom.value : null;
  const colours = canvasColours.value;
  const scene = useMemo(
    () => ({ curves: curves.map((each) => styled(each, lines.get(each.key))), range: zoomed && /** @type {[number, number]} */ ([zoomed.low, zoomed.high]), ends: endsOf(scale), logx: scale.logx, logy: scale.logy, clock: panel?.x === TIME, robust: scale.robust, width, height, colours }),
    [curves, lines, panel?.x, zoomed, JSON.stringify(scale), width, height, colours],
  );
  const latest = useRef(null);
  latest.current = { ...latest.current, scene, panel, lines, onEnds };
  useLayoutEffect(() => {
    if (!width) return;
    latest.current.scales = paint(contextOf(canvas.current, width, height), scene);
    redrawOverlay();
  }, [scene]);
  const redrawOverlay = () => {
    if (!overlay.current || !latest.current.scene.width) return;
    const { scene, panel, box, isMarked } = latest.current;
    const at = cursor.peek();
    const x = at && at.column === panel?.x ? at.x : null;
    const marks = x !== null || hovered.peek() !== null || Boolean(box);
    // An overlay without anything on it needs no canvas of its size.
    if (!marks && !isMarked) return;
    latest.current.isMarked = marks;
    paintOverlay(contextOf(overlay.current, scene.width, scene.height), scene, latest.current.scales, { x, key: hovered.peek(), box });
  };
  latest.current.redraw = redrawOverlay;
  useEffect(() => {
    const redraw = () => latest.current.redraw();
    const unsubscribes = [cursor.subscribe(redraw), hovered.subscribe(redraw)];
    return () => unsubscribes.forEach((stop) => stop());
  }, []);
  const pointerHandlers = useMemo(() => createHandlers(latest, overlay), []);
  return html`<div class="paint" ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${description(panel, curves, lines)}>
    <canvas ref=${canvas} aria-hidden="true"></canvas><canvas class="over" ref=${overlay} aria-hidden="true" ...${pointerHandlers}></canvas>
  </div>`;
}

const endsOf = ({ low, high }) => ({ ...(low !== undefined && { low }), ...(high !== undefined && { high }) });

function styled(curve, line) {
  const colour = themedColour(line.colour);
  return { ...curve, colour, band: withAlpha(colour, 0.16), ghostColour: withAlpha(colour, 0.28), dash: dashes(line.dashes) };
}

/** The description for screen readers: how many lines, and their last values. */
function description(panel, curves, lines) {
  if (!panel) return "";
  const ends = curves.slice(0, 12).map((each) => `${lines.get(each.key).label} ${number(each.center[each.center.length - 1])}`);
  return t("charts.spoken", { y: panel.metric, x: axisLabel(panel.x), n: curves.length, ends: ends.join("; ") });
}

function createHandlers(latest, overlay) {
  let start = /** @type {[number, number] | null} */ (null);
  /** @returns {[number, number]} */
  const at = (event) => {
    const box = overlay.current.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const onLeave = () => {
    if (start) return;
    cursor.value = hovered.value = tooltip.value = null;
  };
  const move = (event) => {
    const { scales, scene, panel, lines } = latest.current;
    if (!scales || !overlay.current) return;
    const [px, py] = at(event);
    if (start && event.buttons) {
      latest.current.box = boxOf(start, [px, py], scales);
      tooltip.value = null;
      latest.current.redraw();
      return;
    }
    const pointed = scales.x.invert(Math.max(scales.x.start, Math.min(scales.x.end, px)));
    const near = nearby(scene, scales, pointed, py);
    const x = near.length ? near[0].curve.x[near[0].index] : pointed; // the values shown are those of this point
    cursor.value = { x, column: panel.x, metric: panel.metric };
    hovered.value = near[0]?.distance <= SNAP ? near[0].key : null;
    tooltip.value = near.length ? tooltipOf(event, near, x, panel, lines, hovered.peek()) : null;
  };
  const down = (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    overlay.current.setPointerCapture(event.pointerId);
    start = at(event);
  };
  const up = (event) => {
    if (!start) return;
    const [from, to] = [start, at(event)];
    const { scales, panel, onEnds } = latest.current;
    start = latest.current.box = null;
    cursor.value = hovered.value = null;
    if (scales) applyDrag(from, to, scales, panel, onEnds);
    latest.current.redraw();
  };
  const resetZoom = () => {
    zoom.value = null;
    latest.current.onEnds?.({ low: undefined, high: undefined });
  };
  return { onPointerMove: move, onPointerDown: down, onPointerUp: up, onPointerCancel: () => ((start = latest.current.box = null), onLeave()), onPointerLeave: onLeave, onDblClick: resetZoom };
}

/** The rectangle of a drag: an interval of x, of y, or both. */
function boxOf([left, top], [right, bottom], { x, y }) {
  const [wide, tall] = [Math.abs(right - left) > DRAG, Math.abs(bottom - top) > 4 * DRAG];
  const [a, b] = wide || !tall ? [Math.min(left, right), Math.max(left, right)] : [x.start, x.end];
  const [c, d] = tall ? [Math.min(top, bottom), Math.max(top, bottom)] : [y.end, y.start];
  return [Math.max(a, x.start), c, Math.min(b, x.end) - Math.max(a, x.start), d - c];
}

function applyDrag(from, to, { x, y }, panel, onEnds) {
  const [wide, tall] = [Math.abs(to[0] - from[0]) > DRAG, Math.abs(to[1] - from[1]) > 4 * DRAG];
  if (wide) {
    const [low, high] = [from[0], to[0]].sort((a, b) => a - b).map((pixel) => x.invert(Math.max(x.start, Math.min(x.end, pixel))));
    if (high > low) zoom.value = { low, high, column: panel.x };
  }
  if (tall && onEnds) {
    const [high, low] = [from[1], to[1]].sort((a, b) => a - b).map((pixel) => Number(y.invert(Math.max(y.end, Math.min(y.start, pixel))).toPrecision(5)));
    onEnds({ low, high });
  }
}

/** The curves at x, the nearest to the pointer first. */
function nearby({ curves }, { y }, x, py) {
  const points = [];
  for (const curve of curves) {
    const index = nearestIndex(curve.x, x);
    const value = index < 0 ? NaN : curve.center[index];
    if (Number.isFinite(value)) points.push({ key: curve.key, curve, index, value, distance: Math.abs(y.at(value) - py) || 0 });
  }
  return points.sort((a, b) => a.distance - b.distance);
}

function tooltipOf(event, near, x, panel, lines, key) {
  const rows = near.slice(0, MAX_TOOLTIP_LINES).sort((a, b) => b.value - a.value);
  return {
    left: event.clientX, top: event.clientY, x, column: panel.x, metric: panel.metric, more: near.length - rows.length,
    rows: rows.map(({ key: each, curve, index }) => ({ key: each, line: lines.get(each), strong: each === key, ...valueOf(curve, index) })),
  }; // prettier-ignore
}
