// The view that the tabs share: a saved configuration and the changes to it that are not saved, its draft.
import { toast, toastError } from "../widgets/toast.js";
import { get, post, session } from "./api.js";
import { readDraft, removeDraft, writeDraft } from "./drafts.js";
import { showFolder } from "./folder.js";
import { takeLinkedChanges, withChanges } from "./linked_changes.js";
import { groupKeys } from "./view_state.js";
import { param, params, route, setParams, setParamsAt } from "./route.js";
import { addressHasView, showTabViews, tabViews, withAddress, withoutView } from "./tab_views.js";
import { batch, computed, effect, signal } from "./ui.js";
import { endStep, forgetSteps, recordStep } from "./undo.js";
import { language, t } from "./i18n.js";

/**
 * What is looked at: `values` of the set options, based on the saved `revision`; `saved` are the values and the state of the
 * tabs in the file, with its revision. `linked`: the changes came with a link.
 * @typedef {{ values: Record<string, any>, tabs: Record<string, string>, revision: string }} Saved
 * @typedef {{ name: string, values: Record<string, any>, revision: string, saved: Saved, notes: string[], linked: boolean }} Configuration
 */

/** The shown configuration; null until it is loaded. */
export const configuration = signal(/** @type {Configuration | null} */ (null));

/** Names of the saved configurations, and of those in the recycle bin. */
export const names = signal(/** @type {import("./answers.d.ts").ConfigNames} */ ({ names: [], deleted: [] }));

/** "" , "saving", "conflict" or "failed". */
export const saving = signal("");

/** The configuration that somebody else saved meanwhile, while it differs from this one. */
export const conflict = signal(/** @type {import("./answers.d.ts").ConfigShown | null} */ (null));

const MAX_KEEPALIVE = 20_000; // letters of a request that may outlive its page

const addressed = () => param("config") || "default";

/** The configuration, unless another one is being loaded. */
const settled = () => (configuration.value?.name === addressed() ? configuration.value : null);

/** Whether what is looked at differs from what is saved. */
export const changed = computed(() => {
  const shown = settled();
  return shown !== null && !(same(shown.values, shown.saved.values) && same(tabViews(), shown.saved.tabs));
});

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
  const values = withChanges(current().values, changes);
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
  const { values: before } = current();
  const addressBefore = Object.fromEntries(Object.keys(address).map((key) => [key, params(key)]));
  const { path } = route.peek();
  const put = (each, query) => {
    if (Object.keys(query).length) setParamsAt(path, query);
    putValues(each);
  };
  put(values, address);
  recordStep({ label, undo: () => put(before, addressBefore), redo: () => put(values, address) });
}

function putValues(values, revision = current().revision) {
  configuration.value = { ...current(), values, revision };
  saveFolder();
}

/** Show other values and another state of the tabs, as one step of undo. */
function setView({ values, tabs }, label) {
  const { values: valuesBefore, revision, saved } = current();
  // A draft of an older version stays one, so that saving it tells of the newer one; others follow what is saved meanwhile.
  const before = { values: valuesBefore, tabs: tabViews(), base: revision === saved.revision ? null : revision };
  const after = { values, tabs, base: values === saved.values ? null : before.base };
  const put = (view) => batch(() => (showTabViews(view.tabs), putValues(view.values, view.base ?? current().saved.revision)));
  put(after);
  recordStep({ label, undo: () => put(before), redo: () => put(after) });
}

/** Show what is saved again; Ctrl-Z restores the changes. */
export const discard = () => setView(current().saved, "discard");

/** Remove all settings, except for the folder; Ctrl-Z restores them. */
export const reset = () => setView({ values: withFolder({}, current().values), tabs: {} }, "reset");

/**
 * Values in the data folder of others.
 * @param {Record<string, any>} values
 * @param {Record<string, any>} others
 */
function withFolder(values, others) {
  return withChanges(values, { PLOT_LOG_PATH: others.PLOT_LOG_PATH });
}

let queue = Promise.resolve(true);

/** Saves run one after the other, since each starts from the revision that the previous one made. */
const inTurn = (save) => (queue = queue.catch(() => false).then(save));

/** Save what is looked at under the name of the view; resolves to whether it is saved. */
export function save({ overwrite = false } = {}) {
  endStep();
  return inTurn(() => store({ values: current().values, tabs: tabViews() }, overwrite));
}

/** Where the runs are is saved at once, without other changes: the next start of the viewer has to find them. */
function saveFolder() {
  const { values, saved } = current();
  if (values.PLOT_LOG_PATH !== saved.values.PLOT_LOG_PATH) inTurn(() => store({ ...saved, values: withFolder(current().saved.values, current().values) }, false));
}

/** The content of the file of a view. */
export const content = (values, tabs) => ({ ...values, ...(Object.keys(tabs).length && { VIEW_STATE: tabs }) });

