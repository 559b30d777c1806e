// Form of all plot options, generated from the engine's table: searchable, for the figure or a part of it.
import { get } from "../../lib/api.js";
import { pairKey } from "../../lib/pairs.js";
import { param, setParams } from "../../lib/route.js";
import { classes, html, useEffect, useState } from "../../lib/ui.js";
import { language, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Checkbox, Select, TextArea, TextField } from "../../widgets/field.js";
import { actsAt } from "./automatic.js";
import { withErrorToast } from "../../lib/errors.js";
import { SCOPES, inherited, layer, setIn } from "./overrides.js";

// What stands together; the first pattern that fits decides. Options that other parts of the page edit are left out there.
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
const ELSEWHERE = /^(PLOT_LOG_PATH$|PLOTTING_XY|FIGURE_SEPARATION|DATA_|USE_IGNORE_RULE|SHORT_NAME_FROM|PLOTTING_ORDER|LEGEND_ORDER|FOCUS_|FIGURE_SERVER|FIGURE_TO)/;

/** The options that there are; null until they came. */
export function useOptions() {
  const [options, setOptions] = useState(null);
  useEffect(() => void withErrorToast(() => get("/api/v1/options")).then((answer) => answer && setOptions(answer.options)), []);
  return options;
}

/**
 * `pairs` and `titles` are those of the figure; `only` shows the groups of these names.
 * @param {{ options: import("../../lib/answers.d.ts").OptionShown[], pairs?: [string, string][], titles?: string[], only?: string[] | null }} props
 */
export function OptionsForm({ options, pairs = [], titles = [], only = null }) {
  const [word, setWord] = useState("");
  const place = { scope: param("scope") || "default", pair: param("pair") || (pairs.length ? pairKey(pairs[0]) : undefined), title: param("title") || titles[0] };
  const letter = SCOPES[place.scope];
  const able = options.filter((each) => !ELSEWHERE.test(each.name) && (letter === "F" || each.scope.includes(letter)));
  const wanted = word.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (each) => wanted.every((part) => `${each.name} ${each.label} ${each.label_zh}`.toLowerCase().includes(part));
  const found = able.filter(fits);
  const shown = only ? GROUPS.filter(([name]) => only.includes(name)) : GROUPS;
  const groups = shown.map(([name]) => [name, found.filter((each) => GROUPS.find(([, pattern]) => pattern.test(each.name))?.[0] === name)]);
  return html`<div class="options">
    <input class="plain-field" type="search" value=${word} placeholder=${t("options.search")} aria-label=${t("options.search")}
      onInput=${(event) => setWord(event.target.value)} spellcheck=${false} />
    <${Scope} place=${place} pairs=${pairs} titles=${titles} />
    ${groups.map(([name, list]) => list.length > 0 && html`<${Group} key=${name} name=${name} list=${list} place=${place} open=${wanted.length > 0 || name === "curves"} />`)}
    ${!found.length && html`<p class="faint">${t("options.none")}</p>`}
  </div>`;
}

function Scope({ place, pairs, titles }) {
  const choose = (scope) => setParams({ scope: scope === "default" ? "" : scope });
  return html`<div class="scope">
    <${Select} label=${t("scope")} value=${place.scope} options=${Object.keys(SCOPES).map((name) => [name, t(`scope.${name}`)])} onChange=${choose} />
    ${(place.scope === "pair" || place.scope === "single") &&
    html`<${Select} label=${t("scope.pair.which")} value=${place.pair} options=${pairs.map((pair) => [pairKey(pair), `${pair[1]} / ${pair[0]}`])} onChange=${(pair) => setParams({ pair })} />`}
    ${(place.scope === "title" || place.scope === "single") &&
    html`<${Select} label=${t("scope.title.which")} value=${place.title} options=${titles} onChange=${(title) => setParams({ title })} />`}
  </div>`;
}

function Group({ name, list, place, open }) {
  const set = list.filter((each) => each.name in layer(place)).length;
  return html`<details open=${open}>
    <summary>${t(`options.${name}`)}${set > 0 && html`<span class="chip">${t("options.set", { n: set })}</span>`}</summary>
    ${list.map((each) => html`<${OptionField} key=${`${each.name} ${JSON.stringify(place)}`} option=${each} place=${place} />`)}
  </details>`;
}

/** One option: its control, its name as it is typed on the command line, and a way back to its default. */
export function OptionField({ option, place = { scope: "default" } }) {
  const [error, setError] = useState(null);
  const values = layer(place);
  const isSet = option.name in values;
  const unset = inherited(option, place);
  // What acts where nobody chose: not a number that does not hold.
  const acts = isSet ? undefined : actsAt(option.name, place);
  const value = isSet ? values[option.name] : acts === undefined ? unset : typeof acts === "boolean" ? acts : "";
  const set = (typed) => {
    const [good, fault] = checked(option, typed);
    setError(fault);
    if (!fault) setIn(place, option.name, good);
  };
  const label = language.value === "zh" ? option.label_zh : option.label;
  return html`<div class=${classes("option", { set: isSet })}>
    <${Control} option=${option} label=${label} value=${value} error=${error} set=${set} acts=${acts} />
    <div class="name"><code>${option.name}</code>
      ${isSet && html`<${Button} icon="undo" label=${t("options.reset", { value: shown(unset) })} onClick=${() => (setError(null), setIn(place, option.name, undefined))} />`}
    </div>
  </div>`;
}

function Control({ option, label, value, error, set, acts }) {
  const { kind, choices, optional } = option;
  if (kind === "bool" && !optional) return html`<${Checkbox} label=${label} checked=${value} onChange=${set} />`;
  if (kind === "bool") {
    const pairs = [[null, t("options.auto")], [true, t("yes")], [false, t("no")]]; // prettier-ignore
    return html`<${Select} label=${label} value=${value} options=${pairs} onChange=${set} />`;
  }
  if (choices.length) return html`<${Select} label=${label} value=${value} options=${choices.map((each) => [each, choiceWords(each)])} onChange=${set} error=${error} />`;
  if (kind === "ranges") return html`<${TextArea} label=${label} hint=${t("options.ranges")} value=${JSON.stringify(value)} error=${error} onInput=${() => {}} onChange=${(event) => set(event.target.value)} rows="2" />`;
  const text = kind === "names" ? value.join(", ") : value;
  const mode = { int: "numeric", float: "decimal" }[kind];
  return html`<${TextField} label=${label} value=${text} error=${error} inputmode=${mode} placeholder=${acts !== undefined ? t("options.acts", { value: acts }) : optional ? t("options.auto") : ""}
    class=${kind === "path" ? "path" : undefined} onChange=${set} />`;
}

function choiceWords(name) {
  const key = `choice.${name}`;
  return t(key) === key ? name : `${name} · ${t(key)}`;
}

/** The value of what was typed, or what is wrong with it. */
function checked(option, typed) {
  const { kind, low, high, optional } = option;
  if (typeof typed !== "string") return [typed, null];
  const text = typed.trim();
  if (!text && optional) return [null, null];
  if (kind === "int" || kind === "float") {
    const number = Number(text);
    const good = text && Number.isFinite(number) && (kind === "float" || Number.isInteger(number));
    if (!good || (low !== null && number < low) || (high !== null && number > high)) return [null, t("options.number", { kind: t(`options.${kind}`), low: low ?? "−∞", high: high ?? "∞" })];
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

const shown = (value) => (value === null ? t("options.auto") : typeof value === "object" ? JSON.stringify(value) : String(value));
