// Convert curves for uPlot: one common rising x, and each curve's values at its own x.

/**
 * The columns of a panel: x, then centre, lower and upper end of each curve. null is a gap; undefined marks points that only other
 * curves have. `log` leaves out values without a logarithm.
 */
export function columns(curves, log = {}) {
  const xs = [...new Set(curves.map((curve) => curve.x))];
  const x = xs.length === 1 ? Array.from(xs[0]) : union(xs);
  const indices = new Map(xs.map((each) => [each, xs.length === 1 ? null : indicesIn(each, x)]));
  const columnOf = (values, own) => {
    const mapping = indices.get(own);
    const column = new Array(x.length);
    if (mapping) column.fill(undefined);
    for (let i = 0; i < values.length; i += 1) column[mapping ? mapping[i] : i] = drawable(values[i], log.y);
    return column;
  };
  const series = curves.flatMap((curve) => [curve.center, curve.low, curve.high].map((values) => columnOf(values, curve.x)));
  if (!log.x) return [x, ...series];
  const first = x.findIndex((each) => each > 0);
  return first < 0 ? [[], ...series.map(() => [])] : [x, ...series].map((column) => column.slice(first));
}

/**
 * Indices of every `every`-th point and of the last, and between them those of the least and the largest value if they lie
 * beyond both neighbours: no spike is lost.
 */
export function withExtremes(values, every) {
  const indices = [];
  for (let start = 0; start < values.length; start += every) {
    const end = Math.min(start + every, values.length - 1);
    let [low, high] = values[start] <= values[end] ? [start, end] : [end, start];
    for (let at = start + 1; at < end; at += 1) {
      if (values[at] < values[low]) low = at;
      else if (values[at] > values[high]) high = at;
    }
    indices.push(start, ...[low, high].filter((at) => at > start && at < end).sort((a, b) => a - b));
  }
  if (indices.at(-1) !== values.length - 1) indices.push(values.length - 1);
  return indices;
}

const drawable = (value, log) => (Number.isFinite(value) && (!log || value > 0) ? value : null);

function union(xs) {
  const all = new Float64Array(xs.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of xs) {
    all.set(each, at);
    at += each.length;
  }
  all.sort();
  return Array.from(all).filter((value, index) => index === 0 || value !== all[index - 1]);
}

function indicesIn(own, x) {
  const indices = new Uint32Array(own.length);
  let at = 0;
  for (let i = 0; i < own.length; i += 1) {
    while (x[at] < own[i]) at += 1;
    indices[i] = at;
  }
  return indices;
}

/** The index of the nearest of ascending numbers to a value. */
export function nearestIndex(x, value) {
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle;
    else high = middle;
  }
  return Math.abs(x[high] - value) < Math.abs(x[low] - value) ? high : low;
}
