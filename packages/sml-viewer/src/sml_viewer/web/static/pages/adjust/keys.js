// Choose merge keys, which name the algorithm, and separators, which make the sub-figures.
import { option, requestBody, setOptions } from "../../lib/config.js";
import { classes, html, useState } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";
import { number } from "../../lib/format.js";
import { Button } from "../../widgets/button.js";
import { Checkbox } from "../../widgets/field.js";
import { OrderedList } from "../../widgets/order.js";
import { Card } from "./card.js";
import { inLegendOrder } from "../plots/legend.js";
import { dropAlgorithm } from "./rules.js";

const INITIAL_KEYS = 12;

export function Merge({ counts }) {
  return html`<${Keys} id="merge" name="DATA_MERGER" title="merge" help="merge.what" counts=${counts} answered=${counts?.keys ?? []} />`;
}

export function Separators({ counts }) {
  return html`<${Keys} id="separators" name="FIGURE_SEPARATION" title="separators" help="separators.what" fold counts=${counts} answered=${counts?.separators ?? []}>
    <p class="soft">${t("separators.titles", { n: counts?.titles.length ?? 0 })}</p>
    <ul class="chips">${(counts?.titles ?? []).slice(0, 24).map(([title, runs]) => html`<li class="chip" key=${title}>${nameText(title) || t("all.runs")} <small>${runs}</small></li>`)}
      ${(counts?.titles.length ?? 0) > 24 && html`<li class="faint">…</li>`}</ul>
  <//>`;
}

function Keys({ id, name, title, help, counts, answered, fold = false, children = null }) {
  const [word, setWord] = useState("");
  const [all, setAll] = useState(false);
  // What is set here, which the counts follow; only automatic keys are known from these.
  const chosenIn = (body) => (body?.config[name]?.length ? body.config[name] : answered);
  const chosen = chosenIn(requestBody.value);
  const automatic = !requestBody.value?.config[name]?.length;
  const set = (keys) => setOptions({ [name]: keys });
  const toggle = (key, on) => {
    const others = chosenIn(requestBody.peek()).filter((each) => each !== key); // several clicks may come before this is shown
    set(on ? [...others, key] : others);
  };
  const parameters = (counts?.parameters ?? []).filter((each) => each.name.toLowerCase().includes(word.toLowerCase()));
  const varying = parameters.filter((each) => each.distinct > 1 || chosen.includes(each.name));
  const listed = all || word ? parameters : varying;
  const shown = listed.slice(0, all || word ? 200 : INITIAL_KEYS);
  const parameterOf = new Map((counts?.parameters ?? []).map((each) => [each.name, each]));
  return html`<${Card} id=${id} title=${title} name=${name} fold=${fold && automatic} head=${headOf(automatic, name)}>
      <p class="soft">${t(help)}</p>
      ${chosen.length > 0 && html`<${OrderedList} label=${t(title)} onOrder=${set} items=${chosen.map((key) => ({
        key,
        content: html`<span class="grow mono">${key}</span><${Distinct} key_=${parameterOf.get(key)} />${chosen.length > 1 && html`<${Button} icon="close" label=${t("keys.drop", { name: key })} onClick=${() => toggle(key, false)} />`}`,
      }))} />`}
      ${!chosen.length && html`<p class="faint">${t("keys.none")}</p>`}
      <input class="plain-field" type="search" value=${word} placeholder=${t("keys.search")} aria-label=${t("keys.search")} onInput=${(event) => setWord(event.target.value)} />
      <ul class="keylist">
        ${shown.filter((each) => !chosen.includes(each.name)).map((each) => html`<li key=${each.name} class=${classes({ unique: each.unique })}>
          <${Checkbox} label=${html`<span class="mono">${each.name}</span>`} checked=${false} onChange=${(on) => toggle(each.name, on)} />
          <${Distinct} key_=${each} />
        </li>`)}
      </ul>
      ${!word && parameters.length > varying.length && html`<${Button} kind="plain" onClick=${() => setAll(!all)}>${all ? t("keys.fewer") : t("keys.all", { n: parameters.length })}<//>`}
      ${children}
  <//>`;
}

/** Beside the title: that the option is automatic, or a button that makes it so. */
const headOf = (automatic, name) => (automatic
  ? html`<span class="chip">${t("automatic")}</span>`
  : html`<${Button} kind="plain" icon="undo" onClick=${(event) => (event.preventDefault(), setOptions({ [name]: undefined }))}>${t("automatic.back")}<//>`);

