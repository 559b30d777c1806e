// Coverage matrix, method × environment × seed: done, running, failed, missing.
import { useLive } from "../../lib/api.js";
import { copy } from "../../lib/copy.js";
import { param, params, setParams } from "../../lib/route.js";
import { moment } from "../../lib/format.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Select } from "../../widgets/field.js";
import { Empty, Failed, Progress } from "../../widgets/states.js";
import { Matrix, SIGNS } from "./matrix.js";

export function Coverage() {
  const { data, error, reload } = useLive("/api/v1/coverage", { plan: param("plan"), id: params("runs"), without: params("without") }, { every: 5000 });
  if (error) return html`<${Failed} error=${error} retry=${reload} />`;
  if (!data) return html`<${Progress} />`;
  if (!data.cells.length) return html`<${Empty} icon="grid" title=${t("coverage.empty")}><p>${t("coverage.empty.what")}</p><//>`;
  return html`<div class="coverage">
    <div class="about">
      ${data.plans.length > 1 && html`<${Select} label=${t("coverage.plan")} value=${data.plan}
        options=${data.plans.map((plan) => [plan.id, planLabel(plan)])}
        onChange=${(plan) => setParams({ plan })} />`}
      <ul class="states">${Object.entries(data.counts).filter(([state]) => data.plan || state !== "left").map(([state, n]) => html`<li><i class="cell" data-state=${state} aria-hidden="true">${SIGNS[state]}</i>${t(`coverage.${state}`)} <b>${n}</b></li>`)}</ul>
      ${data.command && html`<div class="command"><code>${data.command}</code><${Button} icon="copy" onClick=${() => copy(data.command)}>${t("coverage.copy")}<//></div>`}
      ${data.hidden > 0 && html`<p class="faint">${t(data.plan ? "coverage.hidden.plan" : "coverage.hidden", { n: data.hidden })}</p>`}
      ${!data.plan && html`<p class="faint">${t("coverage.noplan")}</p>`}
    </div>
    <${Matrix} data=${data} />
  </div>`;
}

/** What tells a plan from others: where its tasks run, how many they are (unless it cannot be read), and when it was made. */
function planLabel({ directory, tasks, modified }) {
  return [directory, tasks !== null && t("coverage.tasks", { n: tasks }), moment(modified)].filter(Boolean).join(" · ");
}
