// Importance of each parameter: share of the variance of ranks, direction, p-value, number of configurations.
import { number } from "../../lib/format.js";
import { classes, html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";

const SIGNIFICANT = 0.05;

/** `current`: the parameter of the scatter plot; `onChoose(name)`. */
export function Importance({ importance, caption, current, onChoose }) {
  return html`<table class="importance">
    <thead><tr>
      <th scope="col">${t("parameter")}</th><th scope="col" colspan="2">${t("hyper.importance")}</th><th scope="col">${t("hyper.direction")}</th>
      <th scope="col" class="number" title=${t("hyper.p.what")}>p</th><th scope="col" class="number" title=${t("hyper.rho.what")}>ρ</th><th scope="col" class="number" title=${t("hyper.n.what")}>n</th>
    </tr></thead>
    <tbody>${importance.map((each) => html`<tr key=${each.name} class=${classes({ chosen: each.name === current })}>
      <th scope="row"><button type="button" class="link" aria-pressed=${each.name === current} title=${t("hyper.scatter.show", { name: each.name })} onClick=${() => onChoose(each.name)}>${each.name}</button>
        ${each.same_as.length > 0 && html`<small class="faint" title=${each.same_as.join(", ")}>${t("ranking.same", { names: brief(each.same_as) })}</small>`}</th>
      <${Verdict} each=${each} />
    </tr>`)}</tbody>
  </table>
  <p class="faint">${caption}</p>`;
}

function Verdict({ each }) {
  if (each.p_value === null) return html`<td colspan="6" class="faint">${t("hyper.noclaim")}</td>`;
  const significant = each.p_value < SIGNIFICANT;
  return html`<td class="number">${Math.round(100 * each.share)} %</td>
    <td><meter min="0" max="1" value=${each.share} aria-label=${t("hyper.importance.of", { name: each.name })}></meter></td>
    <td class=${significant ? "" : "faint"}>${significant ? direction(each) : t("hyper.notsignificant")}</td>
    <td class="number">${significant ? html`<b>${number(each.p_value, 2)}</b>` : number(each.p_value, 2)}</td>
    <td class="number">${each.rho === null ? "" : number(Number(each.rho.toFixed(2)), 2)}</td>
    <td class="number">${each.n}</td>`;
}

function direction({ better, best }) {
  const parts = [better && t(`hyper.better.${better}`), best && t("hyper.best", { value: best })];
  return parts.filter(Boolean).join(" · ");
}

const brief = (names) => (names.length > 3 ? `${names.slice(0, 3).join(", ")} …` : names.join(", "));
