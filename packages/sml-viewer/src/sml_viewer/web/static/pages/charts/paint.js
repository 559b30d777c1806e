// Draw a chart on its canvas: bands, raw lines, lines, axes; and what follows the pointer on an overlay canvas.
import { timeTicks } from "../../lib/clock_axis.js";
import { cross, stroke } from "../plots/stroke.js";
import { extremes, makeScale, lowerBound, ticks } from "./scale.js";

const FONT = '11px system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", sans-serif';
const FEW_POINTS = 20; // up to so many points are marked: a line alone would hide how few they are
const PAD = { top: 8, right: 10, bottom: 20 };
const RING = 3.5; // pixels
const OUTLIER_SHARE = 0.02; // share of the values at each end that does not widen a robust axis

/**
 * @typedef {{ key: string, x: any, center: any, low: any, high: any, n: any, broken: number[], ghost: any, colour: string, band: string, ghostColour: string, dash: number[] }} Drawn
 * @typedef {{ curves: Drawn[], range: [number, number] | null, ends: { low?: number, high?: number }, logx: boolean, logy: boolean,
 *   clock: boolean, robust: boolean, width: number, height: number, colours: Record<string, string> }} Scene
 */

/** The scales of a scene; null if it is empty. */
export function layout(ctx, scene) {
  const { curves, range, ends, logy, width, height } = scene;
  const logx = scene.logx && !scene.clock; // decades of seconds since 1970 say nothing
  let [left, right] = range ?? curves.reduce((span, each) => extremes(each.x, 0, each.x.length, logx, span), [Infinity, -Infinity]);
  if (!(left <= right)) return null;
  if (left === right) [left, right] = logx ? [left / 2, left * 2] : [left - 0.5, right + 0.5];
  let [low, high] = scene.robust ? robustSpan(scene, left, right) : wholeSpan(scene, left, right);
  if (!(low <= high)) [low, high] = logy ? [0.1, 1] : [0, 1];
  [low, high] = [ends.low ?? low, ends.high ?? high];
  if (logy) [low, high] = low > 0 ? [low / (high / low) ** 0.04, high * (high / low) ** 0.04] : [high / 1e6, high];
  else if (!("low" in ends) || !("high" in ends)) {
    const edge = (high - low) * 0.05 || Math.abs(high) * 0.05 || 0.5;
    if (ends.low === undefined) low -= low >= 0 && low < edge ? low : edge;
    if (ends.high === undefined) high += edge;
  }
  if (!(high > low)) high = low + (Math.abs(low) || 1);
  ctx.font = FONT;
  const y = makeScale(low, high, height - PAD.bottom, PAD.top, logy);
  const yTicks = ticks(y, Math.max(2, Math.floor((height - PAD.bottom) / 42)));
  const margin = Math.ceil(Math.max(18, ...yTicks.map(([, text]) => ctx.measureText(text).width))) + 10;
  const x = makeScale(left, right, margin, width - PAD.right, logx);
  const count = Math.max(2, Math.floor((width - margin) / 66));
  const xTicks = scene.clock ? timeTicks(left, right, count) : ticks(x, count);
  return { x, y, xTicks, yTicks };
}

function wholeSpan({ curves, logy }, left, right) {
  let span = [Infinity, -Infinity];
  for (const { x, center, low, high, ghost } of curves) {
    const [from, to] = [lowerBound(x, left), lowerBound(x, right) + 1];
    for (const line of [center, low, high]) if (line) span = extremes(line, from, Math.min(to, x.length), logy, span);
    if (ghost) span = extremes(ghost.y, lowerBound(ghost.x, left), Math.min(lowerBound(ghost.x, right) + 1, ghost.x.length), logy, span);
  }
  return span;
}

function robustSpan({ curves, logy }, left, right) {
  const all = [];
  for (const { x, center } of curves) {
    for (let at = lowerBound(x, left); at < x.length && x[at] <= right; at += 1) {
      if (Number.isFinite(center[at]) && (!logy || center[at] > 0)) all.push(center[at]);
    }
  }
  all.sort((a, b) => a - b);
  const cut = Math.floor(all.length * OUTLIER_SHARE);
  return all.length ? [all[cut], all[all.length - 1 - cut]] : [Infinity, -Infinity];
}