async function store({ values, tabs }, overwrite) {
  const { name, revision } = current();
  saving.value = "saving";
  try {
    const body = { config: content(values, tabs), revision: (overwrite && conflict.peek()?.revision) || revision };
    const saved = await post(`/api/v1/configs/${encodeURIComponent(name)}`, body, { quiet: true, keepalive: JSON.stringify(body).length < MAX_KEEPALIVE });
    setSaved(name, { values, tabs, revision: saved.revision });
    if (!names.peek().names.includes(name)) names.value = { ...names.peek(), names: [...names.peek().names, name].sort() };
    return true;
  } catch (error) {
    saving.value = error.status === 409 ? "conflict" : "failed";
    if (error.status !== 409) {
      toastError(error);
      return false;
    }
    const remote = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
    const isSame = same(remote.config, content(values, tabs));
    if (isSame) setSaved(name, { values, tabs, revision: remote.revision });
    else conflict.value = remote;
    return isSame;
  }
}

function setSaved(name, saved) {
  conflict.value = null;
  saving.value = "";
  if (current().name !== name) return;
  configuration.value = { ...current(), revision: saved.revision, saved, linked: false };
  saveFolder(); // it may have changed during the request
}

const same = (a, b) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

/** Keep a draft in the browser while there are changes. */
function keepDrafts() {
  let drafted = ""; // the view of which this tab has a draft
  effect(() => {
    const shown = settled();
    if (!shown) return;
    if (changed.value) {
      writeDraft((drafted = shown.name), { values: shown.values, tabs: tabViews(), revision: shown.revision, linked: shown.linked });
    } else if (drafted === shown.name) {
      removeDraft(shown.name, shown.linked);
      drafted = "";
    }
  });
}

/**
 * Show a configuration by its name with the changes of its draft; `fresh`: as it is saved, also in the address.
 * @param {string} name
 */
export async function load(name, { fresh = false } = {}) {
  const answer = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
  await showFolder(folderOf(answer.config));
  if (name !== addressed()) return; // another one was opened meanwhile
  const { VIEW_STATE: tabs = {}, ...values } = answer.config;
  const saved = { values, tabs, revision: answer.revision };
  const draft = fresh ? null : draftOf(name, saved);
  const changes = takeLinkedChanges();
  if (configuration.peek()?.name !== name) forgetSteps();
  saving.value = "";
  conflict.value = null;
  batch(() => {
    const shown = draft ?? saved;
    configuration.value = { name: answer.name, values: shown.values, revision: shown.revision, saved, notes: answer.notes, linked: changes !== null || draft?.linked === true };
    // An address that names a view is a link to it.
    showTabViews(!fresh && addressHasView() ? withAddress(shown.tabs) : shown.tabs);
    setParams({ draft: "" });
    if (changes) setValues(withChanges(values, changes), "link");
  });
  if (answer.notes.length) toast(t("config.notes", { n: answer.notes.length, notes: answer.notes.join("; ") }));
}

/** The draft of a view in its folder; null without changes. */
function draftOf(name, saved) {
  const draft = readDraft(name);
  if (!draft) return null;
  const values = withFolder(draft.values, saved.values);
  if (!same(values, saved.values) || !same(draft.tabs, saved.tabs)) return { ...draft, values };
  removeDraft(name);
  return null;
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
 * Run one of the server's actions on a configuration, then show the resulting one. Returns the server's answer, null if the
 * changes could not be saved first.
 * @param {import("./answers.d.ts").ConfigAction["action"]} action
 * @param {string} name
 * @param {Partial<import("./answers.d.ts").ConfigAction>} more
 */
export async function runAction(action, name, more = {}) {
  // These start from what is saved.
  if (["merge", "split"].includes(action) && changed.peek() && !(await save())) return null;
  const answer = await post("/api/v1/configs", { action, name, ...more });
  names.value = { names: answer.names, deleted: answer.deleted };
  const next = answer.name ?? "default";
  const draft = action === "rename" && readDraft(name);
  if (["new", "rename"].includes(action)) removeDraft(action === "new" ? next : name);
  if (draft) writeDraft(next, draft);
  if (next === configuration.peek()?.name) await load(next, { fresh: true });
  else openView(next);
  return answer;
}

/** Save what is looked at under a new name; the view that it was changed from stays as it is saved. */
export async function saveAs(to) {
  const { name, values } = current();
  await runAction("new", to, { config: content(values, tabViews()) });
  removeDraft(name);
}

/** Show a view as it is saved, or its draft. */
export const openView = (name) => setParams({ ...withoutView(), config: name === "default" ? "" : name }, { replace: false });

/** Put the configuration that this user opened last into the address, so that a link opens the same for everybody. */
export function openLastUsed() {
  const { config } = session.peek();
  if (config && config !== "default" && !param("config")) setParams({ config });
}

/** Load the configuration named in the address, now and after each change. Resolves when the first is loaded or has failed. */
export function startConfiguration() {
  loadNames().catch(() => {}); // Loading the configuration below reports the error.
  /** @type {string | null} */
  let shown = null;
  /** @type {Promise<void> | null} */
  let first = null;
  effect(() => {
    const name = addressed();
    if (name === shown) return;
    shown = name;
    const loading = load(name).then(() => {
      if (session.peek().config === name) return;
      // Best effort: only the default of the next visit depends on it.
      post(`/api/v1/configs/${encodeURIComponent(name)}/opened`, {}, { quiet: true }).catch(() => {});
    }).catch((error) => {
      toastError(error);
      if (name !== "default") setParams({ config: "" });
    });
    first ??= loading;
  });
  keepDrafts();
  return first;
}
