// The table of runs: virtual lines, a roving tab stop, cards on a phone.
import { selected } from "../../lib/view_state.js";
import { addressOf, go } from "../../lib/route.js";
import { classes, html, useLayoutEffect, useRef, useState } from "../../lib/ui.js";
import { showLine, useNarrow, useVirtual } from "../../lib/virtual.js";
import { t } from "../../lib/i18n.js";
import { Icon } from "../../widgets/icon.js";
import { Status } from "../../widgets/states.js";
import { Cell, isNumeric } from "./cell.js";
import { cell } from "./data.js";
import { isNew } from "./rows.js";
import { sortBy, title } from "./view.js";
import { widths } from "./widths.js";

const LINE = 30; // --row in tokens.css
const CARD = 92;
const HEAD = 32;

/** `lines` are rows (numbers) and group heads; `rows` the same rows without groups. */
export function RunTable({ table, rows, lines, columns, sort, toggleGroup }) {
  const scroller = useRef(null);
  const narrow = useNarrow();
  const size = narrow ? CARD : LINE;
  const window = useVirtual(scroller, lines.length, size);
  const marks = useMarks(table, lines);
  const keyboard = useKeyboard({ scroller, window, lines, table, marks, size, top: narrow ? 0 : HEAD });
  const part = lines.slice(window.from, window.to);
  const lineProps = { table, columns, marks, toggleGroup, tabStop: keyboard.tabStop };
  const line = (entry, offset) => {
    const at = window.from + offset;
    // Keyed by position and not by run, so that elements are reused while scrolling.
    const Line = typeof entry === "number" ? (narrow ? Card : Row) : narrow ? CardHead : GroupHead;
    return html`<${Line} key=${at % window.span} entry=${entry} at=${at} ...${lineProps} />`;
  };
  if (narrow) {
    return html`<div class="cards" ref=${scroller} ...${keyboard.handlers}>
      <div style=${{ height: `${window.before}px` }}></div>
      <div role="list" aria-label=${t("tab.experiment")}>${part.map(line)}</div>
      <div style=${{ height: `${window.after}px` }}></div>
    </div>`;
  }
  const sizes = widths(table, columns);
  return html`<div class=${classes("scroller", { sideways: sizes.total > window.width })} ref=${scroller} ...${keyboard.handlers}>
    <table class="runtable" aria-rowcount=${lines.length + 1} style=${{ width: `${sizes.total}px` }}>
      <colgroup>${sizes.list.map((width) => html`<col style=${{ width: `${width}px` }} />`)}<col /></colgroup>
      <${Head} table=${table} rows=${rows} columns=${columns} sort=${sort} marks=${marks} />
      <tbody>
        <tr aria-hidden="true" style=${{ height: `${window.before}px` }}></tr>
        ${part.map(line)}
        <tr aria-hidden="true" style=${{ height: `${window.after}px` }}></tr>
      </tbody>
    </table>
  </div>`;
}

function Head({ table, rows, columns, sort, marks }) {
  const ids = rows.map((row) => cell(table, "id", row));
  const all = ids.length > 0 && ids.every((id) => selected.value.has(id));
  return html`<thead><tr aria-rowindex="1">
    <td class="pick"><input type="checkbox" aria-label=${t("select.all")} checked=${all} onChange=${() => marks.set(all ? [] : ids)} /></td>
    ${["status", "name", ...columns].map((key) => {
      const direction = sort === key ? "ascending" : sort === `-${key}` ? "descending" : undefined;
      return html`<th key=${key} scope="col" class=${classes({ number: isNumeric(table, key), name: key === "name" })} aria-sort=${direction}>
        <button type="button" onClick=${() => sortBy(table, key)} title=${title(table, key)}>
          <span>${title(table, key)}</span>${direction && html`<${Icon} name=${direction === "ascending" ? "up" : "down"} size="12" />`}
        </button>
      </th>`;
    })}<td></td>
  </tr></thead>`;
}