/** Draw a whole chart; returns its scales, null for an empty one. */
export function paint(ctx, scene) {
  const { width, height, colours } = scene;
  ctx.clearRect(0, 0, width, height);
  const scales = layout(ctx, scene);
  if (!scales) return null;
  axes(ctx, scales, colours);
  clipped(ctx, scales, () => {
    for (const each of scene.curves) if (each.low) band(ctx, scales, each);
    for (const each of scene.curves) if (each.ghost) line(ctx, scales, each.ghost.x, each.ghost.y, each.ghostColour, 1, []);
    for (const each of scene.curves) line(ctx, scales, each.x, each.center, each.colour, 1.6, each.dash);
    for (const each of scene.curves) fewer(ctx, scales, each, colours.surface, 0.7);
  });
  for (const each of scene.curves) crosses(ctx, scales, each, colours.surface);
  return scales;
}

/** Mark where runs broke off; at the edge too, where a clipped mark would be half a mark. */
function crosses(ctx, { x, y }, { x: xs, center, broken, colour }, surface) {
  for (const end of broken ?? []) {
    const value = center[nearestIndex(xs, end)];
    if (end < x.low || end > x.high || !Number.isFinite(value) || (y.log && value <= 0) || (x.log && end <= 0)) continue;
    const [left, top] = [x.at(end), y.at(value)];
    if (top >= y.end - 2 && top <= y.start + 2) cross(ctx, left, top, colour, surface);
  }
}

function axes(ctx, { x, y, xTicks, yTicks }, colours) {
  ctx.font = FONT;
  ctx.lineWidth = 1;
  ctx.strokeStyle = colours.line;
  ctx.fillStyle = colours.soft;
  ctx.beginPath();
  for (const [value] of yTicks) {
    const at = Math.round(y.at(value)) + 0.5;
    ctx.moveTo(x.start, at);
    ctx.lineTo(x.end, at);
  }
  ctx.stroke();
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const [value, text] of yTicks) ctx.fillText(text, x.start - 6, y.at(value));
  ctx.textBaseline = "top";
  for (const [value, text] of xTicks) {
    const at = x.at(value);
    const half = ctx.measureText(text).width / 2;
    ctx.textAlign = at + half > x.end + PAD.right ? "right" : at - half < 0 ? "left" : "center";
    ctx.fillText(text, ctx.textAlign === "right" ? x.end + PAD.right - 1 : at, y.start + 6);
  }
  ctx.strokeStyle = colours.edge;
  ctx.beginPath();
  ctx.moveTo(x.start, y.start + 0.5);
  ctx.lineTo(x.end, y.start + 0.5);
  ctx.stroke();
}

function clipped(ctx, { x, y }, act) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x.start, y.end - 2, x.end - x.start, y.start - y.end + 4);
  ctx.clip();
  act();
  ctx.restore();
}

function line(ctx, { x, y }, xs, ys, colour, width, dash) {
  const [from, to] = [Math.max(0, lowerBound(xs, x.low) - 1), Math.min(xs.length, lowerBound(xs, x.high) + 1)];
  const few = to - from <= FEW_POINTS;
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  let joined = false;
  const dots = [];
  for (let at = from; at < to; at += 1) {
    const drawable = Number.isFinite(ys[at]) && (!y.log || ys[at] > 0) && (!x.log || xs[at] > 0);
    if (drawable) {
      const [px, py] = [x.at(xs[at]), y.at(ys[at])];
      if (joined) ctx.lineTo(px, py);
      else ctx.moveTo(px, py);
      // A single value between gaps would be invisible.
      if (few || (!joined && !Number.isFinite(ys[at + 1]))) dots.push([px, py]);
    }
    joined = drawable;
  }
  ctx.stroke();
  ctx.setLineDash([]);
  for (const [px, py] of dots) {
    ctx.beginPath();
    ctx.arc(px, py, 2.2, 0, 7);
    ctx.fill();
  }
}

