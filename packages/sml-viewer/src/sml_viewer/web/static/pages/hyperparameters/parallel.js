// Parallel coordinates: an axis per column, a line per trial. Dragging along an axis brushes a range of it.
import { classes, html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { canvasColours } from "../charts/state.js";
import { AxisHead } from "./axis.js";
import { brushBetween, isWithin, matchingRows, setBrushes } from "./brush.js";
import { FONT, clearedContext, fitted, useWidth } from "../../lib/canvas.js";
import { numericLabels, positionOf } from "./columns.js";
import { TrialTooltip } from "./tooltip.js";

const TOP = 14;
const BOTTOM = 40; // below the axes, where missing values are
const MISSING = 22; // pixels from the lower end of an axis to its missing values
const side = (width) => (width < 640 ? 56 : 96); // pixels beside the first and the last axis
const REACH = 22; // pixels from an axis within which a drag brushes it
const SNAP = 7; // pixels from a line within which it is hovered
const DRAG = 4;
const MAX_LABELS = 18;

/** `columns` to show, in order; `colourOf(row)`; `chosen` rows drawn in front, or null; `names` by row. */
export function Parallel({ columns, all, brush, colourOf, chosen, names, height }) {
  const [root, lines, overlay] = [useRef(null), useRef(null), useRef(null)];
  const width = useWidth(root);
  const [dragged, setDragged] = useState(/** @type {any} */ (null)); // { index, from, to } in pixels
  const [hover, setHover] = useState(/** @type {any} */ (null));
  const ground = canvasColours.value;
  const layout = useMemo(() => layoutOf(columns, width, height), [columns, width, height]);
  const preview = useMemo(() => (dragged ? matchingRows(all, { ...brush, ...brushOf(layout, dragged) }) : null), [dragged, layout, brush, all]);
  const front = useMemo(() => (preview ? new Set(preview) : chosen), [preview, chosen]);
  useLayoutEffect(() => {
    if (width) paintLines(clearedContext(lines.current, width, height), layout, colourOf, front, ground);
  }, [layout, colourOf, front, ground]);
  useLayoutEffect(() => {
    if (width) paintOverlay(clearedContext(overlay.current, width, height), layout, { brush, dragged, hover, colourOf, ground });
  }, [layout, brush, dragged, hover, colourOf, ground]);
  useEffect(() => setHover(null), [columns]);
  const at = (event) => {
    const box = overlay.current.getBoundingClientRect();
    return /** @type {[number, number]} */ ([event.clientX - box.left, event.clientY - box.top]);
  };
  const handlers = {
    onPointerDown: (event) => {
      const [x, y] = at(event);
      const index = axisAt(layout, x);
      if (event.button !== 0 || index < 0) return;
      overlay.current.setPointerCapture(event.pointerId);
      setHover(null);
      setDragged({ index, from: y, to: y });
    },
    onPointerMove: (event) => {
      const [x, y] = at(event);
      if (dragged) return setDragged({ ...dragged, to: y });
      const row = rowAt(layout, x, y, front);
      setHover(row < 0 ? null : { row, left: event.clientX, top: event.clientY });
    },
    onPointerUp: () => {
      if (!dragged) return;
      const { key } = columns[dragged.index];
      if (Math.abs(dragged.to - dragged.from) > DRAG) setBrushes(brushOf(layout, dragged));
      else if (brush[key]) setBrushes({ [key]: null });
      setDragged(null);
    },
    onPointerCancel: () => setDragged(null),
    onPointerLeave: () => !dragged && setHover(null),
  };
  const cursor = hover ? "pointer" : "crosshair";
  return html`<div class="parallel" style=${{ "--axes": columns.length }}>
    <div class="axisheads">${columns.map((column, index) => html`<${AxisHead} key=${column.key} column=${column} index=${index} columns=${columns} brush=${brush[column.key]} left=${layout.xs[index] ?? 0} room=${layout.room} edge=${layout.edge} />`)}</div>
    <div class=${classes("paint")} ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${t("hyper.parallel.spoken", { n: names.length, axes: columns.map((column) => column.title).join(", ") })}>
      <canvas ref=${lines} aria-hidden="true"></canvas><canvas class="over" ref=${overlay} style=${{ cursor }} aria-hidden="true" ...${handlers}></canvas>
    </div>
    ${hover && html`<${TrialTooltip} name=${names[hover.row]} row=${hover.row} columns=${columns} left=${hover.left} top=${hover.top} />`}
  </div>`;
}

/** The pixels of axes and cells: `xs` of the axes, `ys[column][row]`. */
function layoutOf(columns, width, height) {
  const [top, bottom] = [TOP, height - BOTTOM];
  const room = columns.length < 2 ? width : (width - 2 * side(width)) / (columns.length - 1);
  const xs = columns.map((_, index) => (columns.length < 2 ? width / 2 : side(width) + index * room));
  const yAt = (position) => (position === null ? bottom + MISSING : bottom + (top - bottom) * position);
  const ys = columns.map((column) => Float32Array.from(column.cells, (cell) => yAt(positionOf(column, cell))));
  return { columns, xs, ys, top, bottom, room, width, height, yAt, edge: columns.length < 2 ? width : 2 * side(width) };
}

function axisAt({ xs }, x) {
  let nearest = -1;
  xs.forEach((each, index) => {
    if (Math.abs(each - x) <= REACH && (nearest < 0 || Math.abs(each - x) < Math.abs(xs[nearest] - x))) nearest = index;
  });
  return nearest;
}

function brushOf({ columns, top, bottom }, { index, from, to }) {
  const position = (y) => (bottom - y) / (bottom - top);
  const [low, high] = [position(Math.max(from, to)), position(Math.min(from, to))];
  const column = columns[index];
  return { [column.key]: brushBetween(column, low, high, Math.max(from, to) >= bottom + MISSING - 6) };
}

/** The trial whose line is at a point, -1 if there is none; those in front come first. */
function rowAt({ xs, ys }, x, y, front) {
  const after = xs.findIndex((each) => each >= x);
  if (after < 1) return -1;
  const share = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
  let [nearest, least] = [-1, SNAP];
  for (let row = 0; row < ys[0].length; row += 1) {
    if (front && !front.has(row)) continue;
    const distance = Math.abs(ys[after - 1][row] + (ys[after][row] - ys[after - 1][row]) * share - y);
    if (distance < least) [nearest, least] = [row, distance];
  }
  return nearest;
}

function trace(context, { xs, ys }, row) {
  context.beginPath();
  xs.forEach((x, index) => context.lineTo(x, ys[index][row]));
  context.stroke();
}

function paintLines(context, layout, colourOf, front, ground) {
  const count = layout.ys[0]?.length ?? 0;
  const dense = Math.max(0.18, Math.min(0.85, 60 / Math.max(1, front ? front.size : count)));
  context.lineWidth = 1.2;
  context.lineJoin = "round";
  if (front) {
    context.globalAlpha = Math.max(0.08, Math.min(0.3, 60 / count));
    context.strokeStyle = ground.faint;
    for (let row = 0; row < count; row += 1) if (!front.has(row)) trace(context, layout, row);
  }
  context.globalAlpha = dense;
  context.lineWidth = front ? 1.6 : 1.3;
  for (let row = 0; row < count; row += 1) {
    if (front && !front.has(row)) continue;
    context.strokeStyle = colourOf(row);
    trace(context, layout, row);
  }
  context.globalAlpha = 1;
}

function paintOverlay(context, layout, { brush, dragged, hover, colourOf, ground }) {
  const { columns, xs } = layout;
  columns.forEach((column, index) => paintAxis(context, layout, column, xs[index], ground));
  columns.forEach((column, index) => {
    const current = dragged?.index === index ? brushOf(layout, dragged)[column.key] : brush[column.key];
    if (current) paintBrush(context, layout, column, index, current, ground);
  });
  if (!hover) return;
  context.lineWidth = 5;
  context.strokeStyle = ground.surface;
  trace(context, layout, hover.row);
  context.lineWidth = 2.5;
  context.strokeStyle = colourOf(hover.row);
  trace(context, layout, hover.row);
}

function paintAxis(context, { top, bottom, room, yAt }, column, x, ground) {
  context.strokeStyle = ground.edge;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, top);
  context.lineTo(Math.round(x) + 0.5, bottom);
  context.stroke();
  context.font = FONT;
  context.textAlign = "right";
  context.textBaseline = "middle";
  const most = Math.max(24, Math.min(room - 14, x - 8));
  const write = (text, y) => {
    const short = fitted(context, text, most);
    const written = context.measureText(short).width;
    context.fillStyle = ground.surface;
    context.globalAlpha = 0.85; // lines behind the text would strike it through
    context.fillRect(x - 9 - written, y - 7, written + 4, 14);
    context.globalAlpha = 1;
    context.fillStyle = ground.soft;
    context.fillText(short, x - 7, y);
    context.fillRect(x - 3, y - 0.5, 6, 1);
  };
  for (const [position, text] of labelsOf(column, bottom - top)) write(text, yAt(position));
  if (column.cells.includes(null)) write(t("hyper.novalue"), bottom + MISSING);
}

