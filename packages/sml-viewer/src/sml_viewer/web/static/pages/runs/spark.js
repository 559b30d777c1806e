// Small curves of the runs in sight: a few points each, requested together when scrolling rests.
import { post } from "../../lib/api.js";
import { requestBody } from "../../lib/config.js";
import { number } from "../../lib/format.js";
import { html, signal, useEffect } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { cell } from "./data.js";

const REST = 80; // milliseconds after the last change of what is in sight
const MOST_AT_ONCE = 200;
const MOST_HELD = 4000;
const [WIDTH, HEIGHT] = [104, 20];

/** @typedef {{ rows: number | null, x: number[], y: number[] }} Small */

/** @type {Map<string, Small>} */
const curves = new Map(); // metric and run -> its points, as of a number of rows
const loaded = signal(0);

const nameOf = (metric, id) => `${metric}\n${id}`;

/** Load the small curves of some rows, unless they are there and the runs have no more rows by now. */
export function useSmallCurves(table, rows, metric) {
  const ids = metric ? rows.map((row) => [cell(table, "id", row), cell(table, "rows", row)]) : [];
  const missing = ids.filter(([id, count]) => curves.get(nameOf(metric, id))?.rows !== count).slice(0, MOST_AT_ONCE);
  useEffect(() => {
    if (!missing.length) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => load(table, missing, metric, abort.signal), REST);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [missing.join(), metric]);
}

async function load(table, missing, metric, abort) {
  const { config } = requestBody.peek() ?? { config: {} };
  const path = config.PLOT_LOG_PATH;
  const body = { config: path ? { PLOT_LOG_PATH: path } : {}, ids: missing.map(([id]) => id), metric };
  try {
    const answer = await post("/api/v1/sparklines", body, { signal: abort, quiet: true });
    const byKey = new Map(answer.curves.map((curve) => [curve.key, curve]));
    if (curves.size > MOST_HELD) curves.clear();
    for (const [id, count] of missing) {
      const curve = byKey.get(cell(table, "key", table.rowOf.get(id)));
      /** @type {any[][]} */
      const points = curve ? curve.y.map((each, index) => [curve.x[index], each]) : [];
      const finite = points.filter(([, each]) => Number.isFinite(each));
      curves.set(nameOf(metric, id), { rows: count, x: finite.map(([x]) => x), y: finite.map(([, y]) => y) });
    }
    loaded.value += 1;
  } catch {
    // The next change of what is in sight requests it again.
  }
}

/** The small curve of a run, each over its own range. */
export function Spark({ id, metric }) {
  loaded.value; // drawn again when curves come
  const curve = curves.get(nameOf(metric, id));
  if (!curve?.y.length) return html`<span class="faint">${curve ? "–" : ""}</span>`;
  const [low, high] = [Math.min(...curve.y), Math.max(...curve.y)];
  return html`<svg class="small-curve" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img"
    aria-label=${t("spark.spoken", { name: metric, low: number(low), high: number(high) })}><path d=${pathOf(curve, low, high)} /></svg>`;
}

function pathOf({ x, y }, low, high) {
  const at = (index) => {
    const height = high > low ? (y[index] - low) / (high - low) : 0.5;
    return `${(2 + x[index] * (WIDTH - 4)).toFixed(1)} ${(HEIGHT - 3 - height * (HEIGHT - 6)).toFixed(1)}`;
  };
  const points = y.map((_, index) => at(index));
  return points.length > 1 ? `M${points.join("L")}` : `M${points[0]}h0.1`;
}
