// The plot configuration shared by the three tabs: values, name, saving, and the body of requests.
import { toast, toastError } from "../widgets/toast.js";
import { get, post, session } from "./api.js";
import { showFolder } from "./folder.js";
import { groupKeys } from "./view_state.js";
import { param, params, setParams } from "./route.js";
import { computed, effect, signal } from "./ui.js";
import { recordStep } from "./undo.js";
import { language, t } from "./i18n.js";

const SAVE_AFTER = 600;

/** @typedef {{ name: string, values: Record<string, any>, revision: string, notes: string[] }} Configuration */

/** The shown configuration: `name`, `values` (set options), `revision`, `notes`; null until it is loaded. */
export const configuration = signal(/** @type {Configuration | null} */ (null));

/** Names of the saved configurations, and of those in the recycle bin. */
export const names = signal(/** @type {import("./answers.d.ts").ConfigNames} */ ({ names: [], deleted: [] }));

/** "" (saved), "waiting", "saving", "conflict" or "failed". */
export const saving = signal("");

/** The configuration that somebody else saved meanwhile, while it differs from this one. */
export const conflict = signal(/** @type {import("./answers.d.ts").ConfigShown | null} */ (null));

/** The configuration, for callers that know that it is loaded. */
const current = () => /** @type {Configuration} */ (configuration.peek());

/** Body of every computation: configuration, query, language; null until a configuration is loaded. */
export const requestBody = computed(() => {
  const loaded = configuration.value;
  if (!loaded) return /** @type {any} */ (null);
  // The folder is that of the address alone: the server may have refused the configuration's own (see folder.js).
  const { PLOT_LOG_PATH: _path, VIEW_NOTE: _note, ...config } = loaded.values;
  const path = param("path");
  const [keys, runs, without] = [groupKeys(), params("runs"), params("without")];
  return {
    config: { ...config, ...(path && { PLOT_LOG_PATH: path }), ...(keys.length && { DATA_MERGER: keys }) },
    where: param("q"),
    ...(runs.length && { runs }),
    ...(without.length && { without }),
    language: language.value,
  };
});

/** The value of an option, or `fallback` if it is not set. */
export const option = (name, fallback) => configuration.value?.values[name] ?? fallback;

export const isSet = (name) => configuration.value !== null && name in configuration.value.values;

/** Set some options; undefined resets one to its default. */
export function setOptions(changes) {
  const values = { ...current().values };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete values[name];
    else values[name] = value;
  }
  // Keys chosen here replace the grouping of the list and the charts.
  setValues(values, Object.keys(changes).join(" "), "DATA_MERGER" in changes && groupKeys().length ? { group: [] } : {});
}

/**
 * Replace all values of the configuration, and with them query parameters of the address; undo restores both.
 * @param {Record<string, any>} values
 * @param {string} label
 * @param {Record<string, string | string[]>} address
 */
