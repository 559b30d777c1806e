// Rules that drop or keep runs, with live counts and a recycle bin.
import { post } from "../../lib/api.js";
import { requestBody, option, setOptions } from "../../lib/config.js";
import { classes, html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Segments } from "../../widgets/button.js";
import { Combo } from "../../widgets/combo.js";
import { withErrorToast } from "../../lib/errors.js";

export const SHORT_NAME = "__SHORT_NAME__";

/** The rules of a side, or of its recycle bin, with their wildcard marks. */
function read(side, bin = "") {
  const rules = option(`DATA_${side}${bin}`, []);
  const marks = option(`DATA_${side}_PROPERTY${bin}`, []);
  return rules.map((rule, index) => ({ rule, marks: marks[index] ?? {} }));
}

function write(side, list, bin = "") {
  return {
    [`DATA_${side}${bin}`]: list.length ? list.map((each) => each.rule) : undefined,
    [`DATA_${side}_PROPERTY${bin}`]: list.some((each) => Object.keys(each.marks).length) ? list.map((each) => each.marks) : undefined,
  };
}

/** Add a drop rule for a whole algorithm. */
export const dropAlgorithm = (name) => setOptions(write("IGNORE", [...read("IGNORE"), { rule: { [SHORT_NAME]: name }, marks: {} }]));

export function Rules({ counts }) {
  const dropping = option("USE_IGNORE_RULE", true);
  const side = dropping ? "IGNORE" : "SELECT";
  const rules = read(side);
  const bin = read(side, "_GARBAGE");
  const numbers = counts?.rules[side] ?? [];
  const set = (next) => setOptions(write(side, next));
  const moveToBin = (index) => setOptions({ ...write(side, rules.filter((_, i) => i !== index)), ...write(side, [...bin, rules[index]], "_GARBAGE") });
  return html`<section class="panel" id="rules">
    <header><h2>${t("rules")}</h2>
      <${Segments} label=${t("rules.side")} value=${dropping} options=${[[true, t("rules.drop")], [false, t("rules.keep")]]} onChange=${(on) => setOptions({ USE_IGNORE_RULE: on ? undefined : false })} />
    </header>
    <div class="body">
      <p class="soft">${t(dropping ? "rules.drop.what" : "rules.keep.what")}</p>
      ${rules.map((each, index) => html`<${Rule} key=${index} entry=${each} count=${numbers[index]} counts=${counts} dropping=${dropping}
        onChange=${(next) => set(rules.map((old, i) => (i === index ? next : old)))} onDrop=${() => moveToBin(index)} />`)}
      <${AddKey} label=${t("rules.add")} counts=${counts} onChoose=${(key) => set([...rules, { rule: { [key]: "" }, marks: {} }])} />
      ${bin.length > 0 && html`<${Bin} bin=${bin} numbers=${counts?.bin[side] ?? []} side=${side} rules=${rules} />`}
    </div>
  </section>`;
}

function Rule({ entry, count, counts, dropping, onChange, onDrop }) {
  const { rule, marks } = entry;
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
  const searchValues = async (search) => {
    const answer = await withErrorToast(() => post("/api/v1/values", { ...requestBody.peek(), parameter: name, search, limit: 80 }, { quiet: true }));
    if (!answer) return { count: 0, options: [] };
    return { count: answer.count, options: answer.values.map(([each, runs]) => ({ value: each, label: each === "" ? t("empty.text") : each, hint: runs })) };
  };
  return html`<div class="condition">
    <span class="key" title=${name}>${name === SHORT_NAME ? t("algorithm") : name}</span>
    <span class="faint">${manual ? "≈" : "="}</span>
    <${Combo} label=${t("rules.value", { name })} hidden value=${text} options=${searchValues} free placeholder=${manual ? "Hopper*" : t("rules.choose")} onChoose=${(next) => onSet(next, manual || /[*?]/.test(next))} />
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
  const restore = (index) => setOptions({ ...write(side, [...rules, bin[index]]), ...write(side, bin.filter((_, i) => i !== index), "_GARBAGE") });
  const removeFromBin = (index) => setOptions(write(side, bin.filter((_, i) => i !== index), "_GARBAGE"));
  return html`<details class="bin" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${t("rules.bin", { n: bin.length })}</summary>
    <ul>${bin.map(({ rule, marks }, index) => html`<li key=${index}>
      <code>${Object.entries(rule).map(([key, value]) => `${key === SHORT_NAME ? t("algorithm") : key} ${marks[key]?.manual ? "≈" : "="} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(" & ")}</code>
      <small class="faint">${t("rules.would", { n: numbers[index]?.caught ?? 0 })}</small>
      <${Button} icon="undo" label=${t("rules.restore")} onClick=${() => restore(index)} />
      <${Button} icon="close" label=${t("rules.forget")} onClick=${() => removeFromBin(index)} />
    </li>`)}</ul>
  </details>`;
}
