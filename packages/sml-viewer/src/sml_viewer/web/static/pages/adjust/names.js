// Rename algorithms (with wildcards), columns and parameters.
import { option, setOptions } from "../../lib/config.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Combo } from "../../widgets/combo.js";
import { Card } from "./card.js";
import { renamedColour } from "../plots/curve_colour.js";
import { TextField } from "../../widgets/field.js";

export function AlgorithmNames({ counts }) {
  const map = option("SHORT_NAME_FROM_CONFIG", {});
  const marks = option("SHORT_NAME_FROM_CONFIG_PROPERTY", {});
  const numbers = new Map((counts?.renames ?? []).map((each) => [each.old, each.runs]));
  const originals = [...new Set((counts?.algorithms ?? []).flatMap((each) => each.originals))];
  const write = (entries, colours = {}) =>
    setOptions({
      ...colours,
      SHORT_NAME_FROM_CONFIG: entries.length ? Object.fromEntries(entries.map(([old, name]) => [old, name])) : undefined,
      SHORT_NAME_FROM_CONFIG_PROPERTY: entries.some(([, , wild]) => wild) ? Object.fromEntries(entries.filter(([, , wild]) => wild).map(([old]) => [old, { manual: true }])) : undefined,
    });
  const entries = Object.entries(map).map(([old, name]) => [old, name, Boolean(marks[old]?.manual)]);
  const change = (index, next) => write(entries.map((each, i) => (i === index ? next : each)), renamedColour(entries[index][1], next[1]));
  const add = (old) => write([...entries.filter(([each]) => each !== old), [old, old, /[*?]/.test(old)]]);
  return html`<section class="panel" id="names">
    <header><h2>${t("names")}</h2><span class="chip">${t("names.count", { n: counts?.algorithm_count ?? 0 })}</span></header>
    <div class="body">
      <p class="soft">${t("names.what")}</p>
      ${entries.map(([old, name, wild], index) => html`<div class="rename" key=${old}>
        <${Combo} label=${t("names.old")} hidden free value=${old} options=${originals} onChoose=${(next) => change(index, [next, name, wild || /[*?]/.test(next)])} />
        <button type="button" class="button bare wild" aria-pressed=${wild} title=${t("wildcard")} aria-label=${t("wildcard")} onClick=${() => change(index, [old, name, !wild])}>*</button>
        <span aria-hidden="true">→</span>
        <${TextField} label=${html`<span class="unseen">${t("names.new")}</span>`} value=${name} onChange=${(next) => next && change(index, [old, next, wild])} />
        <small class="faint">${t("names.caught", { n: numbers.get(old) ?? 0 })}</small>
        <${Button} icon="close" label=${t("names.drop", { name: old })} onClick=${() => write(entries.filter((_, i) => i !== index))} />
      </div>`)}
      <${Combo} label=${t("names.add")} hidden clear free placeholder=${`+ ${t("names.add")}`} options=${originals.filter((each) => !(each in map))} onChoose=${add} />
    </div>
  </section>`;
}

/** Renames of columns or parameters: `{old: new}`; they apply only where the new name does not exist. */
export function OtherNames({ id, name, title, help, options }) {
  const map = option(name, {});
  const entries = Object.entries(map);
  const write = (next) => setOptions({ [name]: next.length ? Object.fromEntries(next) : undefined });
  return html`<${Card} id=${id} title=${title} name=${name} fold=${!entries.length}>
      <p class="soft">${t(help)}</p>
      ${entries.map(([old, other], index) => html`<div class="rename" key=${old}>
        <span class="mono grow wrap">${old}</span><span aria-hidden="true">→</span>
        <${Combo} label=${t("names.new")} hidden free value=${other} options=${options.filter((each) => each !== old)} onChoose=${(next) => write(entries.map((each, i) => (i === index ? [old, next] : each)))} />
        <${Button} icon="close" label=${t("names.drop", { name: old })} onClick=${() => write(entries.filter((_, i) => i !== index))} />
      </div>`)}
      <${Combo} label=${t("names.add")} hidden clear free placeholder=${`+ ${t("names.add")}`} options=${options.filter((each) => !(each in map))} onChoose=${(old) => write([...entries, [old, old]])} />
  <//>`;
}
