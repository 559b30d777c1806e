// Table of trials: name, score and parameters of each run; sorted by a click, selected everywhere by its box.
import { selected, setViewState } from "../../lib/view_state.js";
import { addressOf, param } from "../../lib/route.js";
import { classes, html, useMemo, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Icon } from "../../widgets/icon.js";
import { SCORE, textOf } from "./columns.js";

const FEW = 50; // rows shown at first
const NAME = "(name)";
const collator = new Intl.Collator(undefined, { numeric: true });

/** `columns` with the score last; `largest` whether the best score is the largest; `chosen` rows, or null. */
export function Trials({ trials, columns, largest, chosen }) {
  const [all, setAll] = useState(false);
  const sort = param("sort") || (largest ? `-${SCORE}` : SCORE);
  const rows = useMemo(() => sortedRows(trials, columns, sort), [trials, columns, sort]);
  const listed = useMemo(() => (chosen ? rows.filter((row) => chosen.has(row)) : rows), [rows, chosen]);
  const shown = all ? listed : listed.slice(0, FEW);
  const ids = listed.map((row) => trials.ids[row]);
  const every = ids.length > 0 && ids.every((id) => selected.value.has(id));
  const toggle = (id) => {
    const next = new Set(selected.peek());
    if (!next.delete(id)) next.add(id);
    selected.value = next;
  };
  const ordered = [...columns.filter((column) => column.key === SCORE), ...columns.filter((column) => column.key !== SCORE)];
  return html`<div class="trialscroll" tabindex="0" role="group" aria-label=${t("hyper.trials")}><table class="trials">
    <thead><tr>
      <td><input type="checkbox" aria-label=${t("select.all")} checked=${every} onChange=${() => (selected.value = new Set(every ? [] : ids))} /></td>
      <${Head} sortKey=${NAME} title=${t("hyper.run")} sort=${sort} />
      ${ordered.map((column) => html`<${Head} key=${column.key} sortKey=${column.key} title=${column.title} numeric=${column.numeric} down=${column.key === SCORE && largest} sort=${sort} />`)}
    </tr></thead>
    <tbody>${shown.map((row) => {
      const [id, name] = [trials.ids[row], trials.names[row]];
      return html`<tr key=${id} class=${classes({ chosen: selected.value.has(id) })}>
        <td><input type="checkbox" aria-label=${t("select.one", { name })} checked=${selected.value.has(id)} onChange=${() => toggle(id)} /></td>
        <th scope="row"><a href=${addressOf(`/run/${encodeURIComponent(id)}`)} title=${name}>${name}</a></th>
        ${ordered.map((column) => html`<td key=${column.key} class=${column.numeric ? "number" : "cut"}>${textOf(column, column.cells[row])}</td>`)}
      </tr>`;
    })}</tbody>
  </table></div>
  ${shown.length < listed.length && html`<p><button type="button" class="link" onClick=${() => setAll(true)}>${t("charts.allof", { n: listed.length })}</button></p>`}`;
}

function Head({ sortKey, title, numeric = false, down = false, sort }) {
  const direction = sort === sortKey ? "ascending" : sort === `-${sortKey}` ? "descending" : undefined;
  const [first, other] = down ? [`-${sortKey}`, sortKey] : [sortKey, `-${sortKey}`];
  return html`<th scope="col" class=${classes({ number: numeric })} aria-sort=${direction}>
    <button type="button" title=${title} onClick=${() => setViewState({ sort: sort === first ? other : first }, "sort")}>
      <span>${title}</span>${direction && html`<${Icon} name=${direction === "ascending" ? "up" : "down"} size="12" />`}
    </button>
  </th>`;
}

/** Rows in the order of a column, `-key` descending; missing values come last either way. */
function sortedRows(trials, columns, sort) {
  const rows = trials.ids.map((_, row) => row);
  const direction = sort.startsWith("-") ? -1 : 1;
  const key = sort.replace(/^-/, "");
  if (key === NAME) return rows.sort((a, b) => direction * collator.compare(trials.names[a], trials.names[b]));
  const cells = columns.find((column) => column.key === key)?.cells;
  if (!cells) return rows;
  const missing = (row) => Number(cells[row] === null);
  return rows.sort((a, b) => missing(a) - missing(b) || direction * (cells[a] - cells[b]) || a - b);
}
