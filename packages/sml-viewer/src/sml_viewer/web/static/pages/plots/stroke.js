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
