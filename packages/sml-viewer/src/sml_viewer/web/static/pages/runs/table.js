// The table of runs: virtual lines, a roving tab stop, cards on a phone, narrow beside the charts.
import { selected } from "../../lib/view_state.js";
import { classes, html, useMemo, useRef } from "../../lib/ui.js";
import { useNarrow, useVirtual } from "../../lib/virtual.js";
import { t } from "../../lib/i18n.js";
import { Icon } from "../../widgets/icon.js";
import { isNumeric } from "./cell.js";
import { cell } from "./data.js";
import { useKeyboard } from "./keyboard.js";
import { Card, CardHead, GroupHead, Row } from "./lines.js";
import { useMarks } from "./marks.js";
import { commonParts } from "./names.js";
import { useSmallCurves } from "./spark.js";
import { shortTitle, sortBy, title } from "./view.js";
import { widths } from "./widths.js";

const LINE = 30; // --row in tokens.css
const CARD = 92;
const HEAD = 32;

/**
 * `lines` are rows (numbers) and group heads; `rows` the same rows without groups; `summary` best values and baseline;
 * `compact` is the list beside the charts, with the `colours` of its runs there.
 */
export function RunTable({ table, rows, lines, columns, now, summary, toggleGroup, compact = false, colours = null }) {
  const scroller = useRef(null);
  const phone = useNarrow();
  const size = phone ? CARD : LINE;
  const window = useVirtual(scroller, lines.length, size);
  const marks = useMarks(table, lines);
  const keyboard = useKeyboard({ scroller, window, lines, table, marks, size, top: phone ? 0 : HEAD, toggleGroup });
  const common = useMemo(() => commonParts(rows, (row) => cell(table, "name", row) ?? ""), [table, rows]);
  const part = lines.slice(window.from, window.to);
  const metric = columns.find((key) => key.startsWith("curve:"))?.slice("curve:".length);
  useSmallCurves(table, part.filter((entry) => typeof entry === "number"), metric);
  const lineProps = { table, columns, marks, toggleGroup, tabStop: keyboard.tabStop, common, summary, now, compact, colours };
  const line = (entry, offset) => {
    const at = window.from + offset;
    // Keyed by position and not by run, so that elements are reused while scrolling.
    const Line = typeof entry === "number" ? (phone ? Card : Row) : phone ? CardHead : GroupHead;
    return html`<${Line} key=${at % window.span} entry=${entry} at=${at} ...${lineProps} />`;
  };
  if (phone) {
    return html`<div class="cards" ref=${scroller} ...${keyboard.handlers}>
      <div style=${{ height: `${window.before}px` }}></div>
      <div role="list" aria-label=${t("tab.experiment")}>${part.map(line)}</div>
      <div style=${{ height: `${window.after}px` }}></div>
    </div>`;
  }
  const sizes = widths(table, columns, { compact, deltas: Boolean(summary.baseline), grouped: now.group.length > 0 });
  const sideways = !compact && sizes.total > window.width;
  return html`<div class=${classes("scroller", { sideways })} ref=${scroller} ...${keyboard.handlers} style=${{ "--name": `${sizes.list[2]}px` }}>
    <table class=${classes("runtable", { compact })} aria-rowcount=${lines.length + 1} style=${{ width: compact ? "100%" : `${sizes.total}px` }}>
      <colgroup>${sizes.list.map((width) => html`<col style=${{ width: width ? `${width}px` : undefined }} />`)}${!compact && html`<col />`}</colgroup>
      <${Head} table=${table} rows=${rows} columns=${columns} now=${now} marks=${marks} compact=${compact} mixed=${summary.mixed} />
      <tbody>
        <tr aria-hidden="true" style=${{ height: `${window.before}px` }}></tr>
        ${part.map(line)}
        <tr aria-hidden="true" style=${{ height: `${window.after}px` }}></tr>
      </tbody>
    </table>
  </div>`;
}

function Head({ table, rows, columns, now, marks, compact, mixed }) {
  const ids = table.columns.get("id").cells;
  const chosen = selected.value;
  const all = rows.length > 0 && chosen.size >= rows.length && rows.every((row) => chosen.has(ids[row]));
  return html`<thead><tr aria-rowindex="1">
    <td class="pick"><input type="checkbox" aria-label=${t("select.all")} checked=${all} onChange=${() => marks.set(all ? [] : rows.map((row) => ids[row]))} /></td>
    ${["status", "name", ...columns].map((key) => {
      const direction = now.sort === key ? "ascending" : now.sort === `-${key}` ? "descending" : undefined;
      return html`<th key=${key} scope="col" class=${classes({ number: isNumeric(table, key), name: key === "name", sorted: direction, icon: compact && key === "status" })} aria-sort=${direction}>
        <button type="button" onClick=${() => sortBy(table, key)} title=${mixed.has(key) ? t("units.sorted", { name: title(table, key) }) : title(table, key)}>
          ${mixed.has(key) && html`<span class="sign warn"><${Icon} name="warning" size="12" /><span class="unseen">${t("units.sorted", { name: title(table, key) })}</span></span>`}<span>${compact ? shortTitle(table, key) : title(table, key)}</span>${direction && html`<${Icon} name=${direction === "ascending" ? "up" : "down"} size="12" />`}
        </button>
      </th>`;
    })}${!compact && html`<td></td>`}
  </tr></thead>`;
}
