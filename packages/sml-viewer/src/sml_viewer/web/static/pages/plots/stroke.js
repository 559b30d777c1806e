// Draw a polyline with gaps on a chart's canvas.

/** `at(x, y)`: the position of a point on the canvas; `included(index)`: whether it belongs to the line. */
export function stroke(ctx, x, y, at, colour, width, included) {
  ctx.beginPath();
  let joined = false;
  for (let i = 0; i < x.length; i += 1) {
    if (!Number.isFinite(y[i]) || !included(i)) {
      joined = false;
      continue;
    }
    const [left, top] = at(x[i], y[i]);
    if (joined) ctx.lineTo(left, top);
    else ctx.moveTo(left, top);
    joined = true;
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}

/** Draw the mark of a run that broke off; `scale` pixels of the canvas per pixel. */
export function cross(ctx, left, top, colour, surface, scale = 1) {
  const size = 4.5 * scale;
  for (const [width, ink] of [[5, surface], [2.2, colour]]) { // prettier-ignore
    ctx.beginPath();
    ctx.moveTo(left - size, top - size);
    ctx.lineTo(left + size, top + size);
    ctx.moveTo(left + size, top - size);
    ctx.lineTo(left - size, top + size);
    ctx.lineWidth = width * scale;
    ctx.strokeStyle = ink;
    ctx.stroke();
  }
}

/** The states of runs that broke off. */
export const BROKEN = ["failed", "killed", "lost"];
