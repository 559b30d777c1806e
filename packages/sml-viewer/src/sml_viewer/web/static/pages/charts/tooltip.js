// The box beside the pointer: x, and name, value, band, runs and seed of each curve near it.
import { TIME, axisLabel, momentText } from "../../lib/clock_axis.js";
import { number } from "../../lib/format.js";
import { classes, html, useLayoutEffect, useRef } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Swatch } from "../plots/styles.js";
import { tooltip } from "./state.js";

const OFFSET = 14; // pixels

export function Tooltip() {
  const box = useRef(null);
  const shown = tooltip.value;
  useLayoutEffect(() => {
    if (!shown) return;
    const { offsetWidth: width, offsetHeight: height } = box.current;
    const left = shown.left + OFFSET + width > innerWidth ? Math.max(4, shown.left - OFFSET - width) : shown.left + OFFSET;
    const top = Math.max(4, Math.min(shown.top + OFFSET, innerHeight - height - 4));
    box.current.style.transform = `translate(${left}px, ${top}px)`;
  });
  if (!shown) return null;
  return html`<div class="charttip" ref=${box} aria-hidden="true">
    <p>${shown.x === null ? shown.metric : html`${axisLabel(shown.column)} <b>${shown.column === TIME ? momentText(shown.x) : number(shown.x, 6)}</b>`}</p>
    <table><tbody>
      ${shown.rows.map((row, index) => html`<tr key=${`${index} ${row.key}`} class=${classes({ strong: row.strong })}>
        <td><${Swatch} colour=${row.line.colour} style=${row.line.dashes} /></td>
        <th>${row.line.label}</th>
        <td class="number">${row.value}</td>
        <td class="number">${row.band}</td>
        <td class="faint">${row.n !== null ? `n=${row.n}` : row.line.seed ? t("charts.seed", { seed: row.line.seed }) : ""}</td>
      </tr>`)}
    </tbody></table>
    ${shown.more > 0 && html`<p class="faint">${t("charts.tip.more", { n: shown.more })}</p>`}
  </div>`;
}
