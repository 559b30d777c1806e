// One cell of the list, by what its column is.
import { ago, count, moment, number, value } from "../../lib/format.js";
import { html } from "../../lib/ui.js";
import { cell } from "./data.js";

const MOMENTS = new Set(["started", "modified", "heard"]);
const COUNTS = new Set(["rows", "step"]);

export function Cell({ table, name, row }) {
  const given = cell(table, name, row);
  if (given === null) return html`<span class="faint">–</span>`;
  if (MOMENTS.has(name)) return html`<span title=${moment(given)}>${ago(given, table.now)}</span>`;
  if (COUNTS.has(name)) return count(given);
  if (Array.isArray(given)) return given.map((each) => html`<span class="chip" key=${each}>${value(each)}</span>`);
  const text = isMeasured(name) ? number(given, 4, true) : value(given);
  return html`<span title=${text.length > 20 || isMeasured(name) ? value(given) : undefined}>${text}</span>`;
}

const isMeasured = (name) => /^(last|best|least):/.test(name);

const kinds = new WeakMap(); // column -> whether it holds numbers: asked for every cell, so found once

/** Whether a column is set flush right. */
export function isNumeric(table, name) {
  if (isMeasured(name) || COUNTS.has(name)) return true;
  const column = table.columns.get(name);
  if (!column || MOMENTS.has(name)) return false;
  if (!kinds.has(column)) {
    const some = column.cells.filter((each) => each !== null).slice(0, 50);
    kinds.set(column, some.length > 0 && some.every((each) => typeof each === "number"));
  }
  return kinds.get(column);
}
