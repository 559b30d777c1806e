// Options overridden for a pair of columns, a title, or a sub-figure.
import { configuration, setOptions, setValues } from "../../lib/config.js";
import { overrideKey } from "../../lib/pairs.js";

const NAME = "ADDITIONAL_PLOT_CONFIGS";
export const SCOPES = { default: "F", pair: "P", title: "T", single: "S" };

/** @typedef {{ scope: string, pair?: any, title?: any }} Place */

/**
 * The layer that a scope edits: what is set there.
 * @param {Place} place
 */
export function layer({ scope, pair, title }) {
  const values = configuration.value?.values ?? {};
  const all = values[NAME] ?? {};
  if (scope === "pair") return all.pair_image?.[overrideKey(all.pair_image, pair, values.PLOTTING_XY)] ?? {};
  if (scope === "title") return all.same_title?.[title] ?? {};
  if (scope === "single") return all.sole_image?.[overrideKey(all.sole_image, pair, values.PLOTTING_XY)]?.[title] ?? {};
  return values;
}

/**
 * What holds in a scope's layer where nothing is set there: what is set around it, else the engine's own.
 * @param {import("../../lib/answers.d.ts").OptionShown} option
 * @param {Place} place
 */
export function inherited(option, { scope, pair, title }) {
  const around = { default: [], pair: ["default"], title: ["default"], single: ["title", "pair", "default"] }[scope];
  const layers = around.map((each) => layer({ scope: each, pair, title }));
  const found = layers.find((each) => option.name in each);
  return found ? found[option.name] : option.unset;
}

/**
 * Set an option in a scope's layer; undefined takes it out.
 * @param {Place} place
 * @param {string} name
 * @param {unknown} value
 */
export function setIn({ scope, pair, title }, name, value) {
  if (scope === "default") return setOptions({ [name]: value });
  const values = configuration.peek()?.values ?? {};
  const all = structuredClone(values[NAME] ?? {});
  const key = (part) => overrideKey(all[part], pair, values.PLOTTING_XY);
  const path = {
    pair: () => ["pair_image", key("pair_image")],
    title: () => ["same_title", title],
    single: () => ["sole_image", key("sole_image"), title],
  }[scope]();
  let place = all;
  for (const each of path) place = place[each] ??= {};
  if (value === undefined) delete place[name];
  else place[name] = value;
  return setValues({ ...values, [NAME]: pruned(all) });
}

function pruned(value) {
  for (const [name, each] of Object.entries(value)) {
    if (each && typeof each === "object" && !Array.isArray(each) && !Object.keys(pruned(each)).length) delete value[name];
  }
  return value;
}
