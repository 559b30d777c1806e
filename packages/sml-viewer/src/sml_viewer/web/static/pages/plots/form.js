// Form of all plot options, generated from the server's table: searchable, for the figure or a part of it.
import { get } from "../../lib/api.js";
import { pairKey } from "../../lib/pairs.js";
import { addressOf, param, setParams } from "../../lib/route.js";
import { classes, html, useEffect, useState } from "../../lib/ui.js";
import { language, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Checkbox, Select, TextArea, TextField } from "../../widgets/field.js";
import { automaticValue } from "./automatic.js";
import { withErrorToast } from "../../lib/errors.js";
import { SCOPES, enclosingLayer, inherited, layer, setOverride } from "./overrides.js";

// Sections of the form; the first matching pattern decides. EDITED_ELSEWHERE are options that other parts of the page edit.
/** @type {[string, RegExp][]} */
const GROUPS = [
  ["curves", /^(USE_SMOOTH|SMOOTH_|CURVE_|LINE_WIDTH|MARKER_SIZE|SHADING_ALPHA)/],
  ["axes", /^(XMAX|XMIN|YMAX|YMIN|X_AXIS|Y_AXIS|FIXED_Y_LABEL)/],
  ["data", /^(PLOT_LOG_PATH|PLOT_FIGURE_SAVING_PATH|PLOT_MODE|MINIMUM_DATA_POINT_NUM|REQUIRE_RESAMPLE|PLOT_FOR_EVERY)$/],
  ["titles", /TITLE|RECORD_DATE_TIME|REPORT_PCA_EVAL/],
  ["legend", /LEGEND|SHOW_SEED_NUM|SORT_BY_PERFORMANCE|MIN_RELATIVE/],
  ["layout", /^(MAX_COLUMN|SUBFIGURE|SUBPLOT|FIGURE_PRESET|FONTSIZE|PNG_DPI)/],
  ["bars", /BAR/],
  ["tables", /^TABLE/],
  ["files", /^(FINAL_OUTPUT_NAME|OUTPUT_FILE)/],
  ["background", /AUTO/],
];
const EDITED_ELSEWHERE = /^(PLOT_LOG_PATH$|PLOTTING_XY|FIGURE_SEPARATION|DATA_|USE_IGNORE_RULE|SHORT_NAME_FROM|PLOTTING_ORDER|LEGEND_ORDER|CURVE_COLORS|FOCUS_|FIGURE_SERVER|FIGURE_TO)/;

// Cards of 绘图参数 that edit options, by the id of the card.
/** @type {[string, RegExp][]} */
const CARDS = [
  ["rules", /^(DATA_(IGNORE|SELECT)$|USE_IGNORE_RULE)/],
  ["merge", /^DATA_MERGER$/],
  ["pairs", /^PLOTTING_XY$/],
  ["names", /^SHORT_NAME_FROM_CONFIG$/],
  ["order", /^(PLOTTING_ORDER|CURVE_COLORS)$/],
  ["legendorder", /^LEGEND_ORDER$/],
  ["separators", /^FIGURE_SEPARATION$/],
  ["columns", /^DATA_KEY_RENAME_CONFIG$/],
  ["parameters", /^DATA_PARAMETER_RENAME_CONFIG$/],
];

/** Unfold a card of this page and scroll to it; a link to another page is followed. */
function openCard(event, id) {
  const card = document.getElementById(id);
  if (!card) return;
  event.preventDefault();
  if (card instanceof HTMLDetailsElement) card.open = true;
  card.scrollIntoView({ block: "start" });
}

const labelOf = (option) => (language.value === "zh" ? option.label_zh : option.label);

/** All options; null until they are loaded. */
export function useOptions() {
  const [options, setOptions] = useState(null);
  useEffect(() => void withErrorToast(() => get("/api/v1/options")).then((answer) => answer && setOptions(answer.options)), []);
  return options;
}

