// Changes of options that a link carries, so that it shows a view as its sender sees it, also before that is saved.
import { param } from "./route.js";

// A link changes neither where runs are read from nor where figures are written to.
const EXCLUDED = ["PLOT_LOG_PATH", "PLOT_FIGURE_SAVING_PATH"];

/** Values with some of them changed; undefined removes one. */
export function withChanges(values, changes) {
  return Object.fromEntries(Object.entries({ ...values, ...changes }).filter(([, value]) => value !== undefined));
}

/** The query parameter `draft` of a link: what differs from the saved values, as JSON; "" if nothing does. */
export function linkedChanges(values, saved) {
  const names = [...new Set([...Object.keys(values), ...Object.keys(saved)])].filter((name) => !EXCLUDED.includes(name));
  const differing = names.filter((name) => JSON.stringify(values[name]) !== JSON.stringify(saved[name]));
  const set = Object.fromEntries(differing.filter((name) => name in values).map((name) => [name, values[name]]));
  return differing.length === 0 ? "" : JSON.stringify({ set, unset: differing.filter((name) => !(name in values)) });
}

/** The changes of the link that was followed, as options with undefined for those that it resets; null without any. */
export function takeLinkedChanges() {
  try {
    const { set, unset } = JSON.parse(param("draft") || "{}");
    const changes = { ...set, ...Object.fromEntries((unset ?? []).map((name) => [name, undefined])) };
    for (const name of EXCLUDED) delete changes[name];
    return Object.keys(changes).length ? changes : null;
  } catch {
    return null; // cut off, or typed by hand
  }
}
