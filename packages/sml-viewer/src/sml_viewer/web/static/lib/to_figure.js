// From what is looked at to a figure: its runs, groups, metrics and axes become those of 对比绘图.
import { toast } from "../widgets/toast.js";
import { option, setOptions } from "./config.js";
import { t } from "./i18n.js";
import { addressOf, go, param, params, route } from "./route.js";
import { groupKeys } from "./view_state.js";

/** The automatic x and the ranking metric of the charts that were shown last. */
let automatic = { x: "", score: "" };

/** Remember the axes that charts show unless others are chosen. */
export const rememberAxes = (axes) => (automatic = axes);

const MAX_IDS = 400; // ids that fit into an address

/**
 * Open the figure of some runs. The metrics are those that are pinned in the charts, else the one by which lines are ranked.
 * What changes in the configuration is one step of undo.
 * @param {{ runs?: string[], without?: string[] }} chosen the only runs, by default those of the address; more runs to leave out
 */
export function toFigure({ runs, without = [] }) {
  const only = runs ?? params("runs");
  const left = runs ? [] : [...new Set([...params("without"), ...without])];
  if (only.length + left.length > MAX_IDS) return void toast(t("charts.toomany", { n: MAX_IDS }));
  const view = chartsView();
  const pairs = pairsOf(view);
  const keys = groupKeys();
  const changes = { ...(pairs.length && { PLOTTING_XY: pairs }), ...(keys.length && { DATA_MERGER: keys }) };
  const changed = Object.entries(changes).some(([name, value]) => JSON.stringify(option(name, null)) !== JSON.stringify(value));
  if (changed) setOptions(changes);
  return go(addressOf("/plot", { runs: only, without: left, view: "figure", logx: view.get("logx") ?? [], logy: view.get("logy") ?? [], hide: [], only: [] }));
}

/** The view state of the charts: of this page if it has pinned metrics, else of the charts as they were left. */
function chartsView() {
  const here = route.peek().query;
  return here.has("pin") || route.peek().path === "/charts" ? here : new URL(addressOf("/charts"), location.origin).searchParams;
}

/** The pairs of columns of the pinned metrics, each over its own x; empty if the charts do not tell. */
function pairsOf(view) {
  const x = view.get("x") || automatic.x;
  const pinned = view.getAll("pin");
  const score = param("score") || automatic.score;
  const metrics = pinned.length ? pinned : route.peek().path === "/charts" && score ? [score] : [];
  return metrics.map((metric) => [ownX(view, metric) ?? x, metric]).filter(([column]) => column);
}

function ownX(view, metric) {
  try {
    return JSON.parse(view.get("panel") || "{}")?.[metric]?.x;
  } catch {
    return undefined; // typed by hand
  }
}
