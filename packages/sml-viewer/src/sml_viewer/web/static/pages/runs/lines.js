// Lines of the list: runs, heads of groups with the mean of each metric, and cards on a phone.
import { selected } from "../../lib/view_state.js";
import { option } from "../../lib/config.js";
import { number, value } from "../../lib/format.js";
import { addressOf, go } from "../../lib/route.js";
import { classes, html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Icon } from "../../widgets/icon.js";
import { Status } from "../../widgets/states.js";
import { Swatch } from "../plots/styles.js";
import { Cell, isNumeric } from "./cell.js";
import { cell } from "./data.js";
import { toggleBaseline, toggleEye, togglePins } from "./eyes.js";
import { ShortName } from "./names.js";
import { isNew } from "./rows.js";
import { Spark } from "./spark.js";
import { difference, errorOf, groupId, isMeasured, mixedParameters, statisticsOf } from "./statistics.js";
import { title } from "./view.js";

const address = (id) => addressOf(`/run/${encodeURIComponent(id)}`);

const isSorted = (now, key) => now.sort.replace(/^-/, "") === key;

export function Row({ entry: row, at, table, columns, marks, tabStop, common, summary, now, compact, colours }) {
  const id = cell(table, "id", row);
  const name = cell(table, "name", row);
  const chosen = selected.value.has(id);
  const off = summary.without.has(id);
  const status = cell(table, "status", row);
  return html`<tr class=${classes({ chosen, off, hushed: cell(table, "hidden", row), pinned: summary.pinned.has(id), base: now.baseline === id })} aria-rowindex=${at + 2} data-line=${at}
    onDblClick=${() => go(address(id))}>
    <td class="pick"><div><${Pick} ...${{ id, name, at, chosen, marks }} /><${Eye} off=${off} name=${name} ids=${[id]} /></div></td>
    <td class=${compact ? "icon" : ""}><${Status} value=${status} word=${!compact} /></td>
    <th scope="row" class="name"><div>${colours?.has(id) && html`<${Swatch} ...${colours.get(id)} />`}<${Name} ...${{ table, row, id, name, at, tabStop, common, summary, now, compact }} /></div></th>
    ${columns.map((key) => html`<td key=${key} class=${classes({ number: isNumeric(table, key), sorted: isSorted(now, key) })}><${Value} ...${{ table, column: key, row, id, summary, counted: !off && !cell(table, "hidden", row) }} /></td>`)}
    ${!compact && html`<td></td>`}
  </tr>`;
}

/** A cell with its difference to the baseline; the best of a column is marked. */
function Value({ table, column, row, id, summary, counted }) {
  if (column.startsWith("curve:")) return html`<${Spark} id=${id} metric=${column.slice("curve:".length)} />`;
  const raw = cell(table, column, row);
  const best = counted && summary.best.has(column) && summary.best.get(column) === raw;
  return html`${best ? html`<b class="best" title=${t("best.what")}><${Cell} table=${table} name=${column} row=${row} /><span class="unseen">${t("best.what")}</span></b>` : html`<${Cell} table=${table} name=${column} row=${row} />`}
    <${Delta} ...${{ table, column, raw, summary }} />`;
}

function Delta({ table, column, raw, summary }) {
  const delta = summary.baseline && difference(table, column, raw, summary.baseline.of(column));
  return delta && html`<small class=${`delta ${delta.kind}`}>${delta.text}</small>`;
}

function Pick({ id, name, at, chosen, marks }) {
  return html`<input type="checkbox" tabindex="-1" aria-label=${t("select.one", { name })} checked=${chosen}
    onClick=${(event) => marks.toggle(id, at, event.shiftKey)} />`;
}

function Eye({ off, name, ids }) {
  const label = t(off ? "eye.on" : "eye.off", { name });
  return html`<button type="button" class="eye" tabindex="-1" aria-label=${label} title=${label} onClick=${() => toggleEye(ids)}><${Icon} name=${off ? "hide" : "show"} size="14" /></button>`;
}

function Name({ table, row, id, name, at, tabStop, common, summary, now, compact = false }) {
  const warnings = cell(table, "warnings", row);
  const duplicateOf = cell(table, "duplicate_of", row);
  return html`<a href=${address(id)} title=${name} tabindex=${at === tabStop ? 0 : -1} data-at=${at}><${ShortName} name=${name} common=${common} compact=${compact} /></a>
    ${summary.pinned.has(id) && html`<button type="button" class="sign pin" tabindex="-1" title=${t("pin.off", { name })} aria-label=${t("pin.off", { name })} onClick=${() => togglePins([id])}><${Icon} name="star" size="12" /></button>`}
    ${now.baseline === id && html`<span class="chip">${t("baseline")}</span>`}
    ${isNew(table, row) && html`<span class="dot" title=${t("filter.new")}><span class="unseen">${t("filter.new")}</span></span>`}
    ${!compact && (cell(table, "tags", row) ?? []).map((tag) => html`<span class="chip" key=${tag}>${tag}</span>`)}
    ${cell(table, "note", row) && html`<span class="sign" title=${cell(table, "note", row)}><${Icon} name="note" size="14" /></span>`}
    ${duplicateOf && html`<span class="chip" title=${t("run.duplicate.why")}>${t("run.duplicate")}</span>`}
    ${warnings > 0 && html`<span class="sign warn" title=${t("run.warnings", { n: warnings })}><${Icon} name="warning" size="14" /></span>`}`;
}

