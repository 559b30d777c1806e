// Differences between the code of runs, by file.
import { useLive } from "../../lib/api.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Failed, Progress } from "../../widgets/states.js";

export function Code({ ids, names }) {
  const { data, error, reload } = useLive("/api/v1/compare/code", { id: ids }, { every: 60000 });
  return html`<section class="panel code">
    <header><h2>${t("compare.code")}</h2></header>
    <div class="body">
      ${error && html`<${Failed} error=${error} retry=${reload} />`}
      ${!error && !data && html`<${Progress} />`}
      ${data?.others.map((other) => html`<div key=${other.id}>
        <h3 class="wrap">${t("compare.against", { one: names.get(other.id) ?? other.id, base: names.get(data.base) ?? data.base })}</h3>
        ${other.missing && html`<p class="faint">${other.missing}</p>`}
        ${!other.missing && !other.files.length && html`<p class="faint">${t("compare.samecode")}</p>`}
        ${other.files.map((file) => html`<${File} key=${file.name} file=${file} />`)}
      </div>`)}
    </div>
  </section>`;
}

function File({ file }) {
  return html`<details open=${file.added + file.removed < 200}>
    <summary><code>${file.name}</code> <span class="chip">${t(`code.${file.change}`)}</span>
      ${file.added > 0 && html`<span class="added">+${file.added}</span>`} ${file.removed > 0 && html`<span class="removed">−${file.removed}</span>`}</summary>
    ${file.note && html`<p class="faint">${file.note}</p>`}
    ${file.diff && html`<${Diff} text=${file.diff} />`}
  </details>`;
}

const KINDS = { "+": "added", "-": "removed", "@": "place" };

/** A unified diff, line by line. */
export function Diff({ text }) {
  const lines = text.replace(/\n$/, "").split("\n").filter((line) => !line.startsWith("--- ") && !line.startsWith("+++ "));
  return html`<pre class="diff" tabindex="0">${lines.map((line) => html`<span class=${KINDS[line[0]]}>${`${line}\n`}</span>`)}</pre>`;
}