const address = (id) => addressOf(`/run/${encodeURIComponent(id)}`);

function Row({ entry: row, at, table, columns, marks, tabStop }) {
  const id = cell(table, "id", row);
  const name = cell(table, "name", row);
  const chosen = selected.value.has(id);
  return html`<tr class=${classes({ chosen, hushed: cell(table, "hidden", row) })} aria-rowindex=${at + 2} data-line=${at}
    onDblClick=${() => go(address(id))}>
    <td class="pick"><${Pick} ...${{ id, name, at, chosen, marks }} /></td>
    <td><${Status} value=${cell(table, "status", row)} /></td>
    <th scope="row" class="name"><div><${Name} ...${{ table, row, id, name, at, tabStop }} /></div></th>
    ${columns.map((key) => html`<td key=${key} class=${isNumeric(table, key) ? "number" : ""}><${Cell} table=${table} name=${key} row=${row} /></td>`)}
    <td></td>
  </tr>`;
}

function Pick({ id, name, at, chosen, marks }) {
  return html`<input type="checkbox" tabindex="-1" aria-label=${t("select.one", { name })} checked=${chosen}
    onClick=${(event) => marks.toggle(id, at, event.shiftKey)} />`;
}

function Name({ table, row, id, name, at, tabStop }) {
  const warnings = cell(table, "warnings", row);
  const duplicateOf = cell(table, "duplicate_of", row);
  return html`<a href=${address(id)} title=${name} tabindex=${at === tabStop ? 0 : -1} data-at=${at}>${name}</a>
    ${isNew(table, row) && html`<span class="dot" title=${t("filter.new")}><span class="unseen">${t("filter.new")}</span></span>`}
    ${(cell(table, "tags", row) ?? []).map((tag) => html`<span class="chip" key=${tag}>${tag}</span>`)}
    ${cell(table, "note", row) && html`<span class="sign" title=${cell(table, "note", row)}><${Icon} name="note" size="14" /></span>`}
    ${duplicateOf && html`<span class="chip" title=${t("run.duplicate.why")}>${t("run.duplicate")}</span>`}
    ${warnings > 0 && html`<span class="sign warn" title=${t("run.warnings", { n: warnings })}><${Icon} name="warning" size="14" /></span>`}`;
}

function GroupHead({ entry, at, columns, toggleGroup }) {
  return html`<tr class="group" aria-rowindex=${at + 2} data-line=${at}>
    <th colspan=${columns.length + 4} scope="rowgroup"><${GroupButton} ...${{ entry, toggleGroup }} /></th>
  </tr>`;
}

function CardHead({ entry, toggleGroup }) {
  return html`<div role="listitem" class="card group"><${GroupButton} ...${{ entry, toggleGroup }} /></div>`;
}

function GroupButton({ entry, toggleGroup }) {
  return html`<button type="button" aria-expanded=${!entry.collapsed} onClick=${() => toggleGroup(entry.group)}>
    <${Icon} name=${entry.collapsed ? "right" : "chevron"} size="14" />${entry.group || t("blank")} <small>${t("runs.count", { n: entry.rows.length })}</small>
  </button>`;
}

function Card({ entry: row, at, table, columns, marks, tabStop }) {
  const id = cell(table, "id", row);
  const name = cell(table, "name", row);
  const chosen = selected.value.has(id);
  const facts = columns.filter((key) => key !== "started" && cell(table, key, row) !== null);
  return html`<div role="listitem" class=${classes("card", { chosen })} data-line=${at}>
    <${Pick} ...${{ id, name, at, chosen, marks }} />
    <div>
      <div class="title"><${Name} ...${{ table, row, id, name, at, tabStop }} /></div>
      <div class="facts">${facts.slice(0, 6).map((key) => html`<span key=${key}><small>${title(table, key)}</small> <${Cell} table=${table} name=${key} row=${row} /></span>`)}</div>
      <div class="foot"><${Status} value=${cell(table, "status", row)} /><span class="faint"><${Cell} table=${table} name="started" row=${row} /></span></div>
    </div>
  </div>`;
}

