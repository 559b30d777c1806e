// 超参数: parallel coordinates, scatter plot, importance and table of trials; brushing selects runs in all tabs.
import { useCompute } from "../../lib/compute.js";
import { number } from "../../lib/format.js";
import { addressOf, go, param } from "../../lib/route.js";
import { classes, html, useEffect, useMemo } from "../../lib/ui.js";
import { useNarrow } from "../../lib/virtual.js";
import { selected, setViewState } from "../../lib/view_state.js";
import { nameText, t } from "../../lib/i18n.js";
import { Button, Popover } from "../../widgets/button.js";
import { Checkbox, Select } from "../../widgets/field.js";
import { toast } from "../../widgets/toast.js";
import { Empty, Progress } from "../../widgets/states.js";
import { Unavailable } from "../plots/pending.js";
import { setAxes } from "./axis.js";
import { brushText, brushes, matchingRows, setBrushes } from "./brush.js";
import { coloursBy, legendOf } from "./colours.js";
import { SCORE, columnsOf } from "./columns.js";
import { Importance } from "./importance.js";
import { Parallel } from "./parallel.js";
import { Scatter } from "./scatter.js";
import { Trials } from "./trials.js";

const MAX_AXES = 7; // shown at first
const MAX_CATEGORIES = 30; // of an axis that is shown at first
const MOST_CHOSEN = 400; // ids that fit into an address

export default function Hyperparameters() {
  const [score, title] = [param("score"), param("title")];
  const { data, error, busy } = useCompute("/api/v1/hyperparameters", { ...(score && { score }), ...(title && { title }) });
  if (error && !(data && (busy || typeof error.where === "number"))) return html`<${Unavailable} error=${error} />`;
  if (!data) return html`<${Progress} />`;
  return html`<${View} data=${data} />`;
}

function View({ data }) {
  const narrow = useNarrow();
  const columns = useMemo(() => columnsOf(data), [data]);
  const byKey = useMemo(() => new Map(columns.map((column) => [column.key, column])), [columns]);
  const [brushed, axes] = [param("brush"), param("axes")];
  const brush = useMemo(brushes, [brushed]);
  const shown = useMemo(() => shownAxes(data, byKey, axes, narrow), [data, byKey, axes, narrow]);
  useBrushedSelection(data, columns, brush, brushed);
  const chosen = useMemo(() => {
    const rows = data.trials.ids.flatMap((id, row) => (selected.value.has(id) ? [row] : []));
    return rows.length ? new Set(rows) : null;
  }, [data, selected.value]);
  const ranked = data.importance.map((each) => each.name);
  const x = byKey.get(param("x")) ?? byKey.get(ranked[0]) ?? columns[0];
  const colour = param("colour") === SCORE ? byKey.get(SCORE) : byKey.get(param("colour"));
  const lineColour = colour ?? byKey.get(SCORE);
  // Colours tell little of a parameter that most runs lack.
  const pointColour = colour ?? ranked.map((name) => byKey.get(name)).find((column) => column && column.key !== x.key && 2 * column.cells.filter((cell) => cell === null).length < column.cells.length);
  const lineColourOf = useMemo(() => coloursBy(lineColour, data.colours), [lineColour, data]);
  const pointColourOf = useMemo(() => coloursBy(pointColour, data.colours), [pointColour, data]);
  if (!data.axes.length) return html`<${Empty} title=${t("hyper.none")}><p>${t("hyper.none.what")}</p><//>`;
  const parallel = { columns: shown, all: columns, brush, colourOf: lineColourOf, chosen, names: data.trials.names };
  const score = /** @type {import("./columns.js").Column} */ (byKey.get(SCORE));
  return html`<div class="hyper">
    <${Toolbar} data=${data} columns=${columns} shown=${shown} colour=${colour} />
    <${Brushes} byKey=${byKey} brush=${brush} chosen=${chosen} trials=${data.trials} />
    <section class="hyperpart" aria-label=${t("hyper.parallel")}>
      <${Parallel} ...${parallel} height=${narrow ? 280 : 340} />
      <${Legend} column=${lineColour} palette=${data.colours} />
    </section>
    <div class="hyperpair">
      <section class="hyperpart" aria-label=${t("hyper.importance")}>
        <h2>${t("hyper.importance.title", { score: data.score })}</h2>
        <${Importance} importance=${data.importance} caption=${data.caption} titles=${data.titles} least=${data.least} current=${x.key} onChoose=${(name) => setViewState({ x: name }, "x")} />
        ${data.notes.length > 0 && html`<details class="faint"><summary>${t("charts.notes", { n: data.notes.length })}</summary>${data.notes.map((note) => html`<p>${note}</p>`)}</details>`}
      </section>
      <section class="hyperpart" aria-label=${t("hyper.scatter")}>
        <h2>${t("hyper.scatter.title", { y: score.title, x: x.title })}</h2>
        <${Scatter} x=${x} y=${score} colourOf=${pointColourOf} chosen=${chosen} names=${data.trials.names} shown=${[score, x, ...(pointColour && pointColour.key !== x.key && pointColour.key !== SCORE ? [pointColour] : [])]} height=${narrow ? 260 : 320} />
        ${pointColour && html`<${Legend} column=${pointColour} palette=${data.colours} />`}
      </section>
    </div>
    <section class="hyperpart" aria-label=${t("hyper.trials")}>
      <h2>${t(chosen ? "hyper.trials.chosen" : "hyper.trials.all", { n: chosen?.size ?? data.trials.ids.length })}</h2>
      <${Trials} trials=${data.trials} columns=${columns} largest=${score.title === data.score ? data.largest : true} chosen=${chosen} />
    </section>
  </div>`;
}

