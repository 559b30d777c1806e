// The curves of the charts that can be seen, asked for together, a few charts a request, and again while the page is live.
import { ApiError, post, repeat } from "../../lib/api.js";
import { unpack } from "../../lib/array_codec.js";
import { signal } from "../../lib/ui.js";

const TOGETHER = 8; // charts a request: the first ones come at once, and the server reads their columns in one go
const AT_ONCE = 2;
const EVERY = 4000;
const POINTS = [200, 400, 800, 1600, 3200];

/** @typedef {{ panel: any, of: string, error: string | null }} Loaded */

/** What loads charts as long as a page is shown; `stop` when it is left. */
export function createLoader() {
  /** @type {Map<string, import("@preact/signals").Signal<Loaded>>} */
  const charts = new Map();
  /** @type {Map<string, { pixels: number, more: Record<string, any> }>} */
  const seen = new Map();
  const flying = new Set();
  const etags = new Map();
  /** @type {Record<string, any> | null} */
  let base = null;
  let key = "";
  let running = 0;
  let abort = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;

  const of = (metric) => {
    let found = charts.get(metric);
    if (!found) charts.set(metric, (found = signal(/** @type {Loaded} */ ({ panel: null, of: "", error: null }))));
    return found;
  };
  const keyOf = (metric) => `${key} ${JSON.stringify(seen.get(metric)?.more ?? {})}`;
  const schedule = () => {
    clearTimeout(soon);
    soon = setTimeout(pump, 0);
  };
  const pump = () => {
    if (!base) return;
    while (running < AT_ONCE) {
      const batch = next([...seen.keys()].filter((metric) => of(metric).peek().of !== keyOf(metric) && !flying.has(metric)));
      if (!batch.length) return;
      running += 1;
      const round = abort;
      batch.forEach((metric) => flying.add(metric));
      fetchThem(batch, false).finally(() => {
        running -= 1;
        if (round === abort) batch.forEach((metric) => flying.delete(metric));
        schedule();
      });
    }
  };
  /** The first charts that are asked for in the same way. */
  const next = (metrics) => {
    const more = JSON.stringify(seen.get(metrics[0])?.more);
    return metrics.filter((metric) => JSON.stringify(seen.get(metric)?.more) === more).slice(0, TOGETHER);
  };
  const fetchThem = async (batch, quiet) => {
    const asked = new Map(batch.map((metric) => [metric, keyOf(metric)]));
    const width = Math.max(...batch.map((metric) => seen.get(metric)?.pixels ?? 0));
    const points = POINTS.find((each) => each >= width) ?? POINTS[POINTS.length - 1];
    const body = { points, ...base, ...seen.get(batch[0])?.more, metrics: batch };
    const name = JSON.stringify(body);
    const { signal: stopped } = abort;
    const put = (metric, loaded) => {
      if (!stopped.aborted) of(metric).value = { ...loaded, of: asked.get(metric) ?? "" };
    };
    try {
      const answer = await post("/api/v1/charts/panels", { ...body, ...(quiet && etags.has(name) && { etag: etags.get(name) }) }, { signal: stopped, quiet });
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
      // What was there stays while the server is away.
      for (const metric of batch) put(metric, { panel: of(metric).peek().panel, error: error.status === 0 ? null : error.message });
    }
  };
  const refresh = async () => {
    if (!base || running) return;
    let left = [...seen.keys()];
    while (left.length && !running) {
      const batch = next(left);
      left = left.filter((metric) => !batch.includes(metric));
      await fetchThem(batch, true);
    }
  };
  const halt = repeat(refresh, EVERY);
  return {
    of,
    /** What the charts are asked with; what is on its way for another is given up. */
    ask(body) {
      const wanted = JSON.stringify(body);
      if (wanted === key) return;
      [base, key] = [body, wanted];
      abort.abort();
      abort = new AbortController();
      flying.clear();
      schedule();
    },
    /** A chart can be seen, so many pixels wide; `more` is what it alone is asked with. */
    see(metric, pixels, more = {}) {
      seen.set(metric, { pixels, more });
      schedule();
    },
    leave(metric) {
      seen.delete(metric);
    },
    stop() {
      halt();
      clearTimeout(soon);
      abort.abort();
    },
  };
}