/** The labels of an axis with their positions; of many categories some. */
function labelsOf(column, size) {
  if (!column.numeric) {
    const step = Math.ceil(column.texts.length / Math.min(MAX_LABELS, Math.floor(size / 14)));
    return column.texts.flatMap((text, index) => (index % step ? [] : [[positionOf(column, index), text]]));
  }
  return numericLabels(column, 5);
}

function paintBrush(context, { xs, top, bottom, yAt }, column, index, brush, ground) {
  const x = xs[index];
  context.fillStyle = ground.select;
  context.strokeStyle = ground.edge;
  context.lineWidth = 1;
  const box = (from, to) => {
    context.fillRect(x - 9, to, 18, from - to);
    context.strokeRect(Math.round(x - 9) + 0.5, Math.round(to) + 0.5, 18, Math.round(from - to));
  };
  if (column.numeric && brush.range) {
    const [low, high] = brush.range.map((value) => yAt(Math.max(0, Math.min(1, positionOf(column, column.log && value <= 0 ? column.low : value) ?? 0))));
    box(Math.min(bottom, low) + 1, Math.max(top, high) - 1);
  }
  if (!column.numeric) column.texts.forEach((text, code) => isWithin(column, brush, code) && box(yAt(positionOf(column, code)) + 6, yAt(positionOf(column, code)) - 6));
  if (brush.missing) box(bottom + MISSING + 7, bottom + MISSING - 7);
}