/** Select the trials within the brushes, whenever these or the trials change; without brushes the selection stays as it is. */
function useBrushedSelection(data, columns, brush, brushed) {
  useEffect(() => {
    const rows = matchingRows(columns, brush);
    if (rows) selected.value = new Set(rows.map((row) => data.trials.ids[row]));
  }, [brushed, data.trials.ids.join("\n")]);
}

/** The columns of the axes: as chosen, else the most important ones, next to the score, which comes last. */
function shownAxes(data, byKey, axes, narrow) {
  const score = byKey.get(SCORE);
  try {
    const keys = JSON.parse(axes || "null");
    if (Array.isArray(keys)) return [...keys.filter((key) => key !== SCORE && byKey.has(key)).map((key) => byKey.get(key)), score];
  } catch {
    // typed by hand
  }
  const ranked = data.importance.map((each) => byKey.get(each.name));
  const others = data.axes.map((axis) => byKey.get(axis.name)).filter((column) => !ranked.includes(column));
  const readable = [...ranked, ...others].filter((column) => column.numeric || column.texts.length <= MAX_CATEGORIES);
  return [...readable.slice(0, narrow ? 3 : MAX_AXES).reverse(), score];
}

function Toolbar({ data, columns, shown, colour }) {
  const keys = shown.map((column) => column.key);
  const toggle = (key, on) => setAxes(on ? [...keys.filter((each) => each !== SCORE), key] : keys.filter((each) => each !== key));
  const colours = [["", t("automatic")], ...columns.map((column) => [column.key, column.title])];
  return html`<div class="chartbar" role="toolbar" aria-label=${t("tab.hyper")}>
    <${Select} label=${t("hyper.score")} value=${data.score} options=${data.metrics} onChange=${(score) => setViewState({ score }, "score")} />
    ${data.titles.length > 1 && html`<${Select} label=${t("hyper.title")} value=${data.title} options=${[["", t("hyper.title.all")], ...data.titles.map((title) => [title, nameText(title)])]} onChange=${(title) => setViewState({ title }, "title")} />`}
    <${Select} label=${t("hyper.colour")} value=${colour?.key ?? ""} options=${colours} onChange=${(key) => setViewState({ colour: key }, "colour")} />
    <${Popover} icon="columns" label=${t("hyper.axes")} text=${t("hyper.axes")} kind="plain">
      ${() => html`<div class="chooser"><div class="list"><fieldset><legend class="unseen">${t("hyper.axes")}</legend>
        ${columns.filter((column) => column.key !== SCORE).map((column) => html`<${Checkbox} key=${column.key} label=${column.title} checked=${keys.includes(column.key)} onChange=${(on) => toggle(column.key, on)} />`)}
      </fieldset></div>
      <button type="button" class="link" disabled=${!param("axes")} onClick=${() => setViewState({ axes: "" }, "axes")}>${t("group.auto")}</button></div>`}
    <//>
  </div>`;
}

/** What is brushed, how many runs are selected, and what to do with them. */
function Brushes({ byKey, brush, chosen, trials }) {
  const active = Object.entries(brush).filter(([key]) => byKey.has(key));
  const ids = [...(chosen ?? [])].map((row) => trials.ids[row]);
  const only = () => {
    if (ids.length > MOST_CHOSEN) toast(t("charts.toomany", { n: MOST_CHOSEN }));
    else go(addressOf("/charts", { runs: ids, by: "runs", on: [], off: [] }));
  };
  const clear = () => {
    setViewState({ brush: "" }, "brush");
    selected.value = new Set();
  };
  const any = active.length > 0 || chosen;
  const touch = matchMedia("(pointer: coarse)").matches;
  return html`<div class=${classes("brushes", { active: any })} role="status">
    ${any ? html`<b>${t("hyper.selected", { n: ids.length, total: trials.ids.length })}</b>` : html`<span class="faint">${t(touch ? "hyper.hint.touch" : "hyper.hint")}</span>`}
    ${active.map(([key, each]) => {
      const column = byKey.get(key);
      const words = `${column.title}: ${brushText(column, each, (value) => number(value, 3), t("hyper.novalue"))}`;
      return html`<${Button} key=${key} class="brushed" icon="close" label=${t("hyper.brush.remove", { name: column.title })} onClick=${() => setBrushes({ [key]: null })}>${words}<//>`;
    })}
    ${any && html`<span class="acts">
      <${Button} icon="curves" disabled=${!ids.length} onClick=${only}>${t("charts.only")}<//>
      <a class="button" href=${addressOf("/experiment")}>${t("hyper.inlist")}</a>
      <${Button} icon="undo" onClick=${clear}>${t("hyper.clear")}<//>
    </span>`}
  </div>`;
}

function Legend({ column, palette }) {
  const { gradient, entries, more } = legendOf(column, palette);
  return html`<p class="hyperlegend faint"><span>${column.title}</span>
    ${gradient && html`<span>${number(column.low, 3)}</span><i class="ramp" style=${{ background: gradient }}></i><span>${number(column.high, 3)}</span>`}
    ${entries.map((each) => html`<span key=${each.text}><i class="spot" style=${{ background: each.colour }}></i>${each.text}</span>`)}
    ${more > 0 && html`<span>${t("hyper.legend.more", { n: more })}</span>`}
  </p>`;
}
