// Tables of parameters (with changes), provenance and settings.
import { fact, value } from "../../lib/format.js";
import { copy } from "../../lib/copy.js";
import { classes, html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";

const SEARCH_FROM = 12;

export function Parameters({ run }) {
  const [typed, setTyped] = useState("");
  const words = typed.toLowerCase();
  const matches = (row) => row.name.toLowerCase().includes(words) || value(row.value).toLowerCase().includes(words);
  const rows = run.parameters.filter(matches);
  const asJson = () => JSON.stringify(Object.fromEntries(run.parameters.map((row) => [row.name, row.value])), null, 2);
  return html`<section class="panel">
    <header>
      <h2>${t("run.parameters")} <small>${run.parameters.length}</small></h2>
      ${run.parameters.length > SEARCH_FROM && html`<input type="search" class="plain-field" aria-label=${t("columns.find")} placeholder=${t("columns.find")}
        value=${typed} onInput=${(event) => setTyped(event.target.value)} />`}
      ${run.parameters.length > 0 && html`<${Button} icon="copy" label=${t("run.copy.parameters")} onClick=${() => copy(asJson())} />`}
    </header>
    <div class="body facts" tabindex="0" role="group" aria-label=${t("run.parameters")}>
      <table><tbody>${rows.map((row) => html`<tr key=${row.name} class=${classes({ changed: row.changed })}>
        <th scope="row">${row.name}</th>
        <td>${value(row.value)}${row.changed && row.default !== undefined && html`<small title=${t("run.default")}> ${t("run.was", { value: value(row.default) })}</small>`}</td>
      </tr>`)}</tbody></table>
      ${!run.parameters.length && html`<p class="faint">${t("run.noparameters")}</p>`}
    </div>
  </section>`;
}

export function Facts({ title, rows, collapsed = false }) {
  if (!rows.length) return null;
  return html`<details class="panel" open=${!collapsed}>
    <summary><h2>${title} <small>${rows.length}</small></h2></summary>
    <div class="body facts" tabindex="0" role="group" aria-label=${title}><table><tbody>
      ${rows.map((row) => html`<tr key=${row.name}><th scope="row">${row.name}</th><td>${fact(row)}</td></tr>`)}
    </tbody></table></div>
  </details>`;
}