/** Thin a curve where fewer of its runs have a value, and mark with a ring the last point of all of them. */
function fewer(ctx, { x, y }, { x: xs, center, n, colour }, surface, width) {
  if (!n?.length) return;
  const most = n.reduce((a, b) => Math.max(a, b), 0);
  const drawable = (index) => Number.isFinite(center[index]) && (!y.log || center[index] > 0) && (!x.log || xs[index] > 0);
  stroke(ctx, xs, center, (left, top) => [x.at(left), y.at(top)], surface, width, (index) => n[index] < most && drawable(index));
  const last = n.lastIndexOf(most);
  if (last === n.length - 1 || !drawable(last)) return;
  ctx.beginPath();
  ctx.arc(x.at(xs[last]), y.at(center[last]), RING, 0, 7);
  ctx.fillStyle = surface;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.6;
  ctx.fill();
  ctx.stroke();
}

function band(ctx, { x, y }, { x: xs, low, high, band: colour }) {
  const [from, to] = [Math.max(0, lowerBound(xs, x.low) - 1), Math.min(xs.length, lowerBound(xs, x.high) + 1)];
  const floor = (value) => (y.log && !(value > 0) ? y.start + 10 : y.at(value));
  ctx.fillStyle = colour;
  let start = -1;
  for (let at = from; at <= to; at += 1) {
    const finite = at < to && Number.isFinite(low[at]) && Number.isFinite(high[at]);
    if (finite && start < 0) start = at;
    if (finite || start < 0) continue;
    ctx.beginPath();
    for (let each = start; each < at; each += 1) ctx.lineTo(x.at(xs[each]), floor(high[each]));
    for (let each = at - 1; each >= start; each -= 1) ctx.lineTo(x.at(xs[each]), floor(low[each]));
    ctx.fill();
    start = -1;
  }
}

/**
 * @typedef {{ x?: number | null, key?: string | null, box?: number[] | null }} Overlay
 */

/** Draw what follows the pointer: a line at `x`, a dot on each curve, the hovered curve in front, the box of a drag. */
export function paintOverlay(ctx, scene, scales, /** @type {Overlay} */ { x = null, key = null, box = null }) {
  const { width, height, colours } = scene;
  ctx.clearRect(0, 0, width, height);
  if (!scales) return;
  const front = scene.curves.filter((each) => each.key === key);
  clipped(ctx, scales, () => {
    if (front.length && scene.curves.length > 1) {
      ctx.globalAlpha = 0.62;
      ctx.fillStyle = colours.surface;
      ctx.fillRect(scales.x.start, scales.y.end - 2, width, height);
      ctx.globalAlpha = 1;
      for (const each of front) {
        if (each.low) band(ctx, scales, each);
        line(ctx, scales, each.x, each.center, each.colour, 2.4, each.dash);
        fewer(ctx, scales, each, colours.surface, 1);
        crosses(ctx, scales, each, colours.surface);
      }
    }
    if (x === null) return;
    const at = Math.round(scales.x.at(x)) + 0.5;
    ctx.strokeStyle = colours.faint;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(at, scales.y.end);
    ctx.lineTo(at, scales.y.start);
    ctx.stroke();
    ctx.setLineDash([]);
    for (const each of scene.curves) {
      const index = nearestIndex(each.x, x);
      const value = each.center[index];
      if (index < 0 || !Number.isFinite(value) || (scales.y.log && value <= 0)) continue;
      ctx.fillStyle = each.colour;
      ctx.beginPath();
      ctx.arc(scales.x.at(each.x[index]), scales.y.at(value), each.key === key ? 4 : 2.6, 0, 7);
      ctx.fill();
    }
  });
  if (box) {
    ctx.fillStyle = colours.select;
    ctx.fillRect(...box);
  }
}

/** The index whose x is nearest to a value within the range of a curve, -1 outside of it. */
export function nearestIndex(xs, value) {
  if (!xs.length || value < xs[0] - (xs[1] - xs[0] || 0) || value > xs[xs.length - 1] + (xs[xs.length - 1] - xs[xs.length - 2] || 0)) return -1;
  const after = Math.min(lowerBound(xs, value), xs.length - 1);
  return after > 0 && value - xs[after - 1] < xs[after] - value ? after - 1 : after;
}
