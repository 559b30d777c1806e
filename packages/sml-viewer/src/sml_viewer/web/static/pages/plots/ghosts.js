// Ghosts: the measured values before smoothing, thin behind the smoothed curves. They have a canvas of their own, so that
// dragging the smoothing need not repaint them.
import { theme } from "../../lib/theme.js";
import { withAlpha, themedColour } from "./styles.js";
import { stroke } from "./stroke.js";

const OPACITY = 0.3;
const layers = new WeakMap();

const shownGhosts = ({ panel, hidden }) => panel.curves.filter((curve) => curve.ghost && !hidden.has(curve.algorithm));

/** Update the ghosts on a chart's lower canvas, soon after its curves were drawn; `state` is the state of the panel. */
export function drawGhosts(u, canvas, state) {
  if (!canvas) return;
  const curves = shownGhosts(state);
  if (!layers.has(canvas)) layers.set(canvas, { ghosts: [], transform: null });
  const layer = layers.get(canvas);
  const { x, y } = u.scales;
  const transform = JSON.stringify([x.min, x.max, y.min, y.max, u.bbox, theme.value]);
  const rescaled = transform !== layer.transform;
  if (!rescaled && curves.length === layer.ghosts.length && curves.every((curve, i) => curve.ghost === layer.ghosts[i])) return;
  // After a change of the scales the old ghosts are wrong: clear them at once.
  if (rescaled) canvas.width = 0;
  Object.assign(layer, { transform, ghosts: curves.map((curve) => curve.ghost) });
  clearTimeout(layer.timer);
  layer.timer = setTimeout(() => paint(u, canvas, curves, state.styles));
}

function paint(u, canvas, curves, styles) {
  if (!canvas.isConnected) return;
  [canvas.width, canvas.height] = [u.ctx.canvas.width, u.ctx.canvas.height];
  const ctx = canvas.getContext("2d");
  const { left, top, width, height } = u.bbox;
  ctx.rect(left, top, width, height);
  ctx.clip();
  const position = (x, y) => [u.valToPos(x, "x", true), u.valToPos(y, "y", true)];
  for (const { ghost, algorithm } of curves) stroke(ctx, ghost.x, ghost.y, position, withAlpha(themedColour(styles.get(algorithm).colour), OPACITY), devicePixelRatio, () => true);
}

/** Extend the range of y by that of the ghosts in the visible range of x. */
export function withGhosts(u, state, low, high) {
  const { min, max } = u.scales.x;
  const positive = state.log.y;
  for (const { ghost } of shownGhosts(state)) {
    for (let i = 0; i < ghost.x.length; i += 1) {
      const value = ghost.y[i];
      if (ghost.x[i] < min || ghost.x[i] > max || !Number.isFinite(value) || (positive && value <= 0)) continue;
      if (!(value >= low)) low = value;
      if (!(value <= high)) high = value;
    }
  }
  return [low, high];
}
