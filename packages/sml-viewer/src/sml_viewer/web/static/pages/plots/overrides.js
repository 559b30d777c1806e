// Options overridden for a pair of columns, a title, or a sub-figure.
import { configuration, setOptions, setValues } from "../../lib/config.js";
import { overrideKey } from "../../lib/pairs.js";

const NAME = "ADDITIONAL_PLOT_CONFIGS";
export const SCOPES = { default: "F", pair: "P", title: "T", single: "S" };

/** @typedef {{ scope: string, pair?: any, title?: any }} Target */

/**
 * The values set for a target.
 * @param {Target} target
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
 * The value that applies if an option is not set for a target: that of an enclosing scope, else the default.
 * @param {import("../../lib/answers.d.ts").OptionShown} option
 * @param {Target} target
 */
export function inherited(option, { scope, pair, title }) {
  const source = enclosingLayer(option, { scope, pair, title });
  return source ? source[option.name] : option.unset;
}

/** The nearest enclosing scope that sets an option. */
export function enclosingLayer(option, /** @type {Target} */ { scope, pair, title }) {
  const enclosing = { default: [], pair: ["default"], title: ["default"], single: ["title", "pair", "default"] }[scope];
  return enclosing.map((each) => layer({ scope: each, pair, title })).find((each) => option.name in each);
}

/**
 * Set an option for a target; undefined removes it.
 * @param {Target} target
 * @param {string} name
 * @param {unknown} value
 */
export function setOverride({ scope, pair, title }, name, value) {
  if (scope === "default") return setOptions({ [name]: value });
  const values = configuration.peek()?.values ?? {};
  const all = structuredClone(values[NAME] ?? {});
  const key = (part) => overrideKey(all[part], pair, values.PLOTTING_XY);
  const path = {
    pair: () => ["pair_image", key("pair_image")],
    title: () => ["same_title", title],
    single: () => ["sole_image", key("sole_image"), title],
  }[scope]();
  let node = all;
  for (const each of path) node = node[each] ??= {};
  if (value === undefined) delete node[name];
  else node[name] = value;
  return setValues({ ...values, [NAME]: removeEmpty(all) });
}

function removeEmpty(value) {
  for (const [name, each] of Object.entries(value)) {
    if (each && typeof each === "object" && !Array.isArray(each) && !Object.keys(removeEmpty(each)).length) delete value[name];
  }
  return value;
}
