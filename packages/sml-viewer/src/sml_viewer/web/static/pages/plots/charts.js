// All panels of the live figure and their shared state: zoom, hidden algorithms, single runs, smoothing.
import { post } from "../../lib/api.js";
import { unpack } from "../../lib/array_codec.js";
import { useCompute } from "../../lib/compute.js";
import { requestBody, option } from "../../lib/config.js";
import { pairKey } from "../../lib/pairs.js";
import { param } from "../../lib/route.js";
import { setViewState } from "../../lib/view_state.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Checkbox } from "../../widgets/field.js";
import { Progress } from "../../widgets/states.js";
import { Caption } from "./caption.js";
import { Unavailable } from "./pending.js";
import { withErrorToast } from "../../lib/errors.js";
import { Legend, entries } from "./legend.js";
import { AllAlgorithms, useAutomaticValues } from "./automatic.js";
import { BarView } from "./scores.js";
import { useHidden } from "./styles.js";
import { Panel } from "./panel.js";
import { keyOf, loadSeeds, smoothCurve } from "./drag_smoothing.js";
import { setSmoothing } from "../../lib/smoothing.js";
import { Smoothing } from "./smoothing.js";

// Few charts are wider, and therefore higher.
const heightOf = (count) => (count > 2 ? 230 : 320);
// One point per pixel of the widest chart: more are invisible, and cost time to draw.
const POINTS = [300, 600, 1200, 2400];
let latest = POINTS[0];
const pointsFor = (width) => POINTS.find((each) => each >= width * devicePixelRatio) ?? POINTS[POINTS.length - 1];

/** The live figure; hidden ones (not `shown`) request nothing. `delay` before a request, in milliseconds. */
export function Charts({ shown = true, delay = 0 }) {
  const [zoom, setZoom] = useState({});
  const [thinned, setThinned] = useState(false);
  const [points, setPoints] = useState(latest);
  const [low, high] = Object.values(zoom)[0] ?? [];
  // A zoom into thinned curves requests all points of its range.
  const range = thinned && low !== undefined ? { from: low, to: high } : {};
  const log = param("logx") === "1" && { log: true };
  const { data, error, busy } = useCompute("/api/v1/curves", shown ? { points, ...range, ...log } : null, { delay });
  useEffect(() => {
    if (data) setThinned((old) => old || data.panels.some((panel) => panel.curves.some((curve) => curve.every > 1)));
  }, [data]);
  if (error && !(data && busy)) return html`<${Unavailable} error=${error} />`;
  if (!data) return html`<${Progress} />`;
  if (data.bars) return html`<p class="faint">${data.bars}</p><${BarView} shown=${shown} />`;
  return html`<${Figure} data=${data} busy=${busy} zoom=${zoom} setZoom=${setZoom} onWidth=${(width) => setPoints((latest = pointsFor(width)))} />`;
}

const lineStyles = (data) => new Map(data.algorithms.map((each) => [each.name, each]));

const NONE = new Set();
const panelKey = (panel) => JSON.stringify([panel.pair, panel.group]);
// Another metric in the same slot reuses its chart, since creating one takes longer.
const slotKey = (panel, data) => JSON.stringify([data.pairs.findIndex((pair) => pairKey(pair) === pairKey(panel.pair)), panel.group]);

