// Router: the address holds the state, so that a link reproduces the view.
import { signal } from "@preact/signals";

// These belong to all tabs: which data, which plot configuration, which runs in which groups.
const SHARED = ["path", "config", "q", "group", "runs"];
const lastQuery = new Map();

const read = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });

/** Where we are: `path`, and `query` as URLSearchParams. */
export const route = signal(read());

/** One value of the address; "" where it is not there. */
export const param = (name) => route.value.query.get(name) ?? "";

/** All values of a name that may be there several times. */
export const params = (name) => route.value.query.getAll(name);

/** Go to an address of this page without loading it anew. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  changed();
}

/** Change some values of the address: "" or null takes one out, a list repeats it. */
export function setParams(changes, { replace = true } = {}) {
  const query = new URLSearchParams(route.peek().query);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const each of [value].flat()) if (each !== null && each !== undefined && each !== "") query.append(name, each);
  }
  const address = withQuery(location.pathname, query);
  if (address !== location.pathname + location.search) go(address, { replace });
}

/** The address of another part: what all parts share, and what that part showed when it was left. */
export function addressOf(path, values = {}) {
  const query = new URLSearchParams(lastQuery.get(path) ?? "");
  for (const name of SHARED) {
    query.delete(name);
    for (const value of route.value.query.getAll(name)) query.append(name, value);
  }
  for (const [name, value] of Object.entries(values)) {
    query.delete(name);
    for (const each of [value].flat()) query.append(name, each);
  }
  return withQuery(path, query);
}

function withQuery(path, query) {
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

function changed() {
  const now = read();
  lastQuery.set(now.path, now.query.toString());
  route.value = now;
}

/** Follow the browser's own buttons, and take over clicks on links to `owns(path)`. */
export function startRouter(owns) {
  addEventListener("popstate", changed);
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null | undefined} */ (/** @type {Partial<Element>} */ (event.target).closest?.("a[href]"));
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const address = new URL(link.href);
    if (address.origin !== location.origin || !owns(address.pathname)) return;
    event.preventDefault();
    go(address.pathname + address.search);
    scrollTo(0, 0);
  });
  changed();
}