function Distinct({ key_: key }) {
  if (!key) return html`<small class="faint">${t("keys.absent")}</small>`;
  const examples = key.examples.map(short).join(", ");
  return html`<small class="faint distinct" title=${examples}>${key.unique ? t("keys.unique") : t("keys.distinct", { n: key.distinct })}<span class="cut"> ${examples}</span></small>`;
}

/** Long decimals as all numbers are written. */
const short = (text) => (/^-?\d+\.\d{6,}(e-?\d+)?$/i.test(text) ? number(Number(text)) : text);

// An entry of PLOTTING_ORDER that reserves a colour and draws nothing.
const PLACEHOLDER = "placeholder";

/** The order of curves and their colours; entries that draw nothing keep their position. */
export function Order({ counts, swatch }) {
  const answered = new Map(counts?.order ?? []);
  const known = new Set((counts?.algorithms ?? []).map((each) => each.name));
  const nameOf = (entry) => answered.get(entry) ?? (known.has(entry) ? entry : null);
  const own = option("PLOTTING_ORDER", []);
  const entries = (own.length ? own : [...answered.keys()]).map((entry, index) => ({ entry: nameOf(entry) ?? entry, name: nameOf(entry), key: nameOf(entry) ?? `${index} ${entry}` }));
  const listed = new Set(entries.map((each) => each.name));
  const rest = (counts?.algorithms ?? []).filter((each) => !listed.has(each.name)).map(({ name }) => ({ entry: name, name, key: name }));
  const all = [...entries, ...rest];
  const set = (entries) => setOptions({ PLOTTING_ORDER: entries.length ? entries.map((each) => each.entry) : undefined });
  const placeholderItem = ({ entry, key }) => html`<span class="grow cut faint" title=${entry}>${entry === PLACEHOLDER ? t("order.placeholder") : t("order.absent", { name: entry })}</span>
    <${Button} icon="close" label=${t("order.drop", { name: entry })} onClick=${() => set(all.filter((each) => each.key !== key))} />`;
  return html`<${Ordered} id="order" name="PLOTTING_ORDER" counts=${counts} swatch=${swatch} all=${all} onOrder=${set} placeholderItem=${placeholderItem}>
    <${Button} kind="plain" icon="plus" onClick=${() => set([...all, { entry: PLACEHOLDER }])}>${t("order.add")}<//>
  <//>`;
}

/** The order of the legend: by default that of the curves. */
export function LegendOrder({ counts, swatch }) {
  const all = inLegendOrder(counts?.legend ?? []).map((name) => ({ entry: name, name, key: name }));
  return html`<${Ordered} id="legendorder" name="LEGEND_ORDER" counts=${counts} swatch=${swatch} all=${all} onOrder=${(entries) => setOptions({ LEGEND_ORDER: entries.map((each) => each.entry) })} />`;
}

/** An option that is an order, edited by dragging or with Alt and an arrow key. */
function Ordered({ id, name, counts, swatch, all, onOrder, placeholderItem, children }) {
  const set = option(name, []).length > 0;
  const styles = new Map((counts?.algorithms ?? []).map((each) => [each.name, each]));
  const title = t(id === "order" ? "order" : "order.legend");
  const item = (each) => html`${swatch(styles.get(each.name))}<span class="grow cut" title=${nameText(each.name)}>${nameText(each.name)}</span><small class="faint">${t("runs.n", { n: styles.get(each.name).runs })}</small>
    ${id === "order" && option("USE_IGNORE_RULE", true) && html`<${Button} icon="show" label=${t("order.hide", { name: nameText(each.name) })} onClick=${() => dropAlgorithm(each.name)} />`}`;
  return html`<${Card} id=${id} title=${id === "order" ? "order" : "order.legend"} name=${name} fold=${id !== "order" && !set} head=${headOf(!set, name)}>
      <p class="soft">${t(id === "order" ? "order.what" : "order.legend.what")}</p>
      <div class="tall"><${OrderedList} label=${title} onOrder=${(keys) => onOrder(keys.map((key) => all.find((each) => each.key === key)))} items=${all.map((each) => ({
        key: each.key,
        label: each.entry,
        content: styles.has(each.name) ? item(each) : placeholderItem(each),
      }))} /></div>
      ${children}
  <//>`;
}
