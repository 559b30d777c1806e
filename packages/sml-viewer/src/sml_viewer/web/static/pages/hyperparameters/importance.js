// Importance of each parameter: share of the variance of ranks, direction, p-value, number of configurations.
import { number } from "../../lib/format.js";
import { classes, html } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";

const SIGNIFICANT = 0.05;
const LEAST = 0.0001; // smaller p-values are shown as less than it

/**
 * `current`: the parameter of the scatter plot; `onChoose(name)`. `titles`: those of the sub-figures; `least`: the number of
 * configurations below which nothing is claimed. Scores by value are shown of the current parameter and of those without a claim.
 * @param {{ importance: any[], caption: string, titles: string[], least: number, current?: string, onChoose?: (name: string) => void }} props
 */
export function Importance({ importance, caption, titles, least, current = "", onChoose = undefined }) {
  if (!importance.length) return html`<p class="faint">${t("hyper.nothing")}</p>`;
  return html`<table class="importance">
    <thead><tr>
      <th scope="col">${t("parameter")}</th><th scope="col" colspan="2">${t("hyper.importance")}</th><th scope="col">${t("hyper.direction")}</th>
      <th scope="col" class="number" title=${t("hyper.p.what")}>p</th><th scope="col" class="number" title=${t("hyper.rho.what")}>ρ</th><th scope="col" class="number" title=${t("hyper.n.what")}>n</th>
    </tr></thead>
    <tbody>${importance.map((each) => html`<tr key=${each.name} class=${classes({ chosen: each.name === current })}>
      <th scope="row">${onChoose ? html`<button type="button" class="link" aria-pressed=${each.name === current} title=${t("hyper.scatter.show", { name: each.name })} onClick=${() => onChoose(each.name)}>${each.name}</button>` : each.name}
        ${each.same_as.length > 0 && html`<small class="faint" title=${each.same_as.join(", ")}>${t("ranking.same", { names: brief(each.same_as) })}</small>`}</th>
      <${Verdict} each=${each} least=${least} />
    </tr>
    ${(each.p_value === null || each.name === current) && each.by_value.length > 0 && html`<${Values} key=${`${each.name} values`} each=${each} titles=${titles} />`}`)}</tbody>
  </table>
  <p class="faint">${caption}</p>`;
}

/** The mean score of each value, in units of the metric, one line for each sub-figure. */
function Values({ each, titles }) {
  const shown = [...new Set(each.by_value.map(({ title }) => title))];
  return html`<tr class="values"><td colspan="7" title=${t("hyper.byvalue.what")}>
    ${shown.map((title) => html`<ul key=${title} class="byvalue" aria-label=${t("hyper.byvalue", { name: each.name })}>
      ${titles.length > 1 && html`<li class="faint">${nameText(titles[title])}</li>`}
      ${each.by_value.filter((score) => score.title === title).map((score) => html`<li key=${score.value}><code>${score.value}</code> <b>${score.mean === null ? "–" : number(score.mean)}</b>${score.deviation !== null && ` ± ${number(score.deviation, 2)}`} <small class="faint">n=${score.n}</small></li>`)}
    </ul>`)}
  </td></tr>`;
}

function Verdict({ each, least }) {
  if (each.p_value === null) return html`<td colspan="6" class="faint">${each.n < least ? t("hyper.noclaim.few", { n: each.n, least }) : t("hyper.noclaim")}</td>`;
  const significant = each.p_value < SIGNIFICANT;
  return html`<td class="number">${Math.round(100 * each.share)} %</td>
    <td><meter min="0" max="1" value=${each.share} aria-label=${t("hyper.importance.of", { name: each.name })}></meter></td>
    <td class=${significant ? "" : "faint"}>${significant ? direction(each) : t("hyper.notsignificant")}</td>
    <td class="number">${significant ? html`<b>${each.p_value < LEAST ? `< ${LEAST}` : number(each.p_value, 2)}</b>` : number(each.p_value, 2)}</td>
    <td class="number">${each.rho === null ? "" : number(Number(each.rho.toFixed(2)), 2)}</td>
    <td class="number">${each.n}</td>`;
}

function direction({ better, best }) {
  const parts = [better && t(`hyper.better.${better}`), best && t("hyper.best", { value: best })];
  return parts.filter(Boolean).join(" · ");
}

const brief = (names) => (names.length > 3 ? `${names.slice(0, 3).join(", ")} …` : names.join(", "));