export function GroupHead({ entry, at, table, columns, toggleGroup, marks, summary, now, tabStop, compact }) {
  const ids = entry.rows.map((row) => cell(table, "id", row));
  const off = ids.every((id) => summary.without.has(id));
  const chosen = selected.value.size > 0 && ids.every((id) => selected.value.has(id));
  const name = entry.group || t("blank");
  const mixed = mixedParameters(table, entry.counted, now.group);
  const own = groupId(entry.group);
  return html`<tr class=${classes("group", { off, base: now.baseline === own })} aria-rowindex=${at + 2} data-line=${at}>
    <td class="pick"><div><input type="checkbox" tabindex="-1" aria-label=${t("select.one", { name })} checked=${chosen} onClick=${() => marks.toggleAll(entry.rows)} /><${Eye} off=${off} name=${name} ids=${ids} /></div></td>
    <th scope="row" class="name" colspan="2"><div><${GroupButton} ...${{ entry, toggleGroup, name, tab: at === tabStop ? 0 : -1 }} />
      ${mixed.length > 0 && html`<span class="sign warn" title=${t("group.mixed", { names: mixed.join(", ") })}><${Icon} name="warning" size="14" /><span class="unseen">${t("group.mixed", { names: mixed.join(", ") })}</span></span>`}
      ${!compact && html`<button type="button" class="link small" tabindex="-1" aria-pressed=${now.baseline === own} onClick=${() => toggleBaseline(own)}>${t(now.baseline === own ? "baseline.off" : "baseline")}</button>`}</div></th>
    ${columns.map((key) => html`<td key=${key} class=${classes({ number: isNumeric(table, key), sorted: isSorted(now, key) })}><${GroupValue} ...${{ table, column: key, entry, summary, mixed: mixed.length > 0 }} /></td>`)}
    ${!compact && html`<td></td>`}
  </tr>`;
}

/** The mean ± of a group's measured values, over the runs that have one; of parameters what all its runs share. */
function GroupValue({ table, column, entry, summary, mixed }) {
  if (column.startsWith("parameter:")) {
    const cells = table.columns.get(column)?.cells ?? [];
    const shared = entry.rows.every((row) => cells[row] === cells[entry.rows[0]]);
    return shared && cells[entry.rows[0]] !== null ? html`<span class="faint">${value(cells[entry.rows[0]])}</span>` : null;
  }
  const statistics = isMeasured(column) ? statisticsOf(table, entry.counted, column) : null;
  if (!statistics) return null;
  if (statistics.mixed) return html`<span class="faint" title=${t("units.differ")}>–<span class="unseen">${t("units.differ")}</span></span>`;
  // Runs that differ in more than their seeds are no repetitions: their spread is no error of the mean.
  const error = mixed ? NaN : errorOf(statistics, option("TABLE_ERROR", "se"));
  const best = summary.groupBest.has(column) && summary.groupBest.get(column) === statistics.mean;
  const text = html`${number(statistics.mean, 4, true)}${Number.isFinite(error) && html` <span class="error">± ${number(error, 2)}</span>`}`;
  return html`${best ? html`<b class="best" title=${t("best.what")}>${text}<span class="unseen">${t("best.what")}</span></b>` : text}
    ${statistics.n < entry.rows.length && html` <small class="faint" title=${t("group.measured", { n: statistics.n, all: entry.rows.length })}>n=${statistics.n}</small>`}
    <${Delta} ...${{ table, column, raw: statistics.mean, summary }} />`;
}

export function CardHead({ entry, toggleGroup, table, columns, summary, now }) {
  const mixed = mixedParameters(table, entry.counted, now.group).length > 0;
  const measured = columns.filter((key) => isMeasured(key) && !key.startsWith("curve:"));
  return html`<div role="listitem" class="card group"><${GroupButton} ...${{ entry, toggleGroup, name: entry.group || t("blank") }} />
    <div class="facts">${measured.slice(0, 4).map((key) => html`<span key=${key}><small>${title(table, key)}</small> <${GroupValue} ...${{ table, column: key, entry, summary, mixed }} /></span>`)}</div>
  </div>`;
}

function GroupButton({ entry, toggleGroup, name, tab = undefined }) {
  return html`<button type="button" class="fold" tabindex=${tab} aria-expanded=${!entry.collapsed} onClick=${() => toggleGroup(entry.group)}>
    <${Icon} name=${entry.collapsed ? "right" : "chevron"} size="14" /><span class="cut" title=${name}>${name}</span> <small>${t("runs.count", { n: entry.rows.length })}</small>
  </button>`;
}

export function Card({ entry: row, at, table, columns, marks, tabStop, common, summary, now }) {
  const id = cell(table, "id", row);
  const name = cell(table, "name", row);
  const chosen = selected.value.has(id);
  const off = summary.without.has(id);
  const facts = columns.filter((key) => key !== "started" && !key.startsWith("curve:") && cell(table, key, row) !== null);
  return html`<div role="listitem" class=${classes("card", { chosen, off })} data-line=${at}>
    <${Pick} ...${{ id, name, at, chosen, marks }} />
    <div>
      <div class="title"><${Name} ...${{ table, row, id, name, at, tabStop, common, summary, now }} /></div>
      <div class="facts">${facts.slice(0, 6).map((key) => html`<span key=${key}><small>${title(table, key)}</small> <${Value} ...${{ table, column: key, row, id, summary, counted: !off && !cell(table, "hidden", row) }} /></span>`)}</div>
      <div class="foot"><${Status} value=${cell(table, "status", row)} /><span class="faint"><${Cell} table=${table} name="started" row=${row} /></span></div>
    </div>
  </div>`;
}

/** What the columns are compared with; a click ends it. */
export function BaselineChip({ summary, now }) {
  if (!now.baseline) return null;
  const name = summary.baseline?.name ?? t("baseline.gone");
  return html`<${Button} class="only" label=${t("baseline.end")} onClick=${() => toggleBaseline(now.baseline)}><span class="cut">${t("baseline.is", { name })}</span><${Icon} name="close" size="12" /><//>`;
}
