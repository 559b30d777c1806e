// Fields of plot options, generated from the server's table, for the figure or a part of it.
import { get } from "../../lib/api.js";
import { pairKey } from "../../lib/pairs.js";
import { setParams } from "../../lib/route.js";
import { classes, html, useEffect, useState } from "../../lib/ui.js";
import { language, nameText, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Checkbox, Select, TextArea, TextField } from "../../widgets/field.js";
import { automaticValue } from "./automatic.js";
import { withErrorToast } from "../../lib/errors.js";
import { SCOPES, enclosingLayer, inherited, layer, setOverride } from "./overrides.js";

export const labelOf = (option) => (language.value === "zh" ? option.label_zh : option.label);

/** All options; null until they are loaded. */
export function useOptions() {
  const [options, setOptions] = useState(null);
  useEffect(() => void withErrorToast(() => get("/api/v1/options")).then((answer) => answer && setOptions(answer.options)), []);
  return options;
}

/** What the options apply to: the whole figure, or a part of it. */
export function Scope({ target, pairs, titles }) {
  const choose = (scope) => setParams({ scope: scope === "default" ? "" : scope });
  return html`<div class="scope">
    <${Select} label=${t("scope")} value=${target.scope} options=${Object.keys(SCOPES).map((name) => [name, t(`scope.${name}`)])} onChange=${choose} />
    ${(target.scope === "pair" || target.scope === "single") &&
    html`<${Select} label=${t("scope.pair.which")} value=${target.pair} options=${pairs.map((pair) => [pairKey(pair), `${pair[1]} / ${pair[0]}`])} onChange=${(pair) => setParams({ pair })} />`}
    ${(target.scope === "title" || target.scope === "single") &&
    html`<${Select} label=${t("scope.title.which")} value=${target.title} options=${titles.map((title) => [title, nameText(title)])} onChange=${(title) => setParams({ title })} />`}
  </div>`;
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
