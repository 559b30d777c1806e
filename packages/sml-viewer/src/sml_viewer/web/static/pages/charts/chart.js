// One metric as a chart: drawn when it is seen, zoomed by dragging, read at the pointer.
import { number } from "../../lib/format.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { dashes, faded, ink } from "../plots/styles.js";
import { nearestTo, paint, paintOver } from "./paint.js";
import { cursor, inks, pointed, tip, zoom } from "./state.js";

const NEAR = 28; // pixels from which a line is the one that is pointed at
const MOST_TOLD = 8; // lines in the box beside the pointer
const DRAG = 6; // pixels that make a drag

/**
 * `panel` with its curves; `lines` by key; `off` keys of lines that are not shown; `scale` `{ logx, logy, robust, low, high }`;
 * `onEnds({ low, high })` chooses the ends of y, undefined for automatic ones; `onWidth(pixels)`.
 */
export function Chart({ panel, lines, off, scale, height, onEnds, onWidth }) {
  const place = useRef(null);
  const canvas = useRef(null);
  const over = useRef(null);
  const [width, setWidth] = useState(0);
  const curves = useMemo(() => (panel?.curves ?? []).filter((each) => lines.has(each.key) && !off.has(each.key)), [panel, lines, off]);
  const shown = zoom.value?.column === panel?.x ? zoom.value : null;
  const ground = inks.value;
  const scene = useMemo(
    () => ({ curves: curves.map((each) => styled(each, lines.get(each.key))), range: shown && /** @type {[number, number]} */ ([shown.low, shown.high]), ends: endsOf(scale), logx: scale.logx, logy: scale.logy, robust: scale.robust, width, height, inks: ground }),
    [curves, lines, shown, JSON.stringify(scale), width, height, ground],
  );
  const now = useRef(null);
  now.current = { ...now.current, scene, panel, lines, onEnds };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      setWidth(place.current.clientWidth);
      onWidth?.(place.current.clientWidth);
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!width) return;
    now.current.scales = paint(context(canvas.current, width, height), scene);
    redrawOver();
  }, [scene]);
  const redrawOver = () => {
    if (!over.current || !now.current.scene.width) return;
    const { scene, panel, box } = now.current;
    const at = cursor.peek();
    const x = at && at.column === panel?.x ? at.x : null;
    paintOver(context(over.current, scene.width, scene.height), scene, now.current.scales, { x, key: pointed.peek(), box });
  };
  now.current.redraw = redrawOver;
  useEffect(() => {
    const again = () => now.current.redraw();
    const stops = [cursor.subscribe(again), pointed.subscribe(again)];
    return () => stops.forEach((stop) => stop());
  }, []);
  const hand = useMemo(() => handlers(now, over), []);
  return html`<div class="paint" ref=${place} style=${{ height: `${height}px` }} role="img" aria-label=${spoken(panel, curves, lines)}>
    <canvas ref=${canvas} aria-hidden="true"></canvas><canvas class="over" ref=${over} aria-hidden="true" ...${hand}></canvas>
  </div>`;
}

const endsOf = ({ low, high }) => ({ ...(low !== undefined && { low }), ...(high !== undefined && { high }) });

function styled(curve, line) {
  const colour = ink(line.colour);
  return { ...curve, colour, band: faded(colour, 0.16), ghostColour: faded(colour, 0.28), dash: dashes(line.dashes) };
}

function context(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  return ctx;
}

/** What a screen reader is told: how many lines, and where each ends. */
function spoken(panel, curves, lines) {
  if (!panel) return "";
  const ends = curves.slice(0, 12).map((each) => `${lines.get(each.key).label} ${number(each.center[each.center.length - 1])}`);
  return t("charts.spoken", { y: panel.metric, x: panel.x, n: curves.length, ends: ends.join("; ") });
}

