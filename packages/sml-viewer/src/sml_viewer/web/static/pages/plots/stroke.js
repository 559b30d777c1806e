// Draw a polyline with gaps on a chart's canvas.

/** `at(x, y)` is a point's place on the canvas; `wanted(place)` whether it belongs to the line. */
export function stroke(ctx, x, y, at, colour, width, wanted) {
  ctx.beginPath();
  let joined = false;
  for (let i = 0; i < x.length; i += 1) {
    if (!Number.isFinite(y[i]) || !wanted(i)) {
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
