// The settings of figures and tables, by purpose: the tab decides which group is open, and a search opens what it finds.
import { option as valueOf } from "../../lib/config.js";
import { pairKey } from "../../lib/pairs.js";
import { param } from "../../lib/route.js";
import { html, useLayoutEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Progress, Failed } from "../../widgets/states.js";
import { Cards } from "../adjust/adjust.js";
import { PathField } from "../plots/folder_field.js";
import { OptionField, Scope, labelOf } from "../plots/form.js";
import { Metric } from "../plots/metric.js";
import { SCOPES, layer } from "../plots/overrides.js";
import { byPurpose } from "./purposes.js";

export function Settings({ tab, options, counts, error }) {
  const [word, setWord] = useState("");
  const [card, setCard] = useState(/** @type {string | null} */ (null));
  const [folds, setFolds] = useState({});
  const pane = useScroll(tab);
  const pairs = counts?.pairs ?? [];
  const titles = counts?.titles.map(([title]) => title) ?? [];
  const target = { scope: param("scope") || "default", pair: param("pair") || (pairs.length ? pairKey(pairs[0]) : undefined), title: param("title") || titles[0] };
  const words = word.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const { sections, table, cards } = byPurpose(options, words, SCOPES[target.scope]);
  const hits = { "/param_adjust": cards.length, "/plot": sections.length, "/table": table.length };
  const isOpen = (group) => (words.length ? hits[group] > 0 : (folds[`${tab} ${group}`] ?? group === tab));
  /** @type {(group: string) => object} */
  const fold = (group) => ({
    group, open: isOpen(group), hidden: words.length > 0 && !hits[group],
    onFold: (open) => words.length || setFolds({ ...folds, [`${tab} ${group}`]: open }),
  });
  useLayoutEffect(() => {
    if (card && openCard(card)) setCard(null);
  }, [card, counts]); // the cards come with the counts
  const show = (id) => {
    setWord("");
    setFolds({ ...folds, [`${tab} /param_adjust`]: true });
    setCard(id);
  };
  return html`<aside class="left" aria-label=${t("options")} ref=${pane}>
    <${PathField} />
    <${Metric} counts=${counts} />
    <input class="plain-field" type="search" value=${word} placeholder=${t("options.search")} aria-label=${t("options.search")}
      onInput=${(event) => (setWord(event.target.value), setCard(null))} spellcheck=${false} />
    <${Group} ...${fold("/param_adjust")} title="purpose.runs">
      ${words.length > 0 && html`<ul class="elsewhere">${cards.map(([each, id]) => html`<li key=${each.name} title=${each.name}><button type="button" class="link" onClick=${() => show(id)}>${labelOf(each)}</button></li>`)}</ul>`}
      <div class="steps" hidden=${words.length > 0}>${counts ? html`<${Cards} counts=${counts} error=${error} />` : error ? html`<${Failed} error=${error} />` : html`<${Progress} />`}</div>
    <//>
    ${(isOpen("/plot") || isOpen("/table")) && html`<${Scope} target=${target} pairs=${pairs} titles=${titles} />`}
    <${Group} ...${fold("/plot")} title="purpose.figure">
      ${sections.map(([name, list]) => html`<${Section} key=${name} name=${name} list=${list} target=${target} open=${words.length > 0 || name === "curves"} />`)}
    <//>
    <${Group} ...${fold("/table")} title="purpose.table">
      ${table.filter((each) => words.length || isUsed(each)).map((each) => html`<${OptionField} key=${`${each.name} ${JSON.stringify(target)}`} option=${each} target=${target} />`)}
    <//>
    ${words.length > 0 && !Object.values(hits).some(Boolean) && html`<p class="faint">${t("options.none")}</p>`}
  </aside>`;
}

const isUsed = (each) => each.name !== "TABLE_LAST_K" || valueOf("TABLE_SCORE", "last") === "last_k";

/** Keep for each tab how far the settings are scrolled. */
function useScroll(tab) {
  const pane = useRef(/** @type {HTMLElement | null} */ (null));
  const tops = useRef(/** @type {Record<string, number>} */ ({})).current;
  useLayoutEffect(() => {
    const element = pane.current;
    if (!element) return undefined;
    element.scrollTop = tops[tab] ?? 0;
    const note = () => (tops[tab] = element.scrollTop);
    element.addEventListener("scroll", note, { passive: true });
    return () => element.removeEventListener("scroll", note);
  }, [tab]);
  return pane;
}

/** Unfold a card, scroll to it, and let the keyboard go on there. Returns whether there is such a card. */
function openCard(id) {
  const card = document.getElementById(id);
  if (card instanceof HTMLDetailsElement) card.open = true;
  card?.scrollIntoView({ block: "start" });
  /** @type {HTMLElement | null | undefined} */ (card?.querySelector("summary, input, button"))?.focus({ preventScroll: true });
  return card !== null;
}

/** A group of settings; what it holds is drawn when it is first opened, and stays. */
function Group({ group, title, open, hidden, onFold, children }) {
  const seen = useRef(false);
  seen.current ||= open;
  return html`<details class="purpose" data-group=${group.slice(1)} open=${open} hidden=${hidden} onToggle=${(event) => event.target.open !== open && onFold(event.target.open)}>
    <summary><h2>${t(title)}</h2></summary>
    ${seen.current && html`<div class="options">${children}</div>`}
  </details>`;
}

function Section({ name, list, target, open }) {
  const set = list.filter((each) => each.name in layer(target)).length;
  return html`<details open=${open}>
    <summary>${t(`options.${name}`)}${set > 0 && html`<span class="chip">${t("options.set", { n: set })}</span>`}</summary>
    ${list.map((each) => html`<${OptionField} key=${`${each.name} ${JSON.stringify(target)}`} option=${each} target=${target} />`)}
  </details>`;
}
