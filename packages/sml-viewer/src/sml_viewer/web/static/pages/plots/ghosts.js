// Ghosts: what was measured before smoothing, thin behind the smoothed curves. They have a canvas of their own: while the
// smoothing is dragged they stay as they are, and the curves need not wait until they are painted.
import { theme } from "../../lib/theme.js";
import { faded, ink } from "./styles.js";
import { stroke } from "./stroke.js";

const OPACITY = 0.3;
const layers = new WeakMap();

const shownGhosts = ({ panel, hidden }) => panel.curves.filter((curve) => curve.ghost && !hidden.has(curve.algorithm));

/** Bring the ghosts on a chart's lower canvas up to date, soon after its curves were drawn; `now` is what it shows. */
export function drawGhosts(u, canvas, now) {
  if (!canvas) return;
  const curves = shownGhosts(now);
  if (!layers.has(canvas)) layers.set(canvas, { ghosts: [], place: null });
  const layer = layers.get(canvas);
  const { x, y } = u.scales;
  const place = JSON.stringify([x.min, x.max, y.min, y.max, u.bbox, theme.value]);
  const moved = place !== layer.place;
  if (!moved && curves.length === layer.ghosts.length && curves.every((curve, at) => curve.ghost === layer.ghosts[at])) return;
  // Where they do not belong any more they are gone at once.
  if (moved) canvas.width = 0;
  Object.assign(layer, { place, ghosts: curves.map((curve) => curve.ghost) });
  clearTimeout(layer.timer);
  layer.timer = setTimeout(() => paint(u, canvas, curves, now.looks));
}

function paint(u, canvas, curves, looks) {
  if (!canvas.isConnected) return;
  [canvas.width, canvas.height] = [u.ctx.canvas.width, u.ctx.canvas.height];
  const ctx = canvas.getContext("2d");
  const { left, top, width, height } = u.bbox;
  ctx.rect(left, top, width, height);
  ctx.clip();
  const at = (x, y) => [u.valToPos(x, "x", true), u.valToPos(y, "y", true)];
  for (const { ghost, algorithm } of curves) stroke(ctx, ghost.x, ghost.y, at, faded(ink(looks.get(algorithm).colour), OPACITY), devicePixelRatio, () => true);
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
