// Load the curves of visible charts in batches, and again while the page is live.
import { ApiError, post, repeat } from "../../lib/api.js";
import { unpack } from "../../lib/array_codec.js";
import { signal } from "../../lib/ui.js";

const BATCH = 6; // charts per request: the first ones arrive soon, and the server reads their columns together
const CONCURRENT = 2; // requests
const EVERY = 4000; // milliseconds
const POINTS = [200, 400, 800, 1600, 3200];

/** @typedef {{ panel: any, key: string, error: string | null }} Loaded */

/** A loader for the charts of a page; call `stop` when the page is left. */
export function createLoader() {
  /** @type {Map<string, import("@preact/signals").Signal<Loaded>>} */
  const charts = new Map();
  /** @type {Map<string, { pixels: number, extra: Record<string, any>, inSight: boolean }>} */
  const visible = new Map();
  const pending = new Set();
  const etags = new Map();
  /** @type {Record<string, any> | null} */
  let base = null;
  let key = "";
  let running = 0;
  let abort = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const chartOf = (metric) => {
    let chart = charts.get(metric);
    if (!chart) charts.set(metric, (chart = signal(/** @type {Loaded} */ ({ panel: null, key: "", error: null }))));
    return chart;
  };
  const keyOf = (metric) => `${key} ${JSON.stringify(visible.get(metric)?.extra ?? {})}`;
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(pump, 0);
  };
  const pump = () => {
    if (!base) return;
    while (running < CONCURRENT) {
      const batch = next([...visible.keys()].filter((metric) => chartOf(metric).peek().key !== keyOf(metric) && !pending.has(metric)));
      if (!batch.length) return;
      running += 1;
      const round = abort;
      batch.forEach((metric) => pending.add(metric));
      fetchBatch(batch, false).finally(() => {
        running -= 1;
        if (round === abort) batch.forEach((metric) => pending.delete(metric));
        schedule();
      });
    }
  };
  /** The next batch: the first charts that share their extra fields, those in sight before those beyond. */
  const next = (metrics) => {
    const first = metrics.find((metric) => visible.get(metric)?.inSight) ?? metrics[0];
    const kindOf = (metric) => JSON.stringify([visible.get(metric)?.extra, visible.get(metric)?.inSight]);
    const kind = kindOf(first);
    return metrics.filter((metric) => kindOf(metric) === kind).slice(0, BATCH);
  };
  const fetchBatch = async (batch, quiet) => {
    const keys = new Map(batch.map((metric) => [metric, keyOf(metric)]));
    const width = Math.max(...batch.map((metric) => visible.get(metric)?.pixels ?? 0));
    const points = POINTS.find((each) => each >= width) ?? POINTS[POINTS.length - 1];
    const body = { points, ...base, ...visible.get(batch[0])?.extra, metrics: batch };
    const name = JSON.stringify(body);
    const { signal: abortSignal } = abort;
    const put = (metric, loaded) => {
      if (!abortSignal.aborted) chartOf(metric).value = { ...loaded, key: keys.get(metric) ?? "" };
    };
    try {
      const answer = await post("/api/v1/charts/panels", { ...body, ...(quiet && etags.has(name) && { etag: etags.get(name) }) }, { signal: abortSignal, quiet });
      if (answer === null) return;
      /** @type {any} */
      const data = answer instanceof ArrayBuffer ? unpack(answer) : answer;
      if (data.error) throw new ApiError(data.error.message, { status: 200 });
      if (etags.size > 200) etags.clear();
      etags.set(name, data.etag);
      for (const panel of data.panels) put(panel.metric, { panel, error: null });
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof ApiError)) throw error;
      // The old data stay while the server is away.
      for (const metric of batch) put(metric, { panel: chartOf(metric).peek().panel, error: error.status === 0 ? null : error.message });
    }
  };
  const refresh = async () => {
    if (!base || running) return;
    let remaining = [...visible.keys()];
    while (remaining.length && !running) {
      const batch = next(remaining);
      remaining = remaining.filter((metric) => !batch.includes(metric));
      await fetchBatch(batch, true);
    }
  };
  const stopPolling = repeat(refresh, EVERY);
  return {
    chartOf,
    /** Set the request of all charts; requests in flight for another one are aborted. */
    setRequest(body) {
      const nextKey = JSON.stringify(body);
      if (nextKey === key) return;
      [base, key] = [body, nextKey];
      abort.abort();
      abort = new AbortController();
      pending.clear();
      schedule();
    },
    /** Load charts that will be visible as soon as they are rendered, `pixels` wide; `extraOf(metric)` as in `show`. */
    start(metrics, pixels, extraOf) {
      for (const metric of metrics) visible.set(metric, { pixels: pixels * (devicePixelRatio || 1), extra: extraOf(metric), inSight: true });
      pump();
    },
    /** A chart is visible, `pixels` wide, or will soon be in sight; `extra` are request fields of this chart alone. */
    show(metric, pixels, extra = {}, inSight = true) {
      visible.set(metric, { pixels, extra, inSight });
      schedule();
    },
    hide(metric) {
      visible.delete(metric);
    },
    stop() {
      stopPolling();
      clearTimeout(timer);
      abort.abort();
    },
  };
}