export function setValues(values, label = "", address = {}) {
  const { name, values: before } = current();
  const addressBefore = Object.fromEntries(Object.keys(address).map((key) => [key, params(key)]));
  const put = (each, query) => {
    if (current().name !== name) return;
    configuration.value = { ...current(), values: each };
    if (Object.keys(query).length) setParams(query);
    schedule();
  };
  put(values, address);
  recordStep({ label, undo: () => put(before, addressBefore), redo: () => put(values, address) });
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function schedule() {
  saving.value = "waiting";
  clearTimeout(timer);
  timer = setTimeout(save, SAVE_AFTER);
}

let queue = Promise.resolve();

/** Save now. Saves run one after the other, since each starts from the revision that the previous one made. */
export function save(options = {}) {
  clearTimeout(timer);
  if (options.leaving) return upload(options); // there may be no time to wait
  queue = queue.catch(() => {}).then(() => upload(options)); // a failed save has set its own state
  return queue;
}

async function upload({ overwrite = false, leaving = false }) {
  const { name, values, revision } = current();
  saving.value = "saving";
  try {
    const saved = await post(`/api/v1/configs/${encodeURIComponent(name)}`, {
      config: values,
      revision: (overwrite && conflict.peek()?.revision) || revision,
    }, { quiet: true, keepalive: leaving });
    conflict.value = null;
    if (current().name === name) configuration.value = { ...current(), revision: saved.revision };
    saving.value = current().values === values ? "" : "waiting";
    if (!names.peek().names.includes(name)) names.value = { ...names.peek(), names: [...names.peek().names, name].sort() };
  } catch (error) {
    saving.value = error.status === 409 ? "conflict" : "failed";
    if (error.status !== 409) return;
    const remote = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
    if (!same(remote.config, values)) conflict.value = remote;
    else {
      saving.value = "";
      if (current().name === name) configuration.value = { ...current(), revision: remote.revision };
    }
  }
}

const same = (a, b) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

const UNSAVED = "sml-viewer.left"; // changes of a tab that were not saved when its page was left

/** Save unsaved changes when the page is left: the request may reach the server after those of the next page. */
function saveOnLeave() {
  if (!["waiting", "saving", "failed"].includes(saving.peek())) return;
  const { name, values, revision } = current();
  sessionStorage.setItem(UNSAVED, JSON.stringify({ name, values, revision }));
  save({ leaving: true });
}

/** Unsaved values that the previous page left for a configuration, if nobody has changed it since. */
function takeUnsaved({ name, revision }) {
  const unsaved = JSON.parse(sessionStorage.getItem(UNSAVED) ?? "null");
  sessionStorage.removeItem(UNSAVED);
  return unsaved?.name === name && unsaved.revision === revision ? unsaved.values : null;
}

/** Show a configuration by its name. */
export async function load(name) {
  clearTimeout(timer);
  const answer = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
  await showFolder(folderOf(answer.config));
  saving.value = "";
  conflict.value = null;
  configuration.value = { name: answer.name, values: answer.config, revision: answer.revision, notes: answer.notes };
  const unsaved = takeUnsaved(answer);
  if (unsaved && !same(unsaved, answer.config)) setValues(unsaved);
  if (answer.notes.length) toast(t("config.notes", { n: answer.notes.length, notes: answer.notes.join("; ") }));
}

/** The folder to show with a configuration. The address comes first; a folder that only the address names stays. */
function folderOf({ PLOT_LOG_PATH: configured = "" }) {
  const before = configuration.peek()?.values;
  const shown = param("path");
  if (!before) return shown || configured;
  return configured || (shown === before.PLOT_LOG_PATH ? "" : shown);
}

export async function loadNames() {
  names.value = await get("/api/v1/configs", {}, { keep: false });
}

/**
 * Run one of the server's actions on a configuration, then show the resulting one.
 * @param {import("./answers.d.ts").ConfigAction["action"]} action
 * @param {string} name
 * @param {Partial<import("./answers.d.ts").ConfigAction>} more
 */
export async function runAction(action, name, more = {}) {
  if (saving.peek() === "waiting") await save();
  const answer = await post("/api/v1/configs", { action, name, ...more });
  names.value = { names: answer.names, deleted: answer.deleted };
  const next = answer.name ?? answer.names[0] ?? "default";
  if (next === configuration.peek()?.name) await load(next);
  else setParams({ config: next === "default" ? "" : next }, { replace: false });
}

/** Put the configuration that this user opened last into the address, so that a link opens the same for everybody. */
export function openLastUsed() {
  const { config } = session.peek();
  if (config && config !== "default" && !param("config")) setParams({ config });
}

/** Load the configuration named in the address, now and after each change. Resolves when the first is loaded or has failed. */
export function startConfiguration() {
  loadNames().catch(() => {}); // Loading the configuration below reports the error.
  addEventListener("pagehide", saveOnLeave);
  /** @type {string | null} */
  let shown = null;
  /** @type {Promise<void> | null} */
  let first = null;
  effect(() => {
    const name = param("config") || "default";
    if (name === shown) return;
    shown = name;
    const loading = load(name).then(() => {
      // Best effort: only the default of the next visit depends on it.
      post(`/api/v1/configs/${encodeURIComponent(name)}/opened`, {}, { quiet: true }).catch(() => {});
    }).catch((error) => {
      toastError(error);
      if (name !== "default") setParams({ config: "" });
    });
    first ??= loading;
  });
  return first;
}
