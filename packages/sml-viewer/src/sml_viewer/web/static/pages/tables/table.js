// Tables: scores, with export for papers.
import { post } from "../../lib/api.js";
import { requestBody, option, setOptions } from "../../lib/config.js";
import { useCompute } from "../../lib/compute.js";
import { copy } from "../../lib/copy.js";
import { pairKey } from "../../lib/pairs.js";
import { classes, html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Progress } from "../../widgets/states.js";
import { AllAlgorithms, useAutomaticValues } from "../plots/automatic.js";
import { Caption } from "../plots/caption.js";
import { Unavailable } from "../plots/pending.js";
import { withErrorToast } from "../../lib/errors.js";
import { download } from "../../lib/download.js";

const KINDS = [["md", "Markdown"], ["tex", "LaTeX"], ["html", "HTML"], ["csv", "CSV"]]; // prettier-ignore
const TYPES = { md: "text/markdown", tex: "application/x-tex", html: "text/html", csv: "text/csv" };

/** `shown`: whether they are in sight, else nothing is computed. */
export function Tables({ shown }) {
  const { data, error, busy } = useCompute("/api/v1/table", shown ? {} : null);
  useAutomaticValues(data);
  return html`<div class="centre" role="group" aria-label=${t("tab.table")} aria-busy=${busy} hidden=${!shown}>
    <${AllAlgorithms} reduced=${data?.reduced} />
    <${Copies} transposed=${option("TABLE_ALG_SORT_BY_ROW", data?.tables[0]?.transposed ?? false)} />
    ${error && !(data && busy) ? html`<${Unavailable} error=${error} />` : !data ? html`<${Progress} />` : data.tables.map((table) => html`<${Scores} key=${pairKey(table.pair)} table=${table} />`)}
  </div>`;
}

function Copies({ transposed }) {
  const text = async (kind) => (await withErrorToast(() => post("/api/v1/table", { ...requestBody.peek(), kind })))?.texts[kind];
  const copyAs = async (kind, name) => {
    const content = await text(kind);
    if (content !== undefined) await copy(content, t("table.copied", { kind: name }));
  };
  const saveAs = async (kind) => {
    const content = await text(kind);
    if (content !== undefined) download({ name: `table.${kind}`, type: TYPES[kind], content });
  };
  const command = async () => {
    const answer = await withErrorToast(() => post("/api/v1/command", { ...requestBody.peek(), kind: "table", output: "table.tex" }));
    if (answer) await copy(answer.command, t("command.copied"));
  };
  return html`<div class="bar">
    <div class="copies" role="group" aria-label=${t("table.copy")}>
      <span class="soft">${t("table.copy")}</span>
      ${KINDS.map(([kind, name]) => html`<span class="pairbutton" key=${kind}><${Button} icon="copy" onClick=${() => copyAs(kind, name)}>${name}<//><${Button} icon="download" label=${t("table.keep", { kind: name })} onClick=${() => saveAs(kind)} /></span>`)}
    </div>
    <${Button} icon="command" onClick=${command}>${t("command.copy")}<//>
    <${Button} aria-pressed=${transposed} onClick=${() => setOptions({ TABLE_ALG_SORT_BY_ROW: !transposed })}>${t("table.turn")}<//>
  </div>`;
}

function Scores({ table }) {
  const cells = new Map(table.cells.map((cell) => [JSON.stringify([cell.title, cell.algorithm]), cell]));
  const cellAt = (row, column) => {
    const [title, algorithm] = table.transposed ? [table.titles[column], table.algorithms[row]] : [table.titles[row], table.algorithms[column]];
    return cells.get(JSON.stringify([title, algorithm]));
  };
  return html`<figure class="scoretable">
    <div class="scroll" tabindex="0" role="region" aria-label=${table.pair[1]}>
      <table id="scores">
        <thead><tr>${table.head.map((name, index) => html`<th key=${index} scope="col" class=${index ? "number" : ""}>${name}</th>`)}</tr></thead>
        <tbody>${table.rows.map((row, rowIndex) => html`<tr key=${row.name}>
          <th scope="row">${row.name || t("all.runs")}</th>
          ${row.cells.map((cell, index) => html`<${Cell} key=${index} cell=${cell} details=${cellAt(rowIndex, index)} />`)}
        </tr>`)}</tbody>
      </table>
    </div>
    <figcaption><${Caption} caption=${table.caption} details=${table.details} folded=${3} /></figcaption>
  </figure>`;
}

/** The sign that numbers have on the rest of the page; files have a hyphen, which programs read. */
const withMinus = (text) => text.replace(/(^|[ [])-(?=\d)/g, "$1−");

function Cell({ cell, details }) {
  const title = details && [
    details.runs.map((run, index) => `${run.name}: ${details.scores[index]}${run.state && run.state !== "finished" ? ` (${t(`status.${run.state}`)})` : ""}`).slice(0, 30).join("\n"),
    details.unfinished ? t("table.unfinished", { n: details.unfinished }) : "",
    details.pools ? `† ${details.pools}` : "",
    details.repeats ? `‡ ${t("legend.repeats", { n: details.repeats })}` : "",
  ].filter(Boolean).join("\n");
  return html`<td class=${classes("number", { bold: cell.bold, best: details?.best, doubtful: details?.unfinished > 0, none: !cell.text })} title=${title}>${withMinus(cell.text) || "–"}</td>`;
}
