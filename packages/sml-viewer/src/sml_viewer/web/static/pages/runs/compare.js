// Compare runs side by side: parameters, metrics, settings, code.
import { useLive } from "../../lib/api.js";
import { number, value } from "../../lib/format.js";
import { addressOf, setParams } from "../../lib/route.js";
import { remembered } from "../../lib/local_storage.js";
import { classes, html, useEffect, useMemo, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Checkbox } from "../../widgets/field.js";
import { Failed, Progress, Status } from "../../widgets/states.js";
import { Wall } from "../charts/wall.js";
import { Code } from "./code.js";

const onlyDiffering = remembered("compare.differing", true);

export function Compare({ ids }) {
  const { data, error, reload } = useLive("/api/v1/compare", { id: ids }, { every: 5000 });
  if (error) return html`<${Failed} error=${error} retry=${reload} />`;
  if (!data) return html`<${Progress} />`;
  const drop = (id) => setParams({ compare: ids.filter((each) => each !== id) });
  const metrics = data.metrics.map((each) => ({ ...each, values: each.last.map((last) => number(last)) }));
  return html`<div class="compare">
    <header class="bar">
      <${Button} icon="left" onClick=${() => setParams({ compare: [] }, { replace: false })}>${t("compare.back")}<//>
      <h1>${t("compare.title", { n: data.runs.length })}</h1>
      <${Checkbox} label=${t("compare.differing")} checked=${onlyDiffering.value} onChange=${(on) => (onlyDiffering.value = on)} />
    </header>
    <${Curves} ids=${ids} />
    <${Media} runs=${data.runs} />
    <div class="scroll" tabindex="0" role="region" aria-label=${t("compare.title", { n: data.runs.length })}>
      <table>
        <thead><tr><td></td>${data.runs.map((run) => html`<th key=${run.id} scope="col">
          <div><a href=${addressOf(`/run/${encodeURIComponent(run.id)}`)}>${run.name}</a>
          ${ids.length > 2 && html`<${Button} icon="close" label=${t("compare.drop", { name: run.name })} onClick=${() => drop(run.id)} />`}</div>
          <${Status} value=${run.status} />
        </th>`)}</tr></thead>
        <${Section} title=${t("run.parameters")} rows=${data.parameters} width=${data.runs.length} />
        <${Section} title=${t("compare.last")} rows=${metrics} width=${data.runs.length} measured />
        <${Section} title=${t("run.settings")} rows=${data.settings} width=${data.runs.length} />
        <${Section} title=${t("run.provenance")} rows=${data.provenance} width=${data.runs.length} />
      </table>
    </div>
    <${Code} ids=${ids} names=${new Map(data.runs.map((run) => [run.id, run.name]))} />
  </div>`;
}

/** The curves of the runs, which are what one compares first. */
function Curves({ ids }) {
  const fixed = useMemo(() => ({ runs: ids, by: "runs", where: "hidden = *", most: 20 }), [ids.join()]);
  return html`<section class="comparecurves" aria-label=${t("tab.charts")}><${Wall} fixed=${fixed} empty=${() => null} /></section>`;
}

/** The media of the runs side by side; its script is loaded with the first comparison. */
function Media({ runs }) {
  const [Gallery, setGallery] = useState(/** @type {any} */ (null));
  useEffect(() => {
    import("../run/gallery.js").then((module) => setGallery(() => module.default));
  }, []);
  return Gallery && html`<div class="comparemedia"><${Gallery} runs=${runs} /></div>`;
}

function Section({ title, rows, width, measured = false }) {
  const shown = onlyDiffering.value ? rows.filter((row) => !row.same) : rows;
  if (!rows.length) return null;
  return html`<tbody>
    <tr class="title"><th scope="rowgroup" colspan=${width + 1}>${title} <small>${t("compare.counts", { n: rows.filter((row) => !row.same).length, all: rows.length })}</small></th></tr>
    ${shown.map((row) => html`<tr key=${row.name} class=${classes({ differs: !row.same })}>
      <th scope="row">${row.name}</th>
      ${row.values.map((each) => html`<td class=${measured ? "number" : "wrap"}>${each === null || each === "" ? html`<span class="faint">–</span>` : value(each)}</td>`)}
    </tr>`)}
  </tbody>`;
}
