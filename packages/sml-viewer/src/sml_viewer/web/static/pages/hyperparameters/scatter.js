// Scatter plot: the score over one parameter, a point per trial. Dragging a rectangle brushes both.
import { html, useLayoutEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { canvasColours } from "../charts/state.js";
import { brushBetween, setBrushes } from "./brush.js";
import { FONT, clearedContext, fitted, useWidth } from "../../lib/canvas.js";
import { numericLabels, positionOf } from "./columns.js";
import { TrialTooltip } from "./tooltip.js";

const PAD = { top: 12, right: 16, bottom: 26, left: 58 };
const INNER = 14; // pixels between the frame and the outer points
const GAP = 34; // room of the missing values
const RADIUS = 4;
const SNAP = 12;
const DRAG = 5;
const JITTER = 0.5; // share of the distance between two categories

/** `x` and `y` columns; `chosen` rows drawn in front, or null; `shown` further columns of the tooltip. */
export function Scatter({ x, y, colourOf, chosen, names, shown, height }) {
  const [root, points, overlay] = [useRef(null), useRef(null), useRef(null)];
  const width = useWidth(root);
  const [box, setBox] = useState(/** @type {any} */ (null));
  const [hover, setHover] = useState(/** @type {any} */ (null));
  const ground = canvasColours.value;
  const layout = useMemo(() => layoutOf(x, y, width, height), [x, y, width, height]);
  useLayoutEffect(() => {
    if (width) paint(clearedContext(points.current, width, height), layout, colourOf, chosen, ground);
  }, [layout, colourOf, chosen, ground]);
  useLayoutEffect(() => {
    if (!width) return;
    const context = clearedContext(overlay.current, width, height);
    if (box) {
      context.fillStyle = ground.select;
      context.fillRect(Math.min(box[0], box[2]), Math.min(box[1], box[3]), Math.abs(box[2] - box[0]), Math.abs(box[3] - box[1]));
    }
    if (hover) ring(context, layout, hover.row, colourOf, ground);
  }, [layout, box, hover, colourOf, ground]);
  const at = (event) => {
    const frame = overlay.current.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const handlers = {
    onPointerDown: (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      overlay.current.setPointerCapture(event.pointerId);
      setHover(null);
      setBox([...at(event), ...at(event)]);
    },
    onPointerMove: (event) => {
      const [px, py] = at(event);
      if (box) return setBox([box[0], box[1], px, py]);
      const row = rowAt(layout, px, py);
      setHover(row < 0 ? null : { row, left: event.clientX, top: event.clientY });
    },
    onPointerUp: () => {
      if (!box) return;
      const drawn = Math.abs(box[2] - box[0]) > DRAG || Math.abs(box[3] - box[1]) > DRAG;
      setBrushes(drawn ? brushesOf(layout, box) : { [x.key]: null, [y.key]: null });
      setBox(null);
    },
    onPointerCancel: () => setBox(null),
    onPointerLeave: () => !box && setHover(null),
  };
  return html`<div class="paint" ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${t("hyper.scatter.spoken", { y: y.title, x: x.title, n: names.length })}>
    <canvas ref=${points} aria-hidden="true"></canvas><canvas class="over" ref=${overlay} aria-hidden="true" ...${handlers}></canvas>
    ${hover && html`<${TrialTooltip} name=${names[hover.row]} row=${hover.row} columns=${shown} left=${hover.left} top=${hover.top} />`}
  </div>`;
}

/** The pixels of points: `xs` and `ys` by row. Missing values have a place of their own, left of and below the others. */
function layoutOf(x, y, width, height) {
  const [xGap, yGap] = [x, y].map((column) => (column.cells.includes(null) ? GAP : 0));
  const [left, right] = [PAD.left + xGap, width - PAD.right];
  const [top, bottom] = [PAD.top, height - PAD.bottom - yGap];
  const xAt = (position) => (position === null ? PAD.left + GAP / 2 : left + INNER + (right - left - 2 * INNER) * position);
  const yAt = (position) => (position === null ? height - PAD.bottom - GAP / 2 : bottom - INNER - (bottom - top - 2 * INNER) * position);
  const step = x.numeric ? 0 : Math.min(40, (right - left - 2 * INNER) / Math.max(1, x.texts.length)) * JITTER;
  const xs = Float32Array.from(x.cells, (cell, row) => xAt(positionOf(x, cell)) + (cell === null ? 0 : step * (((row * 0.618034) % 1) - 0.5)));
  const ys = Float32Array.from(y.cells, (cell) => yAt(positionOf(y, cell)));
  return { x, y, xs, ys, left, right, top, bottom, xAt, yAt, width, height };
}

function rowAt({ xs, ys }, px, py) {
  let [nearest, least] = [-1, SNAP ** 2];
  for (let row = 0; row < xs.length; row += 1) {
    const distance = (xs[row] - px) ** 2 + (ys[row] - py) ** 2;
    if (distance < least) [nearest, least] = [row, distance];
  }
  return nearest;
}

function brushesOf({ x, y, left, right, top, bottom }, [x0, y0, x1, y1]) {
  const [low, high] = [Math.min(x0, x1), Math.max(x0, x1)];
  const [upper, lower] = [Math.min(y0, y1), Math.max(y0, y1)];
  const across = (pixel) => (pixel - left - INNER) / (right - left - 2 * INNER);
  const along = (pixel) => (bottom - INNER - pixel) / (bottom - top - 2 * INNER);
  return {
    [x.key]: brushBetween(x, across(low), across(high), low < left && x.cells.includes(null)),
    [y.key]: brushBetween(y, along(lower), along(upper), lower > bottom && y.cells.includes(null)),
  };
}

function paint(context, layout, colourOf, chosen, ground) {
  const { xs, ys } = layout;
  paintAxes(context, layout, ground);
  const dot = (row) => {
    context.beginPath();
    context.arc(xs[row], ys[row], RADIUS, 0, 7);
    context.fill();
  };
  const count = xs.length;
  if (chosen) {
    context.globalAlpha = 0.25;
    context.fillStyle = ground.faint;
    for (let row = 0; row < count; row += 1) if (!chosen.has(row)) dot(row);
  }
  context.globalAlpha = count > 400 ? 0.55 : 0.85;
  for (let row = 0; row < count; row += 1) {
    if (chosen && !chosen.has(row)) continue;
    context.fillStyle = colourOf(row);
    dot(row);
  }
  context.globalAlpha = 1;
}

function ring(context, { xs, ys }, row, colourOf, ground) {
  context.beginPath();
  context.arc(xs[row], ys[row], RADIUS + 2.5, 0, 7);
  context.fillStyle = colourOf(row);
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = ground.edge;
  context.stroke();
}

function paintAxes(context, { x, y, left, right, top, bottom, xAt, yAt, width, height }, ground) {
  context.font = FONT;
  context.lineWidth = 1;
  context.strokeStyle = ground.line;
  context.fillStyle = ground.soft;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const [position, text] of labels(y, Math.floor((bottom - top) / 42))) {
    const at = Math.round(yAt(position)) + 0.5;
    context.beginPath();
    context.moveTo(left, at);
    context.lineTo(right, at);
    context.stroke();
    context.fillText(fitted(context, text, PAD.left - 10), PAD.left - 6, at);
  }
  context.textBaseline = "top";
  context.textAlign = "center";
  const room = (right - left) / Math.max(1, x.numeric ? 6 : x.texts.length);
  const step = x.numeric ? 1 : Math.ceil(28 / Math.max(1, room));
  labels(x, Math.floor((right - left) / 66)).forEach(([position, text], index) => {
    if (index % step) return;
    context.fillText(fitted(context, text, Math.max(28, room * step - 4)), xAt(position), height - PAD.bottom + 6);
  });
  context.strokeStyle = ground.edge;
  context.beginPath();
  context.moveTo(left, bottom + 0.5);
  context.lineTo(right, bottom + 0.5);
  context.stroke();
  if (x.cells.includes(null)) context.fillText(t("hyper.novalue"), xAt(null), height - PAD.bottom + 6);
  if (y.cells.includes(null)) {
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(t("hyper.novalue"), PAD.left - 6, yAt(null));
  }
}

function labels(column, count) {
  if (!column.numeric) return column.texts.map((text, index) => [positionOf(column, index), text]);
  return numericLabels(column, Math.max(2, count));
}
