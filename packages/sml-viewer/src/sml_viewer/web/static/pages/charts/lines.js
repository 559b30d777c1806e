// The lines of all charts: which is which, shown or hidden by its eye, found in the charts by pointing at it.
import { option, setOptions } from "../../lib/config.js";
import { number } from "../../lib/format.js";
import { setLook } from "../../lib/look.js";
import { addressOf } from "../../lib/route.js";
import { classes, html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { askText } from "../../widgets/dialog.js";
import { Icon } from "../../widgets/icon.js";
import { Select } from "../../widgets/field.js";
import { Swatch } from "../plots/styles.js";
import { pointed } from "./state.js";

const MOST = [10, 20, 50]; // lines that may be drawn at once
const LISTED = 100;

/** `data` of the charts; `visible` keys of lines that are shown; `look` what is looked at. */
export function Lines({ data, visible, look, metrics }) {
  const [all, setAll] = useState(false);
  const shown = all ? data.lines : data.lines.slice(0, Math.max(LISTED, visible.size));
  const flip = (line) => {
    const without = (list) => list.filter((each) => each !== line.key);
    if (visible.has(line.key)) setLook(line.drawn ? { off: [...look.off, line.key] } : { on: without(look.on) }, `eye ${line.key}`);
    else setLook(line.drawn ? { off: without(look.off) } : { on: [...look.on, line.key] }, `eye ${line.key}`);
  };
  const alone = (line) => {
    const others = data.lines.filter((each) => each.drawn && each.key !== line.key).map((each) => each.key);
    const single = visible.size === 1 && visible.has(line.key);
    setLook(single ? { off: [], on: [] } : { off: others, on: line.drawn ? [] : [line.key] }, "alone");
  };
  const most = Number(look.most) || MOST[0];
  return html`<section class="lines" aria-label=${t(`charts.lines.${data.by}`)}>
    <header>
      <h2>${t(`charts.count.${data.by}`, { n: data.total })}${data.by === "groups" && html` <small class="faint">${t("charts.count.runs", { n: data.runs })}</small>`}</h2>
      <${Select} label=${t("charts.score")} value=${data.score} options=${metrics} onChange=${(score) => setLook({ score }, "score")} />
      ${data.total > MOST[0] && html`<p class="faint">${t("charts.best", { n: Math.min(most, data.total), total: data.total })}
        ${MOST.filter((each) => each !== most && (each < data.total || each > most)).map((each) => html` <button type="button" class="link" onClick=${() => setLook({ most: each === MOST[0] ? "" : String(each) }, "most")}>${t("charts.most", { n: Math.min(each, data.total) })}</button>`)}
      </p>`}
      ${data.common && html`<p class="faint cut" title=${data.common}>${data.common}</p>`}
    </header>
    ${parts(data, shown).map(([title, members]) => html`${title && html`<h3>${title}</h3>`}<ul onPointerLeave=${() => (pointed.value = null)}>
      ${members.map((line) => html`<li key=${line.key} class=${classes({ off: !visible.has(line.key), marked: pointed.value === line.key })} onPointerEnter=${() => (pointed.value = visible.has(line.key) ? line.key : null)}>
        <button type="button" class="eye" aria-pressed=${visible.has(line.key)} onClick=${() => flip(line)}
          title=${t(visible.has(line.key) ? "charts.hide" : "charts.show", { name: line.name })} aria-label=${t("charts.eye", { name: line.name })}
        ><${Icon} name=${visible.has(line.key) ? "show" : "hide"} size="14" /></button>
        <button type="button" class="name" title=${`${line.name}\n${t("charts.alone")}`} onClick=${() => alone(line)}
          onFocus=${() => (pointed.value = visible.has(line.key) ? line.key : null)} onBlur=${() => (pointed.value = null)}>
          <${Swatch} colour=${line.colour} style=${line.dashes} /><${Middle} text=${title ? line.short : line.label} />
        </button>
        ${broken(line) > 0 && html`<span class="sign bad" title=${t("legend.broken", { n: broken(line) })}>✕${line.runs > 1 ? ` ${broken(line)}` : ""}</span>`}
        ${data.by === "groups" && html`<button type="button" class="rename" title=${t("charts.rename", { name: line.algorithm })} aria-label=${t("charts.rename", { name: line.algorithm })} onClick=${() => rename(line.algorithm)}><${Icon} name="note" size="12" /></button>`}
        ${data.by === "groups" && html`<small class="faint" title=${t("charts.count.runs", { n: line.runs })}>${line.runs}</small>`}
        <small class="score">${number(line.score)}</small>
        ${data.by === "runs" && html`<a class="open" href=${addressOf(`/run/${encodeURIComponent(line.key)}`)} title=${t("charts.open", { name: line.name })} aria-label=${t("charts.open", { name: line.name })}><${Icon} name="right" size="12" /></a>`}
      </li>`)}
    </ul>`)}
    ${shown.length < data.lines.length && html`<button type="button" class="link" onClick=${() => setAll(true)}>${t("charts.listall", { n: data.lines.length })}</button>`}
    ${data.notes.length > 0 && html`<details class="faint"><summary>${t("charts.notes", { n: data.notes.length })}</summary>${data.notes.map((note) => html`<p>${note}</p>`)}</details>`}
  </section>`;
}

/** Give a group another name, everywhere: in charts, figures, tables and the copied command. "" takes it back. */
async function rename(algorithm) {
  const names = option("SHORT_NAME_FROM_CONFIG", {});
  const original = Object.keys(names).find((key) => names[key] === algorithm) ?? algorithm;
  const typed = await askText(t("charts.rename", { name: original }), { label: t("charts.name"), value: algorithm });
  if (typed === null) return;
  const { [original]: _old, ...others } = names;
  const next = typed.trim() && typed.trim() !== original ? { ...others, [original]: typed.trim() } : others;
  setOptions({ SHORT_NAME_FROM_CONFIG: Object.keys(next).length ? next : undefined });
}

/** A text that is cut in the middle where it is too long: names differ at both ends. */
function Middle({ text }) {
  const tail = text.length > 16 ? 11 : 0;
  return html`<span class="middle"><span>${tail ? text.slice(0, -tail) : text}</span>${tail > 0 && html`<span>${text.slice(-tail)}</span>`}</span>`;
}

/** The lines by sub-figure, where groups are of several; each still the best first. */
function parts(data, shown) {
  const titles = [...new Set(shown.map((line) => line.title))];
  if (data.by !== "groups" || titles.length < 2) return [["", shown]];
  const short = (line) => ({ ...line, short: line.label.startsWith(`${line.title} · `) ? line.label.slice(line.title.length + 3) : line.label });
  return titles.map((title) => [title, shown.filter((line) => line.title === title).map(short)]);
}

const broken = ({ states }) => (states.failed ?? 0) + (states.killed ?? 0) + (states.lost ?? 0);
