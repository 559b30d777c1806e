// Ghosts: what was measured before smoothing, thin behind the smoothed curves. Kept as an image, for while the smoothing is
// dragged they stay as they are, and to draw them anew takes longer than a frame.
import { theme } from "../../lib/theme.js";
import { faded, ink } from "./looks.js";
import { stroke } from "./stroke.js";

const OPACITY = 0.3;
const kept = new WeakMap();

const shownGhosts = ({ panel, hidden }) => panel.curves.filter((curve) => curve.ghost && !hidden.has(curve.algorithm));

/** Draw them on a chart, before its curves. */
export function drawGhosts(u, now) {
  const curves = shownGhosts(now);
  if (!curves.length) return;
  const { ctx, bbox, scales } = u;
  const { x, y } = scales;
  const key = JSON.stringify([x.min, x.max, y.min, y.max, bbox, theme.value]);
  let layer = kept.get(u);
  if (!layer || layer.key !== key || layer.ghosts.length !== curves.length || curves.some((curve, at) => curve.ghost !== layer.ghosts[at])) {
    layer = { key, ghosts: curves.map((curve) => curve.ghost), canvas: painted(u, curves, now.looks) };
    kept.set(u, layer);
  }
  ctx.drawImage(layer.canvas, 0, 0);
}

function painted(u, curves, looks) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [u.ctx.canvas.width, u.ctx.canvas.height];
  const ctx = canvas.getContext("2d");
  const { left, top, width, height } = u.bbox;
  ctx.rect(left, top, width, height);
  ctx.clip();
  const at = (x, y) => [u.valToPos(x, "x", true), u.valToPos(y, "y", true)];
  for (const { ghost, algorithm } of curves) stroke(ctx, ghost.x, ghost.y, at, faded(ink(looks.get(algorithm).colour), OPACITY), devicePixelRatio, () => true);
  return canvas;
}

/** The extent of y with that of the ghosts in the part of x that is seen. */
export function withGhosts(u, now, low, high) {
  const { min, max } = u.scales.x;
  const positive = now.log.y;
  for (const { ghost } of shownGhosts(now)) {
    for (let at = 0; at < ghost.x.length; at += 1) {
      const value = ghost.y[at];
      if (ghost.x[at] < min || ghost.x[at] > max || !Number.isFinite(value) || (positive && value <= 0)) continue;
      if (!(value >= low)) low = value;
      if (!(value <= high)) high = value;
    }
  }
  return [low, high];
}
