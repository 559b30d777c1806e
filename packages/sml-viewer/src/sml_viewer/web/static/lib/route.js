// Router: the address holds the state, so that a link reproduces the view.
import { signal } from "@preact/signals";
import { basePath, withoutBase } from "./base_path.js";

/** Query parameters that all tabs share: data folder, saved view, runs and their grouping. */
export const SHARED = ["path", "config", "q", "group", "runs", "without", "top", "baseline", "score"];
const lastQuery = new Map();
const EDITOR = ["/param_adjust", "/table"];

/** The address under which the query of an address is kept: those that show one editor have one query. */
export const keeperOf = (path) => (EDITOR.includes(path) ? "/plot" : path);

const read = () => ({ path: withoutBase(location.pathname), query: new URLSearchParams(location.search) });

/** The current address: `path` below the base path, and `query` as URLSearchParams. */
export const route = signal(read());

/** A query parameter, "" if it is absent. */
export const param = (name) => route.value.query.get(name) ?? "";

/** All values of a repeated query parameter. */
export const params = (name) => route.value.query.getAll(name);

/** Navigate to an address of this page without reloading it. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  update();
}

/** Change query parameters: "" or null removes one, a list repeats it. */
export function setParams(changes, { replace = true } = {}) {
  const query = new URLSearchParams(route.peek().query);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const each of [value].flat()) if (each !== null && each !== undefined && each !== "") query.append(name, each);
  }
  const address = withQuery(location.pathname, query);
  if (address !== location.pathname + location.search) go(address, { replace });
}

/** The query of each address as it was left, or as it is now, by path. */
export const queries = () => new Map(lastQuery).set(keeperOf(route.value.path), route.value.query.toString());

/** Set the queries of addresses, shown or not. */
export function setQueries(byPath) {
  for (const [path, query] of byPath) lastQuery.set(path, query.toString());
  const shown = byPath.get(keeperOf(route.peek().path));
  if (shown && shown.toString() !== route.peek().query.toString()) go(withQuery(location.pathname, shown), { replace: true });
}

/** Change query parameters of an address, which is shown again if it is not. */
export function setParamsAt(path, changes) {
  const isShared = Object.keys(changes).every((name) => SHARED.includes(name));
  if (!isShared && path !== route.peek().path) go(addressOf(path));
  setParams(changes);
}

/** The address of another tab, with the base path: the shared parameters, and those that the tab had when it was left. */
export function addressOf(path, values = {}) {
  const query = new URLSearchParams(lastQuery.get(keeperOf(path)) ?? "");
  for (const name of SHARED) {
    query.delete(name);
    for (const value of route.value.query.getAll(name)) query.append(name, value);
  }
  for (const [name, value] of Object.entries(values)) {
    query.delete(name);
    for (const each of [value].flat()) query.append(name, each);
  }
  return withQuery(basePath + path, query);
}

function withQuery(path, query) {
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

function update() {
  const now = read();
  lastQuery.set(keeperOf(now.path), now.query.toString());
  route.value = now;
}

/** Follow the browser's back and forward buttons, and handle clicks on links for which `owns(path)` is true. */
export function startRouter(owns) {
  addEventListener("popstate", update);
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null | undefined} */ (/** @type {Partial<Element>} */ (event.target).closest?.("a[href]"));
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const address = new URL(link.href);
    if (address.origin !== location.origin || !owns(withoutBase(address.pathname))) return;
    event.preventDefault();
    go(address.pathname + address.search);
    scrollTo(0, 0);
  });
  update();
}
