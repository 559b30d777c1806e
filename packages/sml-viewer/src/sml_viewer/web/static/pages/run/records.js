// Checkpoints that the run recorded, and alerts that were sent about it.
import { useLive } from "../../lib/api.js";
import { ago, bytes, count, moment, number } from "../../lib/format.js";
import { classes, html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Icon } from "../../widgets/icon.js";

const FEW = 20;

export function Checkpoints({ base }) {
  const { data } = useLive(`${base}/checkpoints`, {}, { every: 20000 });
  const [all, setAll] = useState(false);
  if (!data?.checkpoints.length) return null;
  // The best ones are in sight, however many there are.
  const shown = data.checkpoints.filter((each, index) => all || index < FEW || each.best.length > 0);
  return html`<section class="panel checkpoints" aria-label=${t("checkpoints.title")}>
    <header><h2>${t("checkpoints.title")} <small>${data.checkpoints.length}</small></h2></header>
    <div class="scroll" tabindex="0" role="group" aria-label=${t("checkpoints.title")}><table class="records">
      <thead><tr>
        <th scope="col" class="number">${t("fact.step")}</th>
        ${data.metrics.map((name) => html`<th scope="col" class="number" key=${name}>${name}</th>`)}
        <th scope="col" class="number">${t("checkpoints.size")}</th><th scope="col">${t("checkpoints.time")}</th>
        <th scope="col">${t("checkpoints.path")}</th><th scope="col">${t("checkpoints.state")}</th>
      </tr></thead>
      <tbody>${shown.map((each) => html`<${Checkpoint} key=${each.path} checkpoint=${each} metrics=${data.metrics} />`)}</tbody>
    </table></div>
    ${shown.length < data.checkpoints.length && html`<p class="more"><button type="button" class="link" onClick=${() => setAll(true)}>${t("run.allmetrics", { n: data.checkpoints.length })}</button></p>`}
  </section>`;
}

function Checkpoint({ checkpoint, metrics }) {
  const { best, exists } = checkpoint;
  const state = checkpoint.deleted !== null ? "deleted" : exists === null ? "outside" : exists ? "there" : "missing";
  return html`<tr class=${classes({ gone: exists === false })}>
    <td class="number">${checkpoint.step === null ? "–" : count(checkpoint.step)}</td>
    ${metrics.map((name) => {
      const value = checkpoint.metrics[name];
      const isBest = best.includes(name);
      return html`<td key=${name} class=${classes("number", { best: isBest })} title=${isBest ? t("checkpoints.best", { name }) : undefined}>
        ${isBest && html`<${Icon} name="star" size="12" /><span class="unseen">${t("checkpoints.best", { name })}</span> `}${value === null || value === undefined ? "–" : number(value, 5)}
      </td>`;
    })}
    <td class="number">${checkpoint.bytes === null ? "–" : bytes(checkpoint.bytes)}</td>
    <td title=${checkpoint.time === null ? undefined : moment(checkpoint.time)}>${checkpoint.time === null ? "–" : ago(checkpoint.time)}</td>
    <td class="wrap"><code>${checkpoint.path}</code></td>
    <td title=${t(`checkpoints.${state}.what`)}><span class=${`record ${state}`}>${t(`checkpoints.${state}`)}</span></td>
  </tr>`;
}

const LEVELS = { info: "help", warning: "warning", error: "warning" };

export function Alerts({ base }) {
  const { data } = useLive(`${base}/alerts`, {}, { every: 10000 });
  if (!data?.alerts.length) return null;
  return html`<section class="panel alerts" aria-label=${t("alerts.title")}>
    <header><h2>${t("alerts.title")} <small>${data.alerts.length}</small></h2></header>
    <ul class="alertlist">${data.alerts.map((alert, index) => html`<li key=${index} data-level=${alert.recovered === null ? alert.level : "over"}>
      <${Icon} name=${LEVELS[alert.level]} />
      <div>
        <p><b>${alert.title}</b> <span class="chip">${t(`alerts.${alert.level}`)}</span></p>
        ${alert.text && html`<p class="wrap text">${alert.text}</p>`}
        <p class="faint">${alert.time !== null && html`<span title=${moment(alert.time)}>${ago(alert.time)}</span> · `}${alert.cause}${alert.recovered !== null && html` · <span class="recovered" title=${moment(alert.recovered)}>${t("alerts.recovered", { time: ago(alert.recovered) })}</span>`}</p>
      </div>
    </li>`)}</ul>
  </section>`;
}
