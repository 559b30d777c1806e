// Compare runs side by side: parameters, metrics, settings, code.
import { useLive } from "../../lib/api.js";
import { fact, number, value } from "../../lib/format.js";
import { addressOf, param, setParams } from "../../lib/route.js";
import { storedSignal } from "../../lib/local_storage.js";
import { classes, html, useEffect, useMemo, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { toFigure } from "../../lib/to_figure.js";
import { setViewState } from "../../lib/view_state.js";
import { Button } from "../../widgets/button.js";
import { Checkbox, Select } from "../../widgets/field.js";
import { Failed, Progress, Status } from "../../widgets/states.js";
import { Wall } from "../charts/wall.js";
import { Code } from "./code.js";
import { commonParts, piecesOf } from "./names.js";
import { changeOf } from "./statistics.js";

const onlyDiffering = storedSignal("compare.differing", true);

export function Compare({ ids }) {
  const { data, error, reload } = useLive("/api/v1/compare", { id: ids }, { every: 5000 });
  if (error) return html`<${Failed} error=${error} retry=${reload} />`;
  if (!data) return html`<${Progress} />`;
  const remove = (id) => setParams({ compare: ids.filter((each) => each !== id) });
  const baseline = ids.includes(param("baseline")) ? param("baseline") : "";
  const base = data.runs.findIndex((run) => run.id === baseline);
  const names = shortLabels(data.runs);
  return html`<div class="compare">
    <header class="bar">
      <${Button} icon="left" onClick=${() => setParams({ compare: [] }, { replace: false })}>${t("compare.back")}<//>
      <h1>${t("compare.title", { n: data.runs.length })}</h1>
      <${Select} label=${t("compare.baseline")} value=${baseline} options=${[["", t("compare.nobaseline")], ...data.runs.map((run, index) => [run.id, names[index]])]} onChange=${(id) => setViewState({ baseline: id }, "baseline")} />
      <${Checkbox} label=${t("compare.differing")} checked=${onlyDiffering.value} onChange=${(on) => (onlyDiffering.value = on)} />
      <${Button} icon="image" label=${t("figure.to.what")} onClick=${() => toFigure({ runs: ids })}>${t("figure.to")}<//>
    </header>
    <${Curves} ids=${ids} />
    <${Media} runs=${data.runs} />
    <div class="scroll" tabindex="0" role="region" aria-label=${t("compare.title", { n: data.runs.length })}>
      <table>
        <thead><tr><td></td>${data.runs.map((run, index) => html`<th key=${run.id} scope="col" class=${classes({ base: index === base })}>
          <div><a href=${addressOf(`/run/${encodeURIComponent(run.id)}`)} title=${run.name}>${run.name}</a>
          ${ids.length > 2 && html`<${Button} icon="close" label=${t("compare.drop", { name: run.name })} onClick=${() => remove(run.id)} />`}</div>
          <${Status} value=${run.status} />${index === base && html` <span class="chip">${t("baseline")}</span>`}
        </th>`)}</tr></thead>
        <${Section} title=${t("run.parameters")} rows=${data.parameters} width=${data.runs.length} />
        <${Metrics} rows=${data.metrics} width=${data.runs.length} base=${base} />
        <${Section} title=${t("run.settings")} rows=${data.settings} width=${data.runs.length} />
        <${Section} title=${t("run.provenance")} rows=${data.provenance} width=${data.runs.length} cells=${facts} />
      </table>
    </div>
    <${Code} ids=${base > 0 ? [baseline, ...ids.filter((id) => id !== baseline)] : ids} names=${new Map(data.runs.map((run) => [run.id, run.name]))} />
  </div>`;
}

/** The curves of the compared runs. */
function Curves({ ids }) {
  const fixed = useMemo(() => ({ runs: ids, by: "runs", where: "hidden = *", most: 20 }), [ids.join()]);
  return html`<section class="comparecurves" aria-label=${t("tab.charts")}><${Wall} fixed=${fixed} empty=${() => null} /></section>`;
}

/** The media of the runs side by side; its script is loaded with the first comparison. */
function Media({ runs }) {
  const [failed, setFailed] = useState(false);
  const [Gallery, setGallery] = useState(/** @type {any} */ (null));
  useEffect(() => {
    import("../run/gallery.js").then(
      (module) => setGallery(() => module.default),
      () => setFailed(true),
    );
  }, []);
  if (failed) return html`<${Failed} error=${{ message: t("part.failed"), remedy: t("part.updated") }} retry=${() => location.reload()} />`;
  return Gallery && html`<div class="comparemedia"><${Gallery} runs=${runs} /></div>`;
}

/** The last values with the best marked, and their differences to the baseline. */
function Metrics({ rows, width, base }) {
  const cells = ({ last, largest }) => {
    const finite = last.filter(Number.isFinite);
    const best = largest !== null && new Set(finite).size > 1 ? Math[largest ? "max" : "min"](...finite) : null;
    return last.map((each, index) => html`<td class="number">
      ${each === null ? html`<span class="faint">–</span>` : each === best ? html`<b class="best" title=${t("compare.best")}>${number(each)}<span class="unseen">${t("compare.best")}</span></b>` : number(each)}
      ${base >= 0 && index !== base && html`<${Change} from=${last[base]} to=${each} largest=${largest} />`}
    </td>`);
  };
  return html`<${Section} title=${t("compare.last")} rows=${rows} width=${width} cells=${cells} />`;
}

function Change({ from, to, largest }) {
  const change = changeOf(to, from, largest);
  return change && html`<small class=${`delta ${change.kind}`}>${change.text}</small>`;
}

const text = ({ values }, shown = value) => values.map((each) => html`<td class="wrap">${each === null || each === "" ? html`<span class="faint">–</span>` : shown(each)}</td>`);
const facts = (row) => text(row, (each) => fact({ name: row.name, value: each }));

function Section({ title, rows, width, cells = text }) {
  const shown = onlyDiffering.value ? rows.filter((row) => !row.same) : rows;
  if (!rows.length) return null;
  return html`<tbody>
    <tr class="title"><th scope="rowgroup" colspan=${width + 1}>${title} <small>${t("compare.counts", { n: rows.filter((row) => !row.same).length, all: rows.length })}</small></th></tr>
    ${shown.map((row) => html`<tr key=${row.name} class=${classes({ differs: !row.same })}>
      <th scope="row">${row.name}</th>
      ${cells(row)}
    </tr>`)}
  </tbody>`;
}

/** Names for a choice, without the parts that all share. */
function shortLabels(runs) {
  const common = commonParts(runs.map((run) => run.name));
  return runs.map((run) => piecesOf(run.name, common).filter((piece) => !piece.dim).map((piece) => piece.text).join(" · ") || run.name);
}
