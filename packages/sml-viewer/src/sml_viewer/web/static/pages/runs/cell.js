// One cell of the list, by the format of its column.
import { ago, bytes, count, moment, number, value } from "../../lib/format.js";
import { html } from "../../lib/ui.js";
import { cell } from "./data.js";

export function Cell({ table, name, row }) {
  const given = cell(table, name, row);
  if (given === null) return html`<span class="faint">–</span>`;
  const { format } = table.columns.get(name);
  if (format === "time") return html`<span title=${moment(given)}>${ago(given, table.now)}</span>`;
  if (format === "count") return count(given);
  if (Array.isArray(given)) return given.map((each) => html`<span class="chip" key=${each}>${value(each)}</span>`);
  if (/^peak:.*bytes$/.test(name)) return html`<span title=${value(given)}>${bytes(given)}</span>`;
  const text = isMeasured(name) ? number(given, 4, true) : value(given);
  return html`<span title=${text.length > 20 || isMeasured(name) ? value(given) : undefined}>${text}</span>`;
}

const isMeasured = (name) => /^(last|best|least|peak):/.test(name);

const kinds = new WeakMap(); // column -> whether it holds numbers: asked for every cell, so found once

/** Whether a column is set flush right. */
export function isNumeric(table, name) {
  const column = table.columns.get(name);
  if (isMeasured(name) || column?.format === "count") return true;
  if (!column || column.format === "time") return false;
  if (!kinds.has(column)) {
    const some = column.cells.filter((each) => each !== null).slice(0, 50);
    kinds.set(column, some.length > 0 && some.every((each) => typeof each === "number"));
  }
  return kinds.get(column);
}
