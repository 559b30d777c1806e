// View state shared by list, charts, figures, tables and the copied command: which runs, groups and lines are shown. It is
// held in the address, so that a link reproduces the view; every change can be undone.
import { params, param, route, setParams, setParamsAt } from "./route.js";
import { effect, signal } from "./ui.js";
import { recordStep } from "./undo.js";

/**
 * Names of query parameters. `q`, `group`, `runs` and `without` apply to all tabs; the others to the list or the charts.
 * `group`: columns whose equal values make a group; `runs`: ids to which the view is restricted; `without`: ids that are switched off;
 * `top`: ids on top of the list; `baseline`: the run or group that the list shows differences to; `by`: a line per run or group;
 * `on`, `off`: lines that are shown or hidden by hand; `pin`: metrics on top; `find`: a pattern of metrics.
 */
const LISTS = ["group", "runs", "without", "top", "on", "off", "pin", "shut"];
const TEXTS = ["q", "sort", "baseline", "by", "x", "score", "most", "logx", "logy", "robust", "find", "width", "panel"];

/**
 * Change the view state: values by query parameter; "" or an empty list removes one.
 * @param {Record<string, string | string[]>} changes
 * @param {string} label the name of the step, for undo
 */
export function setViewState(changes, label = Object.keys(changes).join(" ")) {
  const before = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, Array.isArray(value) ? params(name) : param(name)]));
  if (JSON.stringify(before) === JSON.stringify(changes)) return;
  const { path } = route.peek();
  const put = (values) => setParamsAt(path, values); // a step that is undone on another tab is shown where it was made
  setParams(changes);
  recordStep({ label, undo: () => put(before), redo: () => put(changes) });
}

/** The current view state: lists and texts by query parameter. */
export function viewState() {
  const lists = LISTS.map((name) => [name, params(name)]);
  const texts = TEXTS.map((name) => [name, param(name)]);
  return /** @type {Record<string, any>} */ (Object.fromEntries([...lists, ...texts]));
}

/** The parameters by which runs are grouped; grouping by facts, such as the host, applies to the list only. */
export const groupKeys = () =>
  params("group").filter((key) => key.startsWith("parameter:")).map((key) => key.slice("parameter:".length));

/** Add an item to a list in the address, or remove it. */
export function toggleItem(name, item, label = name) {
  const now = params(name);
  setViewState({ [name]: now.includes(item) ? now.filter((each) => each !== item) : [...now, item] }, label);
}

/** The settings of single charts: `{ metric: { logy, robust, x, low, high } }`. */
export function panelSettings() {
  try {
    const parsed = JSON.parse(param("panel") || "{}");
    return /** @type {Record<string, Record<string, any>>} */ (parsed && typeof parsed === "object" ? parsed : {});
  } catch {
    return {}; // typed by hand
  }
}

/** Change the settings of one chart; undefined removes one. */
export function setPanelSettings(metric, changes) {
  const all = panelSettings();
  const own = Object.fromEntries(Object.entries({ ...all[metric], ...changes }).filter(([, value]) => value !== undefined));
  const { [metric]: _old, ...others } = all;
  const next = Object.keys(own).length ? { ...others, [metric]: own } : others;
  setViewState({ panel: Object.keys(next).length ? JSON.stringify(next) : "" }, `panel ${metric}`);
}

const SELECTED = "sml-viewer.selected";

/** Ids of the selected runs; shared by the tabs and preserved over reloads. */
export const selected = signal(new Set(/** @type {string[]} */ (fromLink() ?? read())));

/** The selection that a copied link names, which then leaves the address; null without one. */
function fromLink() {
  const ids = params("selected");
  if (!ids.length) return null;
  setParams({ selected: [] });
  return ids;
}

function read() {
  try {
    const { path, ids } = JSON.parse(sessionStorage.getItem(SELECTED) ?? "{}");
    return path === param("path") && Array.isArray(ids) ? ids : [];
  } catch {
    return []; // storage is disabled
  }
}

let folder = param("path");
effect(() => {
  const path = route.value.query.get("path") ?? "";
  const ids = selected.value;
  // Another folder has other runs.
  if (path !== folder) {
    folder = path;
    if (ids.size) selected.value = new Set();
    return;
  }
  try {
    sessionStorage.setItem(SELECTED, JSON.stringify({ path, ids: [...ids] }));
  } catch {
    // Without storage the selection lasts as long as the page.
  }
});
