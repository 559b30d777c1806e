// List of the lines of all charts: shown or hidden by their eye, highlighted in the charts while hovered.
import { option, setOptions } from "../../lib/config.js";
import { number } from "../../lib/format.js";
import { selected, setViewState } from "../../lib/view_state.js";
import { addressOf } from "../../lib/route.js";
import { classes, html, useMemo, useState } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";
import { promptText } from "../../widgets/dialog.js";
import { Icon } from "../../widgets/icon.js";
import { Select } from "../../widgets/field.js";
import { ColourField, renamedColour } from "../plots/curve_colour.js";
import { LegendName, commonParts } from "../runs/names.js";
import { hovered } from "./state.js";

const LIMITS = [10, 20, 50]; // lines that may be drawn at once
const LISTED = 100;
const MOST_OF_RUN = 42; // letters of a run's name

/** `data` of the charts; `visible` keys of shown lines; `view` the view state. */
export function Lines({ data, visible, view, metrics }) {
  const [all, setAll] = useState(false);
  const shown = all ? data.lines : data.lines.slice(0, Math.max(LISTED, visible.size));
  const toggle = (line) => {
    const without = (list) => list.filter((each) => each !== line.key);
    if (visible.has(line.key)) setViewState(line.drawn ? { off: [...view.off, line.key] } : { on: without(view.on) }, `eye ${line.key}`);
    else setViewState(line.drawn ? { off: without(view.off) } : { on: [...view.on, line.key] }, `eye ${line.key}`);
  };
  const showOnly = (line) => {
    const others = data.lines.filter((each) => each.drawn && each.key !== line.key).map((each) => each.key);
    const single = visible.size === 1 && visible.has(line.key);
    setViewState(single ? { off: [], on: [] } : { off: others, on: line.drawn ? [] : [line.key] }, "alone");
  };
  const nameOf = (line) => (data.by === "runs" ? line.name : line.label);
  // The drawn lines are told apart first: what these share is dim, also if others lack it.
  const common = useMemo(() => new Map([true, false].map((drawn) => [drawn, commonParts(data.lines.filter((line) => line.drawn === drawn).map(nameOf))])), [data]);
  return html`<section class="lines" aria-label=${t(`charts.lines.${data.by}`)}>
    <header>
      <h2>${t(`charts.count.${data.by}`, { n: data.total })}${data.by === "groups" && html` <small class="faint">${t("charts.count.runs", { n: data.runs })}</small>`}</h2>
      <${Select} label=${t("charts.score")} value=${data.score} options=${metrics} onChange=${(score) => setViewState({ score }, "score")} />
      <${DrawnCount} data=${data} view=${view} />
      ${data.common && html`<p class="faint cut" title=${data.common}>${data.common}</p>`}
    </header>
    ${sectionsOf(data, shown).map(([title, members]) => html`${title && html`<h3>${title}</h3>`}<ul onPointerLeave=${() => (hovered.value = null)}>
      ${members.map((line) => html`<li key=${line.key} class=${classes({ off: !visible.has(line.key), marked: hovered.value === line.key, chosen: line.ids.some((id) => selected.value.has(id)) })} onPointerEnter=${() => (hovered.value = visible.has(line.key) ? line.key : null)}>
        <button type="button" class="eye" aria-pressed=${visible.has(line.key)} onClick=${() => toggle(line)}
          title=${t(visible.has(line.key) ? "charts.hide" : "charts.show", { name: line.name })} aria-label=${t("charts.eye", { name: line.name })}
        ><${Icon} name=${visible.has(line.key) ? "show" : "hide"} size="14" /></button>
        <${ColourField} name=${data.by === "groups" ? line.algorithm : line.name} colour=${line.colour} dashes=${line.dashes} />
        <button type="button" class="name" title=${`${line.name}\n${t("charts.alone")}`} onClick=${() => showOnly(line)}
          onFocus=${() => (hovered.value = visible.has(line.key) ? line.key : null)} onBlur=${() => (hovered.value = null)}>
          <${LegendName} name=${title ? line.short : nameOf(line)} common=${title ? undefined : common.get(line.drawn)} most=${data.by === "runs" ? MOST_OF_RUN : undefined} />
        </button>
        <${Broken} line=${line} />
        ${data.by === "groups" && html`<button type="button" class="rename" title=${t("charts.rename", { name: nameText(line.algorithm) })} aria-label=${t("charts.rename", { name: nameText(line.algorithm) })} onClick=${() => rename(line.algorithm)}><${Icon} name="note" size="12" /></button>`}
        ${data.by === "groups" && html`<small class="faint" title=${t("charts.count.runs", { n: line.runs })}>${line.runs}</small>`}
        <small class="score">${number(line.score)}</small>
        ${data.by === "runs" && html`<a class="open" href=${addressOf(`/run/${encodeURIComponent(line.key)}`)} title=${t("charts.open", { name: line.name })} aria-label=${t("charts.open", { name: line.name })}><${Icon} name="right" size="12" /></a>`}
      </li>`)}
    </ul>`)}
    ${shown.length < data.lines.length && html`<button type="button" class="link" onClick=${() => setAll(true)}>${t("charts.listall", { n: data.lines.length })}</button>`}
    ${data.notes.length > 0 && html`<details class="faint"><summary>${t("charts.notes", { n: data.notes.length })}</summary>${data.notes.map((note) => html`<p>${note}</p>`)}</details>`}
  </section>`;
}

