// What the addresses of the tabs hold of a view: saved with the options of its configuration, as VIEW_STATE.
import { SHARED, keeperOf, queries, route, setQueries } from "./route.js";

/** Parameters of all tabs, by the key "", and of single tabs. Others, such as the open file, are not part of a view. */
const PARTS = {
  "": SHARED.filter((name) => name !== "path" && name !== "config"),
  "/charts": ["by", "x", "most", "logx", "logy", "robust", "find", "width", "panel", "on", "off", "pin", "shut"],
  "/experiment": ["sort", "column", "show"],
  "/plot": ["logx", "logy", "hide", "only"],
  "/hyperparameters": ["x", "colour", "title", "axes", "brush", "sort"],
};
const TABS = Object.keys(PARTS).filter(Boolean);

/** The parameters of a part, in a fixed order and without empty ones, as a query string. */
function part(key, query) {
  return new URLSearchParams(PARTS[key].flatMap((name) => query.getAll(name).filter(Boolean).map((value) => [name, value]))).toString();
}

const namesAt = (path) => [...PARTS[""], ...(PARTS[keeperOf(path)] ?? [])];

/** Whether the shown address names anything of a view, or brings changes with it. */
export const addressHasView = () => [...namesAt(route.peek().path), "draft"].some((name) => route.peek().query.has(name));

/** The state of all tabs: query strings by tab, "" for what they share; nothing of tabs in their initial state. */
export function tabViews() {
  const all = queries();
  const entries = TABS.map((tab) => [tab, part(tab, new URLSearchParams(all.get(tab) ?? ""))]);
  return Object.fromEntries([["", part("", route.value.query)], ...entries].filter(([, query]) => query));
}

/**
 * Put all tabs into a state; those that it lacks into their initial one.
 * @param {Record<string, string>} views
 */
export function showTabViews(views) {
  const all = queries();
  const path = keeperOf(route.peek().path);
  setQueries(new Map([...new Set([...TABS, path])].map((tab) => {
    const query = new URLSearchParams(all.get(tab) ?? "");
    for (const name of namesAt(tab)) query.delete(name);
    for (const key of ["", tab].filter((each) => each in PARTS)) {
      for (const [name, value] of new URLSearchParams(part(key, new URLSearchParams(views[key] ?? "")))) query.append(name, value);
    }
    return [tab, query];
  })));
}

/** The state with the shown address as it is. */
export function withAddress(views) {
  const { path: address, query } = route.peek();
  const path = keeperOf(address);
  return { ...views, "": part("", query), ...(path in PARTS && { [path]: part(path, query) }) };
}

/** The changes that remove a view from the shown address. */
export const withoutView = () => Object.fromEntries(namesAt(route.peek().path).map((name) => [name, ""]));