function handlers(now, over) {
  let start = /** @type {[number, number] | null} */ (null);
  /** @returns {[number, number]} */
  const at = (event) => {
    const box = over.current.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const leave = () => {
    if (start) return;
    cursor.value = pointed.value = tip.value = null;
  };
  const move = (event) => {
    const { scales, scene, panel, lines } = now.current;
    if (!scales || !over.current) return;
    const [px, py] = at(event);
    if (start && event.buttons) {
      now.current.box = boxOf(start, [px, py], scales);
      tip.value = null;
      now.current.redraw();
      return;
    }
    const x = scales.x.back(Math.max(scales.x.start, Math.min(scales.x.end, px)));
    const near = nearby(scene, scales, x, py);
    cursor.value = { x, column: panel.x, metric: panel.metric };
    pointed.value = near[0]?.distance <= NEAR ? near[0].key : null;
    tip.value = near.length ? told(event, near, x, panel, lines, pointed.peek()) : null;
  };
  const down = (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    over.current.setPointerCapture(event.pointerId);
    start = at(event);
  };
  const up = (event) => {
    if (!start) return;
    const [from, to] = [start, at(event)];
    const { scales, panel, onEnds } = now.current;
    start = now.current.box = null;
    cursor.value = pointed.value = null;
    if (scales) take(from, to, scales, panel, onEnds);
    now.current.redraw();
  };
  const whole = () => {
    zoom.value = null;
    now.current.onEnds?.({ low: undefined, high: undefined });
  };
  return { onPointerMove: move, onPointerDown: down, onPointerUp: up, onPointerCancel: () => ((start = now.current.box = null), leave()), onPointerLeave: leave, onDblClick: whole };
}

/** The rectangle that is dragged over: a stretch of x, of y, or both. */
function boxOf([left, top], [right, bottom], { x, y }) {
  const [wide, tall] = [Math.abs(right - left) > DRAG, Math.abs(bottom - top) > 4 * DRAG];
  const [a, b] = wide || !tall ? [Math.min(left, right), Math.max(left, right)] : [x.start, x.end];
  const [c, d] = tall ? [Math.min(top, bottom), Math.max(top, bottom)] : [y.end, y.start];
  return [Math.max(a, x.start), c, Math.min(b, x.end) - Math.max(a, x.start), d - c];
}

function take(from, to, { x, y }, panel, onEnds) {
  const [wide, tall] = [Math.abs(to[0] - from[0]) > DRAG, Math.abs(to[1] - from[1]) > 4 * DRAG];
  if (wide) {
    const [low, high] = [from[0], to[0]].sort((a, b) => a - b).map((pixel) => x.back(Math.max(x.start, Math.min(x.end, pixel))));
    if (high > low) zoom.value = { low, high, column: panel.x };
  }
  if (tall && onEnds) {
    const [high, low] = [from[1], to[1]].sort((a, b) => a - b).map((pixel) => Number(y.back(Math.max(y.end, Math.min(y.start, pixel))).toPrecision(5)));
    onEnds({ low, high });
  }
}

/** The curves at x, the nearest to a height first. */
function nearby({ curves }, { y }, x, py) {
  const found = [];
  for (const curve of curves) {
    const place = nearestTo(curve.x, x);
    const value = place < 0 ? NaN : curve.center[place];
    if (Number.isFinite(value)) found.push({ key: curve.key, curve, place, value, distance: Math.abs(y.at(value) - py) || 0 });
  }
  return found.sort((one, other) => one.distance - other.distance);
}

function told(event, near, x, panel, lines, key) {
  const rows = near.slice(0, MOST_TOLD).sort((one, other) => other.value - one.value);
  return {
    left: event.clientX, top: event.clientY, x, column: panel.x, metric: panel.metric, more: near.length - rows.length,
    rows: rows.map(({ key: each, curve, place }) => ({ key: each, line: lines.get(each), strong: each === key, ...valueOf(curve, place) })),
  }; // prettier-ignore
}

/** What is written of a curve at a place: the value, its band, and how many runs it is of. */
export function valueOf({ center, low, high, n }, place) {
  const [value, below, above] = [center[place], low?.[place], high?.[place]];
  let band = "";
  if (Number.isFinite(below) && Number.isFinite(above)) {
    const even = Math.abs(above - value - (value - below)) <= 1e-4 * (above - below);
    band = even ? `± ${number((above - below) / 2, 3)}` : `[${number(below)}, ${number(above)}]`;
  }
  return { value: number(value, 5), band, n: n?.[place] ?? null };
}
