// Legend of all charts: algorithms, numbers of runs, mixed parameters; search by pattern, hide by click.
import { option, setOptions } from "../../lib/config.js";
import { undo } from "../../lib/undo.js";
import { classes, html, useState } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Icon } from "../../widgets/icon.js";
import { toast } from "../../widgets/toast.js";
import { dropAlgorithm } from "../adjust/rules.js";
import { ColourField } from "./curve_colour.js";
import { valueAt } from "./panel.js";
import { BROKEN } from "./stroke.js";

/** `algorithms` in the legend's order, with their counts; `hovered`: the curve and x under the pointer. */
export function Legend({ algorithms, common, hidden, hovered, withSeeds, onHide, onSeeds }) {
  const [pattern, setPattern] = useState("");
  const test = matcher(pattern);
  const shown = algorithms.filter((each) => test?.(each.name) ?? true);
  const hide = (name, event) => {
    if (event.shiftKey || event.altKey) onHide(new Set(algorithms.map((each) => each.name).filter((each) => each !== name)));
    else onHide(toggled(hidden, name));
  };
  const filter = (text) => {
    setPattern(text);
    const matches = matcher(text);
    if (matches && text) onHide(new Set(algorithms.map((each) => each.name).filter((each) => !matches(each))));
    else if (!text) onHide(new Set());
  };
  return html`<section class="legend" aria-label=${t("legend")}>
    <div class="tools">
      <input
        class="plain-field" type="search" value=${pattern} placeholder=${t("legend.filter")} aria-label=${t("legend.filter")}
        aria-invalid=${test === null ? "true" : undefined} onInput=${(event) => filter(event.target.value)} spellcheck=${false}
      />
      ${hidden.size > 0 && html`<${Button} icon="show" label=${t("legend.all")} onClick=${() => (setPattern(""), onHide(new Set()))} />`}
    </div>
    ${common && html`<p class="faint common" title=${common}>${common}</p>`}
    <ul>
      ${shown.map((each) => html`<${Entry} key=${each.name} algorithm=${each} off=${hidden.has(each.name)} seeds=${withSeeds.has(each.name)}
        value=${hovered && valueOf(each, hovered)} marked=${hovered?.algorithm === each.name}
        index=${algorithms.indexOf(each)} last=${each === algorithms[algorithms.length - 1]} onMove=${(step) => move(algorithms, algorithms.indexOf(each), step)}
        onHide=${(event) => hide(each.name, event)} onSeeds=${() => onSeeds(toggled(withSeeds, each.name))} />`)}
    </ul>
  </section>`;
}

/** Exclude an algorithm from charts, figures, bars and tables. */
function leaveOut(name) {
  dropAlgorithm(name);
  toast(t("legend.leftout", { name: nameText(name) }), { undo });
}

/** Move an algorithm in the legend past its neighbour. */
function move(algorithms, index, step) {
  const shown = algorithms.map((each) => each.name);
  const own = option("LEGEND_ORDER", []).filter((name) => shown.includes(name)); // a click before was not answered yet
  const names = [...own, ...shown.filter((name) => !own.includes(name))];
  const at = names.indexOf(shown[index]);
  if (!names[at + step]) return;
  [names[at], names[at + step]] = [names[at + step], names[at]];
  setOptions({ LEGEND_ORDER: names });
}

