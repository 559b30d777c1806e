// Rules that drop or keep runs, with live counts and a recycle bin.
import { post } from "../../lib/api.js";
import { requestBody, option, setOptions } from "../../lib/config.js";
import { classes, html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Segments } from "../../widgets/button.js";
import { Combo } from "../../widgets/combo.js";
import { withErrorToast } from "../../lib/errors.js";

export const SHORT_NAME = "__SHORT_NAME__";

/** One side's rules with their wildcard marks, and those of its recycle bin. */
function read(side, bin = "") {
  const rules = option(`DATA_${side}${bin}`, []);
  const marks = option(`DATA_${side}_PROPERTY${bin}`, []);
  return rules.map((rule, place) => ({ rule, marks: marks[place] ?? {} }));
}

function write(side, list, bin = "") {
  return {
    [`DATA_${side}${bin}`]: list.length ? list.map((each) => each.rule) : undefined,
    [`DATA_${side}_PROPERTY${bin}`]: list.some((each) => Object.keys(each.marks).length) ? list.map((each) => each.marks) : undefined,
  };
}

/** One more drop rule: for an algorithm as a whole. */
export const dropAlgorithm = (name) => setOptions(write("IGNORE", [...read("IGNORE"), { rule: { [SHORT_NAME]: name }, marks: {} }]));

export function Rules({ counts }) {
  const dropping = option("USE_IGNORE_RULE", true);
  const side = dropping ? "IGNORE" : "SELECT";
  const rules = read(side);
  const bin = read(side, "_GARBAGE");
  const numbers = counts?.rules[side] ?? [];
  const set = (next) => setOptions(write(side, next));
  const throwAway = (place) => setOptions({ ...write(side, rules.filter((_, each) => each !== place)), ...write(side, [...bin, rules[place]], "_GARBAGE") });
  return html`<section class="panel" id="rules">
    <header><h2>${t("rules")}</h2>
      <${Segments} label=${t("rules.side")} value=${dropping} options=${[[true, t("rules.drop")], [false, t("rules.keep")]]} onChange=${(on) => setOptions({ USE_IGNORE_RULE: on ? undefined : false })} />
    </header>
    <div class="body">
      <p class="soft">${t(dropping ? "rules.drop.what" : "rules.keep.what")}</p>
      ${rules.map((each, place) => html`<${Rule} key=${place} each=${each} count=${numbers[place]} counts=${counts} dropping=${dropping}
        onChange=${(next) => set(rules.map((one, at) => (at === place ? next : one)))} onDrop=${() => throwAway(place)} />`)}
      <${AddKey} label=${t("rules.add")} counts=${counts} onChoose=${(key) => set([...rules, { rule: { [key]: "" }, marks: {} }])} />
      ${bin.length > 0 && html`<${Bin} bin=${bin} numbers=${counts?.bin[side] ?? []} side=${side} rules=${rules} />`}
    </div>
  </section>`;
}

function Rule({ each, count, counts, dropping, onChange, onDrop }) {
  const { rule, marks } = each;
  const setKey = (key, value, manual) => {
    const nextMarks = { ...marks };
    if (manual) nextMarks[key] = { manual: true };
    else delete nextMarks[key];
    onChange({ rule: { ...rule, [key]: value }, marks: nextMarks });
  };
  const dropKey = (key) => {
    const { [key]: _value, ...rest } = rule;
    const { [key]: _mark, ...restMarks } = marks;
    if (Object.keys(rest).length) onChange({ rule: rest, marks: restMarks });
    else onDrop();
  };
  return html`<div class=${classes("rule", { idle: count && !count.caught })}>
    <div class="keys">
      ${Object.entries(rule).map(([key, value]) => html`<${Condition} key=${key} name=${key} value=${value} manual=${Boolean(marks[key]?.manual)}
        onSet=${(next, manual) => setKey(key, next, manual)} onDrop=${() => dropKey(key)} />`)}
      <${AddKey} label=${t("rules.and")} counts=${counts} without=${Object.keys(rule)} onChoose=${(key) => setKey(key, "", false)} />
    </div>
    <div class="catch">
      <strong>${count?.caught ?? "…"}</strong>
      <small>${t(dropping ? "rules.caught" : "rules.kept", { n: count?.caught ?? 0 })}</small>
      ${count && count.caught !== count.alone && html`<small class="faint">${t("rules.alone", { n: count.alone })}</small>`}
    </div>
    <${Button} icon="trash" label=${t("rules.throw")} onClick=${onDrop} />
  </div>`;
}

function Condition({ name, value, manual, onSet, onDrop }) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const offers = async (search) => {
    const answer = await withErrorToast(() => post("/api/v1/values", { ...requestBody.peek(), parameter: name, search, limit: 80 }, { quiet: true }));
    if (!answer) return { count: 0, options: [] };
    return { count: answer.count, options: answer.values.map(([each, runs]) => ({ value: each, label: each === "" ? t("empty.text") : each, hint: runs })) };
  };
  return html`<div class="condition">
    <span class="key" title=${name}>${name === SHORT_NAME ? t("algorithm") : name}</span>
    <span class="faint">${manual ? "≈" : "="}</span>
    <${Combo} label=${t("rules.value", { name })} hidden value=${text} options=${offers} free placeholder=${manual ? "Hopper*" : t("rules.choose")} onChoose=${(next) => onSet(next, manual || /[*?]/.test(next))} />
    <button type="button" class="button bare wild" aria-pressed=${manual} title=${t("wildcard")} aria-label=${t("wildcard")} onClick=${() => onSet(value, !manual)}>*</button>
    <${Button} icon="close" label=${t("rules.dropkey", { name })} onClick=${onDrop} />
  </div>`;
}

function AddKey({ label, counts, without = [], onChoose }) {
  const options = [
    { value: SHORT_NAME, label: t("algorithm"), hint: counts?.algorithm_count },
    ...(counts?.parameters ?? []).map((each) => ({ value: each.name, hint: each.distinct })),
  ].filter((each) => !without.includes(each.value));
  return html`<${Combo} label=${label} hidden clear placeholder=${`+ ${label}`} options=${options} onChoose=${onChoose} class="add" />`;
}

function Bin({ bin, numbers, side, rules }) {
  const [open, setOpen] = useState(false);
  const restore = (place) => setOptions({ ...write(side, [...rules, bin[place]]), ...write(side, bin.filter((_, each) => each !== place), "_GARBAGE") });
  const forget = (place) => setOptions(write(side, bin.filter((_, each) => each !== place), "_GARBAGE"));
  return html`<details class="bin" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${t("rules.bin", { n: bin.length })}</summary>
    <ul>${bin.map(({ rule, marks }, place) => html`<li key=${place}>
      <code>${Object.entries(rule).map(([key, value]) => `${key === SHORT_NAME ? t("algorithm") : key} ${marks[key]?.manual ? "≈" : "="} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(" & ")}</code>
      <small class="faint">${t("rules.would", { n: numbers[place]?.caught ?? 0 })}</small>
      <${Button} icon="undo" label=${t("rules.restore")} onClick=${() => restore(place)} />
      <${Button} icon="close" label=${t("rules.forget")} onClick=${() => forget(place)} />
    </li>`)}</ul>
  </details>`;
}
