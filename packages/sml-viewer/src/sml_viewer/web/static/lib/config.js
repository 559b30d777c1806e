// The plot configuration shared by the three tabs: values, name, saving, and the body of requests.
import { toast } from "../widgets/toast.js";
import { get, post, session } from "./api.js";
import { showFolder } from "./folder.js";
import { groupKeys } from "./look.js";
import { param, params, setParams } from "./route.js";
import { computed, effect, signal } from "./ui.js";
import { remember } from "./undo.js";
import { language, t } from "./i18n.js";

const SAVE_AFTER = 600;

/** @typedef {{ name: string, values: Record<string, any>, revision: string, notes: string[] }} Shown */

/** `name`, `values` (what is set), `revision`, `notes`; null until it was loaded. */
export const configuration = signal(/** @type {Shown | null} */ (null));

/** The names that there are, and what lies in the recycle bin. */
export const names = signal(/** @type {import("./answers.d.ts").ConfigNames} */ ({ names: [], deleted: [] }));

/** "" (kept), "waiting", "saving", "conflict" or "failed". */
export const saving = signal("");

/** The configuration as it is on the way to the server, with what somebody else saved, while the two differ. */
export const conflict = signal(/** @type {import("./answers.d.ts").ConfigShown | null} */ (null));

/** The configuration, where it is known to have been loaded. */
const current = () => /** @type {Shown} */ (configuration.peek());

/** Body of every computation: configuration, query, language; null until a configuration is loaded. */
export const requestBody = computed(() => {
  const found = configuration.value;
  if (!found) return /** @type {any} */ (null);
  // The address alone says which folder is shown: the configuration's own may be refused (see folder.js).
  const { PLOT_LOG_PATH: _kept, ...config } = found.values;
  const path = param("path");
  const [keys, runs] = [groupKeys(), params("runs")];
  return {
    config: { ...config, ...(path && { PLOT_LOG_PATH: path }), ...(keys.length && { DATA_MERGER: keys }) },
    where: param("q"),
    ...(runs.length && { runs }),
    language: language.value,
  };
});

/** The value of an option, or `otherwise` where it is not set. */
export const option = (name, otherwise) => configuration.value?.values[name] ?? otherwise;

export const isSet = (name) => configuration.value !== null && name in configuration.value.values;

/** Set some options; undefined takes one out, so that its default holds again. */
export function setOptions(changes) {
  const values = { ...current().values };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete values[name];
    else values[name] = value;
  }
  setValues(values, Object.keys(changes).join(" "));
  // What was grouped by in the list or the charts gives way to keys that are chosen here.
  if ("DATA_MERGER" in changes && groupKeys().length) setParams({ group: [] });
}

