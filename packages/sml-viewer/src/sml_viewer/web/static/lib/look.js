// What is looked at: one state for list, charts, figures, tables and the copied command. It is in the address, so a link
// shows it to another person; every change of it can be taken back.
import { params, param, route, setParams } from "./route.js";
import { effect, signal } from "./ui.js";
import { remember } from "./undo.js";

/**
 * The names in the address. `q`, `group` and `runs` hold for all tabs; the others for the charts.
 * `group`: columns whose equal values make a group; `runs`: ids of the only runs; `by`: a line per run or group;
 * `on`, `off`: lines that are shown or hidden by hand; `pin`: metrics on top; `find`: a pattern of metrics.
 */
const LISTS = ["group", "runs", "on", "off", "pin", "shut"];
const TEXTS = ["q", "sort", "by", "x", "score", "most", "logx", "logy", "robust", "find", "width", "panel"];

/**
 * Change what is looked at: values by their names in the address; "" or an empty list takes one out.
 * @param {Record<string, string | string[]>} changes
 * @param {string} what the name of the step, for undo
 */
export function setLook(changes, what = Object.keys(changes).join(" ")) {
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, LISTS.includes(name) ? params(name) : param(name)]));
  if (JSON.stringify(before) === JSON.stringify(changes)) return;
  const path = location.pathname;
  const put = (values) => {
    if (location.pathname === path) setParams(values);
  };
  put(changes);
  remember({ what, back: () => put(before), again: () => put(changes) });
}

/** What is looked at now, as an object: lists and texts by their names. */
export function look() {
  const lists = LISTS.map((name) => [name, params(name)]);
  const texts = TEXTS.map((name) => [name, param(name)]);
  return /** @type {Record<string, any>} */ (Object.fromEntries([...lists, ...texts]));
}

/** The parameters by which runs are grouped; facts such as the host group the list alone. */
export const groupKeys = () =>
  params("group").filter((key) => key.startsWith("parameter:")).map((key) => key.slice("parameter:".length));

/** Turn one item of a list in the address on or off. */
export function toggle(name, item, what = name) {
  const now = params(name);
  setLook({ [name]: now.includes(item) ? now.filter((each) => each !== item) : [...now, item] }, what);
}

/** The settings of single charts: `{ metric: { logy, robust, x, low, high } }`. */
export function panelSettings() {
  try {
    const found = JSON.parse(param("panel") || "{}");
    return /** @type {Record<string, Record<string, any>>} */ (found && typeof found === "object" ? found : {});
  } catch {
    return {}; // typed by hand
  }
}

/** Change the settings of one chart; undefined takes one out. */
export function setPanel(metric, changes) {
  const all = panelSettings();
  const own = Object.fromEntries(Object.entries({ ...all[metric], ...changes }).filter(([, value]) => value !== undefined));
  const { [metric]: _old, ...others } = all;
  const next = Object.keys(own).length ? { ...others, [metric]: own } : others;
  setLook({ panel: Object.keys(next).length ? JSON.stringify(next) : "" }, `panel ${metric}`);
}

const SELECTED = "sml-viewer.selected";

/** The ids of the runs that are marked; kept over tabs and reloads. */
export const selected = signal(new Set(/** @type {string[]} */ (read())));

function read() {
  try {
    const { path, ids } = JSON.parse(sessionStorage.getItem(SELECTED) ?? "{}");
    return path === param("path") && Array.isArray(ids) ? ids : [];
  } catch {
    return []; // storage is switched off
  }
}

let folder = param("path");
effect(() => {
  const path = route.value.query.get("path") ?? "";
  const marked = selected.value;
  // Another folder has other runs.
  if (path !== folder) {
    folder = path;
    if (marked.size) selected.value = new Set();
    return;
  }
  try {
    sessionStorage.setItem(SELECTED, JSON.stringify({ path, ids: [...marked] }));
  } catch {
    // The marks last as long as the page.
  }
});
