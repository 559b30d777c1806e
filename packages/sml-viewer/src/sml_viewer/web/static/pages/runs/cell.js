// One cell of the list, by the format of its column.
import { ago, bytes, count, moment, number, value } from "../../lib/format.js";
import { html } from "../../lib/ui.js";
import { cell } from "./data.js";
import { isMeasured } from "./statistics.js";

export function Cell({ table, name, row }) {
  const raw = cell(table, name, row);
  if (raw === null) return html`<span class="faint">–</span>`;
  const { format } = table.columns.get(name);
  if (format === "time") return html`<span title=${moment(raw)}>${ago(raw, table.now)}</span>`;
  if (format === "count") return count(raw);
  if (Array.isArray(raw)) return raw.map((each) => html`<span class="chip" key=${each}>${value(each)}</span>`);
  if (/^peak:.*bytes$/.test(name)) return html`<span title=${value(raw)}>${bytes(raw)}</span>`;
  const text = isMeasured(name) ? number(raw, 4, true) : value(raw);
  return html`<span title=${text.length > 20 || isMeasured(name) ? value(raw) : undefined}>${text}</span>`;
}

const numericColumns = new WeakMap(); // column -> whether it holds numbers; needed for every cell, so computed once

/** Whether a column is right-aligned. */
export function isNumeric(table, name) {
  const column = table.columns.get(name);
  if (isMeasured(name) || column?.format === "count") return true;
  if (name.startsWith("curve:")) return false;
  if (!column || column.format === "time") return false;
  if (!numericColumns.has(column)) {
    const sample = column.cells.filter((each) => each !== null).slice(0, 50);
    numericColumns.set(column, sample.length > 0 && sample.every((each) => typeof each === "number"));
  }
  return numericColumns.get(column);
}
