// Brushes: ranges and values chosen on axes, held in the address. The trials within all of them are selected.
import { param } from "../../lib/route.js";
import { setViewState } from "../../lib/view_state.js";
import { numberAt, positionOf } from "./columns.js";

/**
 * Of a number `range`, of a category `texts`; `missing` includes trials without a value.
 * @typedef {{ range?: [number, number] | null, texts?: string[], missing?: boolean }} Brush
 */

/** The brushes by column. @returns {Record<string, Brush>} */
export function brushes() {
  try {
    const parsed = JSON.parse(param("brush") || "{}");
    return parsed && typeof parsed === "object" && !Array.isArray(parsed) ? parsed : {};
  } catch {
    return {}; // typed by hand
  }
}

/** Set the brushes of some columns; null removes one. @param {Record<string, Brush | null>} changes */
export function setBrushes(changes) {
  const next = Object.fromEntries(Object.entries({ ...brushes(), ...changes }).filter(([, brush]) => brush));
  setViewState({ brush: Object.keys(next).length ? JSON.stringify(next) : "" }, `brush ${Object.keys(changes).join(" ")}`);
}

/** Whether a cell is within a brush. */
export function isWithin(column, brush, cell) {
  if (cell === null) return Boolean(brush.missing);
  if (!column.numeric) return Boolean(brush.texts?.includes(column.texts[cell]));
  return Boolean(brush.range && cell >= brush.range[0] && cell <= brush.range[1]);
}

/** The rows within all brushes; null without any. Brushes of columns that are not there do not count. */
export function matchingRows(columns, all) {
  const active = columns.filter((column) => all[column.key]);
  if (!active.length) return null;
  const rows = [];
  for (let row = 0; row < active[0].cells.length; row += 1) {
    if (active.every((column) => isWithin(column, all[column.key], column.cells[row]))) rows.push(row);
  }
  return rows;
}

/** The brush of the part of an axis from `from` to `to`, positions in ascending order; `missing` if it reaches the missing values. */
export function brushBetween(column, from, to, missing) {
  if (column.numeric) {
    const range = to >= 0 && from <= 1 ? /** @type {[number, number]} */ ([rounded(numberAt(column, Math.max(0, from)), -1), rounded(numberAt(column, Math.min(1, to)), 1)]) : null;
    return { range, missing };
  }
  const texts = column.texts.filter((_, index) => {
    const position = positionOf(column, index) ?? -1;
    return position >= from && position <= to;
  });
  return { texts, missing };
}

/** A number of five digits that is not inside of the range that it limits: rounded down (-1) or up (1). */
function rounded(value, direction) {
  if (!value) return value;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 4);
  const steps = direction < 0 ? Math.floor(value / unit) : Math.ceil(value / unit);
  return Number((steps * unit).toPrecision(5));
}

/** A brush as text, for the list of brushes. */
export function brushText(column, brush, format, missing) {
  const parts = column.numeric ? (brush.range ? [brush.range.map(format).join(" – ")] : []) : brush.texts ?? [];
  return [...parts, ...(brush.missing ? [missing] : [])].join(", ");
}
