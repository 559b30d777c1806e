// Coverage matrix, method × environment × seed: done, running, failed, missing.
import { useLive } from "../../lib/api.js";
import { copy } from "../../lib/copy.js";
import { addressOf, param, setParams } from "../../lib/route.js";
import { moment } from "../../lib/format.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Select } from "../../widgets/field.js";
import { Empty, Failed, Progress } from "../../widgets/states.js";

const SIGNS = { done: "✓", finished: "✓", running: "▸", failed: "✕", killed: "✕", lost: "✕", silent: "?", unknown: "·", left: "", timeout: "✕", preempted: "◂", queued: "…", requeued: "…" };

export function Coverage() {
  const { data, error, reload } = useLive("/api/v1/coverage", { plan: param("plan") }, { every: 5000 });
  if (error) return html`<${Failed} error=${error} retry=${reload} />`;
  if (!data) return html`<${Progress} />`;
  if (!data.cells.length) return html`<${Empty} icon="grid" title=${t("coverage.empty")}><p>${t("coverage.empty.what")}</p><//>`;
  return html`<div class="coverage">
    <div class="about">
      ${data.plans.length > 1 && html`<${Select} label=${t("coverage.plan")} value=${data.plan}
        options=${data.plans.map((plan) => [plan.id, labelOf(plan)])}
        onChange=${(plan) => setParams({ plan })} />`}
      <ul class="states">${Object.entries(data.counts).filter(([state]) => data.plan || state !== "left").map(([state, n]) => html`<li><i class="cell" data-state=${state} aria-hidden="true">${SIGNS[state]}</i>${t(`coverage.${state}`)} <b>${n}</b></li>`)}</ul>
      ${data.command && html`<div class="command"><code>${data.command}</code><${Button} icon="copy" onClick=${() => copy(data.command)}>${t("coverage.copy")}<//></div>`}
      ${data.hidden > 0 && html`<p class="faint">${t(data.plan ? "coverage.hidden.plan" : "coverage.hidden", { n: data.hidden })}</p>`}
      ${!data.plan && html`<p class="faint">${t("coverage.noplan")}</p>`}
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("runs.coverage")}><${Matrix} data=${data} /></div>
  </div>`;
}

/** A label that identifies a plan: directory, number of tasks (unless the plan is unreadable), and time of its change. */
function labelOf({ directory, tasks, modified }) {
  return [directory, tasks !== null && t("coverage.tasks", { n: tasks }), moment(modified)].filter(Boolean).join(" · ");
}

function Matrix({ data }) {
  const cells = new Map(data.cells.map((each) => [[each.method, each.environment, each.seed].join(), each]));
  const groups = data.environments.length ? data.environments : [""];
  const seeds = data.seeds.length ? data.seeds : [""];
  return html`<table class="matrix">
    <thead>
      <tr><th scope="col" rowspan="2">${data.method.join(" · ") || t("coverage.method")}</th>
        ${groups.map((name) => html`<th scope="colgroup" colspan=${seeds.length} class="group">${name}</th>`)}</tr>
      <tr>${groups.map(() => seeds.map((seed) => html`<th scope="col" class="seed">${seed}</th>`))}</tr>
    </thead>
    <tbody>
      ${data.methods.map((method, row) => html`<tr key=${method}>
        <th scope="row" title=${method}>${method || "–"}</th>
        ${groups.map((environment, column) => seeds.map((seed, seedIndex) => html`<td>
          <${Square} cell=${cells.get([row, column, seedIndex].join())} words=${[method, environment, seed && `${data.seed} ${seed}`].filter(Boolean).join(", ")} />
        </td>`))}
      </tr>`)}
    </tbody>
  </table>`;
}

function Square({ cell, words }) {
  if (!cell) return html`<span class="cell" data-state="none"></span>`;
  const label = `${words}: ${t(`coverage.${cell.state}`)}`;
  if (!cell.runs.length) return html`<span class="cell" data-state=${cell.state} role="img" aria-label=${label} title=${label}>${SIGNS[cell.state]}</span>`;
  return html`<a class="cell" data-state=${cell.state} aria-label=${label} title=${label} href=${addressOf(`/run/${encodeURIComponent(cell.runs[0])}`)}>
    ${cell.runs.length > 1 ? cell.runs.length : SIGNS[cell.state]}
  </a>`;
}