/** Take over a whole configuration's values. */
export function setValues(values, what = "") {
  const { name, values: before } = current();
  const put = (each) => {
    if (current().name !== name) return;
    configuration.value = { ...current(), values: each };
    schedule();
  };
  put(values);
  remember({ what, back: () => put(before), again: () => put(values) });
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function schedule() {
  saving.value = "waiting";
  clearTimeout(timer);
  timer = setTimeout(save, SAVE_AFTER);
}

let last = Promise.resolve();

/** Keep what is set, now; one after the other, as each begins at the revision that the one before it made. */
export function save(how = {}) {
  clearTimeout(timer);
  if (how.leaving) return keep(how); // there may be no time to wait
  last = last.catch(() => {}).then(() => keep(how)); // one that failed has said so
  return last;
}

async function keep({ anyway = false, leaving = false }) {
  const { name, values, revision } = current();
  saving.value = "saving";
  try {
    const kept = await post(`/api/v1/configs/${encodeURIComponent(name)}`, {
      config: values,
      revision: (anyway && conflict.peek()?.revision) || revision,
    }, { quiet: true, keepalive: leaving });
    conflict.value = null;
    if (current().name === name) configuration.value = { ...current(), revision: kept.revision };
    saving.value = current().values === values ? "" : "waiting";
    if (!names.peek().names.includes(name)) names.value = { ...names.peek(), names: [...names.peek().names, name].sort() };
  } catch (error) {
    saving.value = error.status === 409 ? "conflict" : "failed";
    if (error.status !== 409) return;
    const theirs = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
    if (!same(theirs.config, values)) conflict.value = theirs;
    else {
      saving.value = "";
      if (current().name === name) configuration.value = { ...current(), revision: theirs.revision };
    }
  }
}

const same = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

const LEFT = "sml-viewer.left"; // what a tab had not kept yet when its page was left

/** Keep what is not kept yet when the page is left: its request may reach the server after those of the page that follows. */
function leave() {
  if (!["waiting", "saving", "failed"].includes(saving.peek())) return;
  const { name, values, revision } = current();
  sessionStorage.setItem(LEFT, JSON.stringify({ name, values, revision }));
  save({ leaving: true });
}

/** What the page before had not kept of a configuration, if nobody has changed that since. */
function takeLeft({ name, revision }) {
  const left = JSON.parse(sessionStorage.getItem(LEFT) ?? "null");
  sessionStorage.removeItem(LEFT);
  return left?.name === name && left.revision === revision ? left.values : null;
}

/** Show a configuration by its name. */
export async function load(name) {
  clearTimeout(timer);
  const found = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
  await showFolder(folderOf(found.config));
  saving.value = "";
  conflict.value = null;
  configuration.value = { name: found.name, values: found.config, revision: found.revision, notes: found.notes };
  const left = takeLeft(found);
  if (left && !same(left, found.config)) setValues(left);
  if (found.notes.length) toast(t("config.notes", { n: found.notes.length, notes: found.notes.join("; ") }));
}

/** The folder to show with a configuration: at first the address's, later one that only the address has stays too. */
function folderOf({ PLOT_LOG_PATH: wanted = "" }) {
  const before = configuration.peek()?.values;
  const shown = param("path");
  if (!before) return shown || wanted;
  return wanted || (shown === before.PLOT_LOG_PATH ? "" : shown);
}

export async function listNames() {
  names.value = await get("/api/v1/configs", {}, { keep: false });
}

/** Do something to a configuration (see the server's actions), then show the one that it leads to. */
/**
 * @param {import("./answers.d.ts").ConfigAction["action"]} action
 * @param {string} name
 * @param {Partial<import("./answers.d.ts").ConfigAction>} more
 */
export async function act(action, name, more = {}) {
  if (saving.peek() === "waiting") await save();
  const done = await post("/api/v1/configs", { action, name, ...more });
  names.value = { names: done.names, deleted: done.deleted };
  const next = done.name ?? done.names[0] ?? "default";
  if (next === configuration.peek()?.name) await load(next);
  else setParams({ config: next === "default" ? "" : next }, { replace: false });
}

/** Name in the address what this user had open last: a link to it then opens the same for everybody. */
export function showLast() {
  const { config } = session.peek();
  if (config && config !== "default" && !param("config")) setParams({ config });
}

/** Follow the address from now on. Resolves when the first configuration and its folder are known, or cannot be. */
export function startConfiguration() {
  listNames().catch(() => {}); // Said below, of the configuration itself.
  addEventListener("pagehide", leave);
  /** @type {string | null} */
  let shown = null;
  /** @type {Promise<void> | null} */
  let first = null;
  effect(() => {
    const name = param("config") || "default";
    if (name === shown) return;
    shown = name;
    const loading = load(name).then(() => {
      // Nobody waits for it, and nothing is lost without it.
      post(`/api/v1/configs/${encodeURIComponent(name)}/opened`, {}, { quiet: true }).catch(() => {});
    }).catch((error) => {
      toast(error.message, { kind: "error" });
      if (name !== "default") setParams({ config: "" });
    });
    first ??= loading;
  });
  return first;
}