/**
 * `pairs` and `titles` are those of the figure; `only` restricts the form to these groups; `open`: the first group is open.
 * @param {{ options: import("../../lib/answers.d.ts").OptionShown[], pairs?: [string, string][], titles?: string[], only?: string[] | null, open?: boolean }} props
 */
export function OptionsForm({ options, pairs = [], titles = [], only = null, open = true }) {
  const [word, setWord] = useState("");
  const target = { scope: param("scope") || "default", pair: param("pair") || (pairs.length ? pairKey(pairs[0]) : undefined), title: param("title") || titles[0] };
  const letter = SCOPES[target.scope];
  const applicable = options.filter((each) => !EDITED_ELSEWHERE.test(each.name) && (letter === "F" || each.scope.includes(letter)));
  const words = word.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (each) => words.every((part) => `${each.name} ${each.label} ${each.label_zh}`.toLowerCase().includes(part));
  const matching = applicable.filter(matches);
  const cards = words.length && !only ? options.filter(matches).map((each) => /** @type {const} */ ([each, CARDS.find(([, pattern]) => pattern.test(each.name))?.[0]])).filter(([, id]) => id) : [];
  const shown = only ? GROUPS.filter(([name]) => only.includes(name)) : GROUPS;
  const groups = shown.map(([name]) => [name, matching.filter((each) => GROUPS.find(([, pattern]) => pattern.test(each.name))?.[0] === name)]);
  return html`<div class="options">
    <input class="plain-field" type="search" value=${word} placeholder=${t("options.search")} aria-label=${t("options.search")}
      onInput=${(event) => setWord(event.target.value)} spellcheck=${false} />
    <${Scope} target=${target} pairs=${pairs} titles=${titles} />
    ${groups.map(([name, list]) => list.length > 0 && html`<${Group} key=${name} name=${name} list=${list} target=${target} open=${words.length > 0 || (open && name === "curves")} />`)}
    ${cards.length > 0 && html`<ul class="elsewhere">${cards.map(([option, id]) => html`<li key=${option.name} title=${option.name}><a href=${`${addressOf("/param_adjust")}#${id}`} onClick=${(event) => openCard(event, id)}>${labelOf(option)}</a></li>`)}</ul>`}
    ${!matching.length && !cards.length && html`<p class="faint">${t("options.none")}</p>`}
  </div>`;
}

function Scope({ target, pairs, titles }) {
  const choose = (scope) => setParams({ scope: scope === "default" ? "" : scope });
  return html`<div class="scope">
    <${Select} label=${t("scope")} value=${target.scope} options=${Object.keys(SCOPES).map((name) => [name, t(`scope.${name}`)])} onChange=${choose} />
    ${(target.scope === "pair" || target.scope === "single") &&
    html`<${Select} label=${t("scope.pair.which")} value=${target.pair} options=${pairs.map((pair) => [pairKey(pair), `${pair[1]} / ${pair[0]}`])} onChange=${(pair) => setParams({ pair })} />`}
    ${(target.scope === "title" || target.scope === "single") &&
    html`<${Select} label=${t("scope.title.which")} value=${target.title} options=${titles} onChange=${(title) => setParams({ title })} />`}
  </div>`;
}

function Group({ name, list, target, open }) {
  const set = list.filter((each) => each.name in layer(target)).length;
  return html`<details open=${open}>
    <summary>${t(`options.${name}`)}${set > 0 && html`<span class="chip">${t("options.set", { n: set })}</span>`}</summary>
    ${list.map((each) => html`<${OptionField} key=${`${each.name} ${JSON.stringify(target)}`} option=${each} target=${target} />`)}
  </details>`;
}

/** An option: its control, and a button that resets it; its name on the command line is the tooltip. */
export function OptionField({ option, target = { scope: "default" } }) {
  const [error, setError] = useState(null);
  const values = layer(target);
  const isSet = option.name in values;
  const unset = inherited(option, target);
  // An unset option shows its automatic value, not a default that does not apply.
  const automatic = isSet ? undefined : automaticValue(option.name, target);
  const adapts = option.adapts && !enclosingLayer(option, target);
  const value = isSet ? values[option.name] : typeof automatic === "boolean" ? automatic : automatic !== undefined ? "" : adapts ? null : unset;
  const set = (typed) => {
    const [parsed, fault] = parse(option, typed);
    setError(fault);
    if (!fault) setOverride(target, option.name, parsed === null && !option.optional ? undefined : parsed);
  };
  const label = labelOf(option);
  return html`<div class=${classes("option", { set: isSet })} title=${option.name} data-option=${option.name}>
    <${Control} option=${option} label=${label} value=${value} error=${error} set=${set} automatic=${automatic} adapts=${adapts} />
    ${isSet && html`<${Button} icon="undo" label=${t("options.reset", { value: adapts ? t("options.auto") : format(unset) })} onClick=${() => (setError(null), setOverride(target, option.name, undefined))} />`}
  </div>`;
}

function Control({ option, label, value, error, set, automatic, adapts }) {
  const { kind, choices } = option;
  const optional = option.optional || adapts;
  if (kind === "bool" && !option.optional && typeof value === "boolean") return html`<${Checkbox} label=${label} checked=${value} onChange=${set} />`;
  if (kind === "bool") {
    const pairs = [[null, t("options.auto")], [true, t("yes")], [false, t("no")]]; // prettier-ignore
    return html`<${Select} label=${label} value=${value} options=${pairs} onChange=${set} />`;
  }
  if (choices.length) {
    const pairs = [...(adapts ? [[null, t("options.auto")]] : []), ...choices.map((each) => [each, choiceLabel(option.name, each)])]; // prettier-ignore
    return html`<${Select} label=${label} value=${value} options=${pairs} onChange=${set} error=${error} />`;
  }
  if (kind === "ranges") return html`<${TextArea} label=${label} hint=${t("options.ranges")} value=${JSON.stringify(value)} error=${error} onInput=${() => {}} onChange=${(event) => set(event.target.value)} rows="2" />`;
  const text = kind === "names" ? value.join(", ") : value;
  const mode = { int: "numeric", float: "decimal" }[kind];
  return html`<${TextField} label=${label} value=${text} error=${error} inputmode=${mode} placeholder=${automatic !== undefined ? t("options.acts", { value: automatic }) : optional ? t("options.auto") : ""}
    class=${kind === "path" ? "path" : undefined} onChange=${set} />`;
}

/** The words for a choice: those of its option, or those that all options share. */
function choiceLabel(option, choice) {
  const key = [`choice.${option}.${choice}`, `choice.${choice}`, `preset.${choice}`].find((each) => t(each) !== each);
  return key ? t(key) : choice;
}

/** Parse a typed value; returns `[value, error]`, one of them null. */
function parse(option, typed) {
  const { kind, low, high } = option;
  const optional = option.optional || option.adapts;
  if (typeof typed !== "string") return [typed, null];
  const text = typed.trim();
  if (!text && optional) return [null, null];
  if (kind === "int" || kind === "float") {
    const number = Number(text);
    const valid = text && Number.isFinite(number) && (kind === "float" || Number.isInteger(number));
    if (!valid || (low !== null && number < low) || (high !== null && number > high)) return [null, t("options.number", { kind: t(`options.${kind}`), low: low ?? "−∞", high: high ?? "∞" })];
    return [number, null];
  }
  if (kind === "names") return [text ? text.split(",").map((each) => each.trim()) : [], null];
  if (kind === "ranges") {
    try {
      return [JSON.parse(text || "{}"), null];
    } catch {
      return [null, t("options.ranges")];
    }
  }
  return [typed, null];
}

const format = (value) => (value === null ? t("options.auto") : typeof value === "object" ? JSON.stringify(value) : String(value));