/** How many of the lines are drawn, if not all, and how to draw more. */
export function DrawnCount({ data, view }) {
  const most = Number(view.most) || LIMITS[0];
  if (data.total <= LIMITS[0]) return null;
  return html`<p class="faint">${t("charts.best", { n: Math.min(most, data.total), total: data.total })}
    ${LIMITS.filter((each, index) => each !== most && (each < data.total || (each > most && !(LIMITS[index - 1] > most)))).map((each) => html` <button type="button" class="link" onClick=${() => setViewState({ most: each === LIMITS[0] ? "" : String(each) }, "most")}>${t("charts.most", { n: Math.min(each, data.total) })}</button>`)}
  </p>`;
}

/** Give a group another name, everywhere: in charts, figures, tables and the copied command. "" restores the original. */
async function rename(algorithm) {
  const names = option("SHORT_NAME_FROM_CONFIG", {});
  const original = Object.keys(names).find((key) => names[key] === algorithm) ?? algorithm;
  const typed = await promptText(t("charts.rename", { name: nameText(original) }), { label: t("charts.name"), value: algorithm });
  if (typed === null) return;
  const { [original]: _old, ...others } = names;
  const next = typed.trim() && typed.trim() !== original ? { ...others, [original]: typed.trim() } : others;
  setOptions({ SHORT_NAME_FROM_CONFIG: Object.keys(next).length ? next : undefined, ...renamedColour(algorithm, next[original] ?? original) });
}

/** The lines by sub-figure, if groups belong to several; the best first in each. */
function sectionsOf(data, shown) {
  const titles = [...new Set(shown.map((line) => line.title))];
  if (data.by !== "groups" || titles.length < 2) return [["", shown]];
  const short = (line) => ({ ...line, short: line.label.startsWith(`${line.title} · `) ? line.label.slice(line.title.length + 3) : line.label });
  return titles.map((title) => [title, shown.filter((line) => line.title === title).map(short)]);
}

/** How many runs of a line broke off; leads to that run, or to the list of all that did. */
function Broken({ line: { broken, runs } }) {
  if (!broken.length) return null;
  const label = t("legend.broken", { n: broken.length });
  const address = broken.length === 1 ? addressOf(`/run/${encodeURIComponent(broken[0])}`) : addressOf("/experiment", { show: "failed" });
  return html`<a class="sign bad" href=${address} title=${label} aria-label=${label}>✕${runs > 1 ? ` ${broken.length}` : ""}</a>`;
}
