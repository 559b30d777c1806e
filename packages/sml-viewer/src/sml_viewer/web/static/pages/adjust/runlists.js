// Lists of the selected runs and of the filtered ones, each with its rule.
import { addressOf } from "../../lib/route.js";
import { useCompute } from "../../lib/compute.js";
import { html, useState } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";
import { Segments } from "../../widgets/button.js";
import { ShortName } from "../runs/names.js";

const FIRST = 100;
const MORE = 1000;

export function RunLists({ counts }) {
  const [side, setSide] = useState("kept");
  const [word, setWord] = useState("");
  const [most, setMost] = useState(FIRST);
  const customized = word !== "" || most > FIRST;
  const { data } = useCompute("/api/v1/counts", customized ? { search: word, limit: most } : null, { delay: 60 });
  const shown = customized ? (data ?? counts) : counts;
  const list = shown?.[side];
  const { runs } = counts ?? {};
  return html`<section class="panel runlists" aria-label=${t("lists")}>
    <header>
      <${Segments} label=${t("lists")} value=${side} onChange=${setSide}
        options=${[["kept", `${t("lists.kept")} ${runs?.counted ?? "…"}`], ["filtered", `${t("lists.filtered")} ${runs?.filtered ?? "…"}`]]} />
    </header>
    <div class="body">
      <p class="soft">${runs && summary(runs, counts.hidden)}</p>
      <input class="plain-field" type="search" value=${word} placeholder=${t("lists.search")} aria-label=${t("lists.search")} onInput=${(event) => setWord(event.target.value)} />
      <ul class="runlist" tabindex="0" aria-label=${t(`lists.${side}`)}>
        ${list?.runs.map((run) => html`<li key=${run.id}>
          <a class="cut" href=${addressOf(`/run/${encodeURIComponent(run.id)}`)} title=${run.name}><${ShortName} name=${run.name} /></a>
          <small class="faint cut" title=${side === "kept" ? nameText(run.algorithm) : undefined}>${side === "kept" ? nameText(run.algorithm) : run.rules.length ? t("lists.by", { rules: run.rules.map((rule) => rule + 1).join(", ") }) : t("lists.bynone")}</small>
        </li>`)}
      </ul>
      ${list && list.count > list.runs.length && html`<button type="button" class="link" onClick=${() => setMost(most + MORE)}>${t("lists.more", { n: list.count - list.runs.length })}</button>`}
      ${counts?.duplicates.length > 0 && html`<details><summary>${t("lists.duplicates", { n: runs.duplicates })}</summary><ul>${counts.duplicates.map((each) => html`<li key=${each.kept} class="wrap"><span>${each.kept}</span> <small class="faint">= ${each.others.join(", ")}</small></li>`)}</ul></details>`}
    </div>
  </section>`;
}

function summary(runs, hidden) {
  const parts = [t("lists.all", { n: runs.all })];
  if (runs.asked + hidden < runs.all) parts.push(t("lists.asked", { n: runs.asked }));
  if (hidden) parts.push(t("lists.hidden", { n: hidden }));
  if (runs.superseded) parts.push(t("lists.superseded", { n: runs.superseded }));
  return parts.join(" · ");
}
