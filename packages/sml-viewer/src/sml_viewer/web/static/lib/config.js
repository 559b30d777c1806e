// The plot configuration that the three tabs share: what is set, under which name it is kept, and what it is asked with.
import { toast } from "../widgets/toast.js";
import { get, post } from "./api.js";
import { param, setParams } from "./route.js";
import { computed, effect, signal } from "./ui.js";
import { language, t } from "./words.js";

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

/** What every computation is asked with; null until a configuration was loaded. */
export const asked = computed(() => {
  const found = configuration.value;
  if (!found) return /** @type {any} */ (null);
  const path = param("path");
  return { config: path ? { ...found.values, PLOT_LOG_PATH: path } : found.values, where: param("q"), language: language.value };
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
  configuration.value = { ...current(), values };
  if ("PLOT_LOG_PATH" in changes) setParams({ path: changes.PLOT_LOG_PATH ?? "" });
  schedule();
}

/** Take over a whole configuration's values. */
export function setValues(values) {
  configuration.value = { ...current(), values };
  schedule();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function schedule() {
  saving.value = "waiting";
  clearTimeout(timer);
  timer = setTimeout(save, SAVE_AFTER);
}

/** Keep what is set, now. */
export async function save({ anyway = false, leaving = false } = {}) {
  clearTimeout(timer);
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
    if (error.status === 409) conflict.value = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
  }
}

/** Show a configuration by its name. */
export async function load(name) {
  clearTimeout(timer);
  const found = await get(`/api/v1/configs/${encodeURIComponent(name)}`, {}, { keep: false });
  saving.value = "";
  conflict.value = null;
  configuration.value = { name: found.name, values: found.config, revision: found.revision, notes: found.notes };
  if (found.config.PLOT_LOG_PATH && !param("path")) setParams({ path: found.config.PLOT_LOG_PATH });
  if (found.notes.length) toast(t("config.notes", { n: found.notes.length, notes: found.notes.join("; ") }));
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

let started = false;

/** Follow the address from now on; called by every part that uses the configuration. */
export function startConfiguration() {
  if (started) return;
  started = true;
  listNames();
  /** @type {string | null} */
  let shown = null;
  effect(() => {
    const name = param("config") || "default";
    if (name === shown) return;
    shown = name;
    load(name).catch((error) => {
      toast(error.message, { kind: "error" });
      if (name !== "default") setParams({ config: "" });
    });
  });
  addEventListener("pagehide", () => saving.peek() === "waiting" && save({ leaving: true }));
}
