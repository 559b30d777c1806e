// Choose the columns and the grouping of the list.
import { setViewState } from "../../lib/view_state.js";
import { html, useMemo, useState } from "../../lib/ui.js";
import { language, t } from "../../lib/i18n.js";
import { Menu, Popover } from "../../widgets/button.js";
import { Checkbox } from "../../widgets/field.js";
import { Icon } from "../../widgets/icon.js";
import { facts, shortTitle, shownColumns, sortBy, sortKey, title } from "./view.js";

const KINDS = ["last", "best", "least", "curve"];
const MAX_NAMES = 2; // in the button; its box lists all
const MAX_LETTERS = 12; // of these names together
const MAX_BOXES = 100; // checkboxes of a section at once; the search narrows the rest

export function Columns({ table, now }) {
  return html`<${Popover} icon="columns" label=${t("columns.title")} text=${t("columns")} kind="plain" align="end">
    ${() => html`<${Chooser} table=${table} now=${now} />`}
  <//>`;
}

function Chooser({ table, now }) {
  const [typed, setTyped] = useState("");
  const chosen = now.columns.length ? now.columns : shownColumns(table, now);
  const toggle = (key) =>
    setViewState({ column: chosen.includes(key) ? chosen.filter((each) => each !== key) : [...chosen, key] });
  const sections = useMemo(() => sectionsOf(table), [table, language.value]);
  const needle = typed.toLowerCase();
  return html`<div class="chooser sections">
    <input class="plain-field" type="search" aria-label=${t("columns.find")} placeholder=${t("columns.find")} value=${typed}
      onInput=${(event) => setTyped(event.target.value)} />
    <div class="list">
      ${sections.map(([words, entries]) => {
        const matching = needle ? entries.filter(([, , text]) => text.includes(needle)) : entries;
        return matching.length > 0 && html`<fieldset>
          <legend>${t(words)}</legend>
          ${matching.slice(0, MAX_BOXES).map(([key, isVarying]) => html`<${Checkbox}
            key=${key} checked=${chosen.includes(key)} onChange=${() => toggle(key)}
            label=${html`<span class=${isVarying ? "" : "faint"}>${title(table, key)}</span>`}
          />`)}
          ${matching.length > MAX_BOXES && html`<p class="faint">${t("columns.more", { n: matching.length - MAX_BOXES })}</p>`}
        </fieldset>`;
      })}
    </div>
    <button type="button" class="link" disabled=${!now.columns.length} onClick=${() => setViewState({ column: [] })}>${t("columns.reset")}</button>
  </div>`;
}

/** The columns to choose from, with whether they differ and the text that is searched. There may be thousands of metrics. */
function sectionsOf(table) {
  const differing = [...table.parameters].sort((a, b) => Number(b.differs) - Number(a.differs));
  const around = KINDS.map((kind) => [kind, ...t(`column.${kind}`, { name: "\0" }).toLowerCase().split("\0")]);
  return [
    ["columns.metrics", table.metrics.flatMap((name) => {
      const text = name.toLowerCase();
      return around.map(([kind, before, after]) => [`${kind}:${name}`, true, before + text + after]);
    })],
    ["columns.parameters", differing.map(({ name, differs }) => [`parameter:${name}`, differs, name.toLowerCase()])],
    ["columns.facts", [...facts(table), ...table.peaks.map((name) => `peak:${name}`)].map((key) => [key, true, title(table, key).toLowerCase()])],
  ]; // prettier-ignore
}

/** The order of the cards on a phone, which have no titles to click; the same column again reverses it. */
export function Sorting({ table, now, mixed }) {
  const [key, down] = [now.sort.replace(/^-/, ""), now.sort.startsWith("-")];
  const keys = [...new Set([key, ...["status", "name", ...shownColumns(table, now)].map(sortKey)])];
  return html`<${Menu} icon=${down ? "down" : "up"} label=${t("sort.title")} aria-label=${t("sort.by", { name: title(table, key) })} text=${html`${mixed.has(key) && html`<span class="sign warn"><${Icon} name="warning" size="12" /><span class="unseen">${t("units.sorted", { name: title(table, key) })}</span></span>`}<span class="cut">${shortTitle(table, key)}</span>`} kind="plain" align="end" items=${keys.map((each) => ({
    icon: each === key ? (down ? "up" : "down") : "",
    label: title(table, each),
    act: () => sortBy(table, each),
  }))} />`;
}

export function Grouping({ table, now }) {
  const keys = ["status", "host", ...table.parameters.filter((each) => each.differs && !each.unique).map((each) => `parameter:${each.name}`)];
  return html`<${GroupBy} keys=${keys} chosen=${now.group} titleOf=${(key) => title(table, key)} />`;
}

/** The columns by which runs are grouped: in the list and, if they are parameters, in charts and tables. */
export function GroupBy({ keys, chosen, automatic = [], titleOf }) {
  const names = chosen.length ? chosen.map(titleOf) : automatic;
  const shown = names.slice(0, names.slice(0, MAX_NAMES).join(", ").length > MAX_LETTERS ? 1 : MAX_NAMES);
  const more = names.length - shown.length;
  const name = shown.join(", ") + (more > 0 ? ` +${more}` : "");
  const text = names.length ? t("group.by", { name }) : t("group");
  const toggle = (key, on) => setViewState({ group: on ? [...chosen, key] : chosen.filter((each) => each !== key) }, "group");
  return html`<${Popover} icon="group" label=${t("group.title")} text=${text} kind="plain" align="end">
    ${(close) => html`<div class="chooser">
      <div class="list"><fieldset><legend class="unseen">${t("group.title")}</legend>
        ${[...new Set([...chosen, ...keys])].map((key) => html`<${Checkbox} key=${key} label=${titleOf(key)} checked=${chosen.includes(key)} onChange=${(on) => toggle(key, on)} />`)}
      </fieldset></div>
      <button type="button" class="link" disabled=${!chosen.length} onClick=${() => (close(), setViewState({ group: [] }, "group"))}>${t(automatic.length ? "group.auto" : "group.none")}</button>
    </div>`}
  <//>`;
}