/** Selecting runs: one, or with Shift the range from the last selected run, wherever it is now. */
function useMarks(table, lines) {
  const anchor = useRef(null); // the id of a run
  const set = (ids) => (selected.value = new Set(ids));
  const toggle = (id, at, range) => {
    const next = new Set(selected.peek());
    const on = !next.has(id);
    const start = range ? lineOf(lines, table, anchor.current) : -1;
    const [from, to] = start < 0 ? [at, at] : [start, at].sort((a, b) => a - b);
    for (const entry of lines.slice(from, to + 1)) {
      if (typeof entry === "number") next[on ? "add" : "delete"](cell(table, "id", entry));
    }
    anchor.current = id;
    selected.value = next;
  };
  return { set, toggle };
}

/** The line of a run, -1 if it is not listed. */
const lineOf = (lines, table, id) => (table.rowOf.has(id) ? lines.indexOf(table.rowOf.get(id)) : -1);

const LINK = "[data-at], button";
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity };

function useKeyboard({ scroller, window: { from, to }, lines, table, marks, size, top }) {
  const [active, setActive] = useState(0);
  const focusSelector = useRef(null); // selector of the element to focus in the active line
  const activeId = useRef(null); // the id of the run on the active line
  const last = lines.length - 1;
  const idAt = (at) => (typeof lines[at] === "number" ? cell(table, "id", lines[at]) : null);
  useLayoutEffect(() => {
    if (!focusSelector.current) return;
    // After scrolling the line exists only in the next render.
    const line = scroller.current.querySelector(`[data-line="${active}"] :is(${focusSelector.current})`);
    if (!line) return;
    focusSelector.current = null;
    line.focus({ preventScroll: true });
  });
  // Lines are added, removed and sorted: the next key applies to the active run, not to the one now at its position.
  useLayoutEffect(() => {
    const at = lineOf(lines, table, activeId.current);
    if (activeId.current === null || at === active) return;
    if (at < from || at >= to) activeId.current = idAt(active);
    else {
      const focus = document.activeElement?.closest?.("[data-line]") && document.activeElement;
      focusSelector.current = focus && (focus.matches("input") ? "input" : LINK);
      setActive(at);
    }
  }, [lines]);
  const move = (step) => {
    const next = Math.max(0, Math.min(last, active + step));
    showLine(scroller.current, next, size, top);
    focusSelector.current = LINK;
    activeId.current = idAt(next);
    setActive(next);
    return next;
  };
  const onKeyDown = (event) => {
    const step = STEPS[event.key];
    const inBody = event.target.closest("[data-line]");
    if (!inBody || event.altKey) return;
    if (step) {
      if (event.shiftKey && idAt(active) && !selected.peek().has(idAt(active))) marks.toggle(idAt(active), active, false);
      const next = move(step);
      if (event.shiftKey && idAt(next) && !selected.peek().has(idAt(next))) marks.toggle(idAt(next), next, true);
    } else if (event.key === " " && idAt(active) && event.target.matches("a")) marks.toggle(idAt(active), active, event.shiftKey);
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
      marks.set(lines.filter((entry) => typeof entry === "number").map((row) => cell(table, "id", row)));
    } else if (event.key === "Escape" && selected.peek().size) marks.set([]);
    else return;
    event.preventDefault();
  };
  const onFocusIn = (event) => {
    const line = event.target.closest("[data-line]");
    if (!line) return;
    activeId.current = idAt(Number(line.dataset.line));
    setActive(Number(line.dataset.line));
  };
  // If the active line is scrolled away, the first visible line becomes the tab stop.
  const tabStop = active >= from && active < to ? active : Math.min(from + 6, last);
  return { tabStop, handlers: { onKeyDown, onFocusIn } };
}