function Figure({ data, busy, zoom, setZoom, onWidth }) {
  const [hovered, setHovered] = useState(null);
  const [withSeeds, setWithSeeds] = useState(NONE);
  const [hidden, setHidden] = useHidden(data.algorithms.map((each) => each.name));
  const log = useMemo(() => ({ x: param("logx") === "1", y: param("logy") === "1" }), [param("logx"), param("logy")]);
  const styles = useMemo(() => lineStyles(data), [data]);
  useAutomaticValues(data);
  const seeds = useSeeds(data, withSeeds);
  const [dragTo, painters] = useSmoothing(data);
  const thinned = data.panels.some((panel) => panel.curves.some((curve) => curve.every > 1));
  const setHoveredPerFrame = useLatest(setHovered);
  return html`<div class="figure" aria-busy=${busy}>
    <div class="bar">
      <${Smoothing} data=${data} dragTo=${dragTo} />
      <${Checkbox} label=${t("chart.logx")} checked=${log.x} onChange=${(on) => setViewState({ logx: on ? "1" : "" })} />
      <${Checkbox} label=${t("chart.logy")} checked=${log.y} onChange=${(on) => setViewState({ logy: on ? "1" : "" })} />
      ${Object.keys(zoom).length > 0 && html`<${Button} icon="undo" onClick=${() => setZoom({})}>${t("chart.whole")}<//>`}
      <span class="faint">${t("chart.hint")}</span>
    </div>
    <div class="charts">
      ${data.panels.map((panel) => html`<${Panel} key=${slotKey(panel, data)} panel=${panel} several=${data.pairs.length > 1} styles=${styles} hidden=${hidden} log=${log}
        height=${heightOf(data.panels.length)} sync=${`x ${panel.pair[0]}`} alpha=${option("SHADING_ALPHA", 0.2)}
        range=${zoom[panel.pair[0]]} seeds=${seeds.get(panelKey(panel)) ?? EMPTY}
        onZoom=${(range) => setZoom(range ? { [panel.pair[0]]: range } : {})} onPoint=${setHoveredPerFrame} onWidth=${onWidth} painter=${painters(slotKey(panel, data))} />`)}
    </div>
    <${Legend} algorithms=${entries(data)} common=${data.common} hidden=${hidden} hovered=${hovered} withSeeds=${withSeeds}
      onHide=${setHidden} onSeeds=${setWithSeeds} />
    <${AllAlgorithms} reduced=${data.reduced} />
    <${Caption} caption=${data.caption} details=${data.details} />
    ${isUneven(data) && html`<p class="faint">${t("chart.union")}</p>`}
    ${thinned && html`<p class="faint">${t("chart.thinned")}</p>`}
  </div>`;
}

const EMPTY = [];

/** Whether some curve continues beyond the end of some of its runs. */
const isUneven = (data) => data.panels.some((panel) => panel.curves.some(({ n }) => n.length > 0 && n.some((each) => each !== n[0])));

/** A setter that is called at most once a frame, with the latest. */
function useLatest(set) {
  const latestValue = useRef(null);
  return useMemo(() => (/** @type {any} */ value = undefined) => {
    if (latestValue.current === null) requestAnimationFrame(() => (set(latestValue.current.value), (latestValue.current = null)));
    latestValue.current = { value };
  }, []);
}

/** The single runs of some algorithms, by panel. */
function useSeeds(data, algorithms) {
  const [runsByPanel, setRunsByPanel] = useState(new Map());
  const key = [...algorithms].join("\n");
  useEffect(() => {
    if (!algorithms.size) {
      setRunsByPanel(new Map());
      return undefined;
    }
    const abort = new AbortController();
    const load = async () => {
      const next = new Map();
      for (const pair of data.pairs) {
        for (const algorithm of algorithms) {
          const answer = await withErrorToast(() => post("/api/v1/seeds", { ...requestBody.peek(), pair, algorithm }, { signal: abort.signal, quiet: true }));
          if (!answer) return;
          for (const group of unpack(answer).groups) {
            const slot = JSON.stringify([pair, group.group]);
            const lines = group.runs.map((run) => ({ x: run.x, y: run.y, algorithm, name: run.name }));
            next.set(slot, [...(next.get(slot) ?? []), ...lines]);
          }
        }
      }
      setRunsByPanel(next);
    };
    load();
    return () => abort.abort();
  }, [key, data]);
  return runsByPanel;
}

/** Smooth in the page while the slider is dragged. Returns `dragTo(share)` and, by slot, the painter with which a chart registers. */
function useSmoothing(data) {
  const seeds = useRef(/** @type {{ key: string | null, groups: Map<string, any> | null, many?: boolean }} */ ({ key: null, groups: null }));
  const shown = useRef(data);
  const target = useRef(null); // where the slider is; null once the engine has answered
  shown.current = data;
  useLayoutEffect(() => void (target.current = null), [data]);
  const [painters, dragging] = useMemo(() => {
    const painterOf = new Map();
    const paints = new Map();
    const painter = (slot) => {
      if (!painterOf.has(slot)) painterOf.set(slot, (paint) => (paint ? paints.set(slot, paint) : paints.delete(slot)));
      return painterOf.get(slot);
    };
    const paintAll = () => {
      if (target.current === null) return;
      for (const panel of shown.current.panels) {
        const curves = panel.curves.map((curve) => {
          const group = seeds.current.groups?.get(keyOf(panel.pair, panel.group, curve.algorithm));
          return group ? smoothCurve(curve, group, target.current, option("SMOOTH_GHOST", true)) : curve;
        });
        paints.get(slotKey(panel, shown.current))?.(curves);
      }
    };
    return [painter, paintAll];
  }, []);
  const paint = useLatest(dragging);
  const dragTo = async (share) => {
    target.current = share;
    const body = requestBody.peek();
    const { SMOOTH_RADIUS, SMOOTH_WINDOW, USE_SMOOTH, ...rest } = body.config;
    const key = JSON.stringify([rest, body.where, data.panels.map((panel) => panel.curves.map((curve) => curve.points))]);
    if (seeds.current.key !== key) {
      seeds.current = { key, groups: null };
      const groups = await loadSeeds(body, data.pairs);
      if (seeds.current.key === key) seeds.current = { key, groups, many: groups === null };
    }
    // Too many numbers for the page: the server smooths at each step.
    if (seeds.current.many) setSmoothing(share);
    else if (seeds.current.groups) paint();
  };
  return [dragTo, painters];
}