function Entry({ algorithm, off, seeds, value, marked, index, last, onHide, onSeeds, onMove }) {
  return html`<li class=${classes({ off, marked })}>
    <${ColourField} name=${algorithm.name} colour=${algorithm.colour} dashes=${algorithm.dashes} />
    <button type="button" class="name" aria-pressed=${!off} onClick=${onHide} title=${`${nameText(algorithm.name)}\n${t("legend.click")}`}>
      <span>${algorithm.label}</span>
      <small>${value ?? t("runs.n", { n: algorithm.runs })}</small>
    </button>
    ${algorithm.pools && html`<span class="sign" title=${t("legend.pools", { what: algorithm.pools })}>†</span>`}
    ${algorithm.repeats > 0 && html`<span class="sign" title=${t("legend.repeats", { n: algorithm.repeats })}>‡</span>`}
    ${algorithm.broken > 0 && html`<span class="sign bad" title=${t("legend.broken", { n: algorithm.broken })}>✕ ${algorithm.broken}</span>`}
    ${algorithm.running > 0 && html`<span class="sign" title=${t("legend.running", { n: algorithm.running })}>…</span>`}
    <span class="orders">
      ${index > 0 && html`<${Button} icon="up" label=${t("legend.earlier", { name: nameText(algorithm.name) })} onClick=${() => onMove(-1)} />`}
      ${!last && html`<${Button} icon="down" label=${t("legend.later", { name: nameText(algorithm.name) })} onClick=${() => onMove(1)} />`}
      ${option("USE_IGNORE_RULE", true) && html`<${Button} icon="close" label=${t("legend.leaveout", { name: nameText(algorithm.name) })} onClick=${() => leaveOut(algorithm.name)} />`}
    </span>
    <button type="button" class="button bare" aria-pressed=${seeds} aria-label=${t("legend.seeds", { name: nameText(algorithm.name) })} title=${t("legend.seeds", { name: nameText(algorithm.name) })} onClick=${onSeeds}><${Icon} name="seeds" /></button>
  </li>`;
}

const toggled = (set, item) => {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
};

/** A test for a regular expression; null if it is invalid. */
function matcher(pattern) {
  if (!pattern) return () => true;
  try {
    const regexp = new RegExp(pattern, "i");
    return (name) => regexp.test(name);
  } catch {
    return null;
  }
}

function valueOf(algorithm, { panel, x }) {
  const curve = panel.curves.find((candidate) => candidate.algorithm === algorithm.name);
  return curve ? valueAt(curve, x) : "–";
}

/** Names in the order of LEGEND_ORDER as it is set, which the server's last answer, `names`, may not have seen. */
export function inLegendOrder(names) {
  const set = option("LEGEND_ORDER", []);
  // The server ranks them, or knows what other names refer to.
  if (option("SORT_BY_PERFORMANCE_ORDER", false) || !set.every((name) => names.includes(name))) return names;
  return [...new Set([...set, ...names])];
}

/** One curve for each algorithm: over clock time each run has a curve of its own. */
function merged(curves) {
  const byName = new Map();
  for (const curve of curves) {
    const { runs = 0, states = {}, ...first } = byName.get(curve.algorithm) ?? curve;
    if (!byName.has(curve.algorithm)) byName.set(curve.algorithm, curve);
    else {
      const sums = Object.fromEntries([...new Set([...Object.keys(states), ...Object.keys(curve.states)])].map((state) => [state, (states[state] ?? 0) + (curve.states[state] ?? 0)]));
      byName.set(curve.algorithm, { ...first, runs: runs + curve.runs, states: sums });
    }
  }
  return byName.values();
}

/** The entries of the legend over all panels; a run that has several metrics counts once. */
export function entries(data) {
  const byName = new Map(data.algorithms.map((each) => [each.name, { ...each, runs: 0, repeats: 0, broken: 0, running: 0, pools: null, groups: new Map() }]));
  for (const { group, curves } of data.panels) {
    for (const { algorithm, runs, repeats, pools, states } of merged(curves)) {
      const entry = byName.get(algorithm);
      entry.repeats = Math.max(entry.repeats, repeats);
      entry.pools ??= pools;
      const before = entry.groups.get(group.join("\n")) ?? [0, 0, 0];
      const now = [runs, BROKEN.reduce((sum, state) => sum + (states[state] ?? 0), 0), states.running ?? 0];
      entry.groups.set(group.join("\n"), now.map((each, at) => Math.max(each, before[at])));
    }
  }
  for (const entry of byName.values()) {
    for (const [runs, broken, running] of entry.groups.values()) {
      entry.runs += runs;
      entry.broken += broken;
      entry.running += running;
    }
  }
  const order = inLegendOrder(data.legend[0] ?? []);
  const listed = order.filter((name) => byName.get(name)?.runs);
  const rest = [...byName.keys()].filter((name) => byName.get(name).runs && !listed.includes(name));
  return [...listed, ...rest].map((name) => byName.get(name));
}
