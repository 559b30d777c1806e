// Page of one run: failure, charts, media, log, system, checkpoints, alerts, files, provenance.
import { href, useLive } from "../../lib/api.js";
import { copy } from "../../lib/copy.js";
import { useCommands, useShortcuts } from "../../lib/keys.js";
import { addressOf, go, param, route, setParams } from "../../lib/route.js";
import { html, useEffect } from "../../lib/ui.js";
import { ago, count, duration, moment, number } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { Button, LinkButton, Menu } from "../../widgets/button.js";
import { Icon } from "../../widgets/icon.js";
import { Failed, Progress, Status } from "../../widgets/states.js";
import { editNote, editTags, setHidden } from "../runs/annotate.js";
import { Facts, Parameters } from "./facts.js";
import { Files } from "./files.js";
import Gallery from "./gallery.js";
import { Log } from "./log.js";
import { Markdown } from "./markdown.js";
import { Metrics } from "./metrics.js";
import { Alerts, Checkpoints } from "./records.js";
import { System, amount, titleOf } from "./system.js";
import "./words.js";

const GPU_MEMORY = /^gpu\d+_memory_bytes$/;

/** The highest values that stand beside the run's other facts; the charts tell those of all system metrics. */
function peaksOf({ peaks }) {
  const gpus = Object.keys(peaks).filter((name) => GPU_MEMORY.test(name)).map((name) => peaks[name]);
  const named = ["cpu_percent", "rss_bytes"].filter((name) => name in peaks).map((name) => [name, peaks[name]]);
  return gpus.length ? [...named, ["gpu_memory_bytes", Math.max(...gpus)]] : named;
}

export default function RunPage() {
  const id = decodeAddress(route.value.path.replace(/^\/run\//, ""));
  return html`<${Run} key=${id} id=${id} />`;
}

/** Decode a part of the address; unchanged if it is malformed. */
function decodeAddress(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function Run({ id }) {
  const base = `/api/v1/runs/${encodeURIComponent(id)}`;
  const { data: run, error, reload } = useLive(base, {}, { every: 3000 });
  useEffect(() => {
    if (run) document.title = `${run.name} · sml-viewer`;
  }, [run?.name]);
  if (error) return html`<${RunError} error=${error} reload=${reload} />`;
  if (!run) return html`<${Progress} />`;
  return html`<article class="run">
    <${Title} run=${run} base=${base} reload=${reload} />
    ${run.failure && html`<${Failure} run=${run} />`}
    <${Notices} run=${run} />
    <div class="panels">
      <${Metrics} run=${run} base=${base} />
      <${Gallery} runs=${[{ id: run.id, name: run.name }]} />
      <div class=${run.logs.length > 0 ? "columns" : "panels"}>
        ${run.logs.length > 0 && html`<div><${Log} base=${base} names=${run.logs} /></div>`}
        <div><${Parameters} run=${run} /></div>
      </div>
      <${System} base=${base} alone=${run.superseded || !run.rows} />
      <${Checkpoints} base=${base} />
      <${Alerts} base=${base} />
      <div class="columns">
        <div><${Files} base=${base} /></div>
        <div>
          <${Facts} title=${t("run.provenance")} rows=${run.provenance} />
          <${Facts} title=${t("run.settings")} rows=${run.settings} collapsed />
        </div>
      </div>
    </div>
  </article>`;
}

function RunError({ error, reload }) {
  const reported = error.status === 404 ? { message: t("run.gone"), remedy: t("run.gone.what") } : error;
  return html`<${Failed} error=${reported} retry=${reload}><p><a href=${addressOf("/experiment")}>${t("run.back")}</a></p><//>`;
}

function Title({ run, base, reload }) {
  const { tags = [], note = "", hidden = false } = run.annotation ?? {};
  const edit = { tags: () => editTags([{ id: run.id, tags }], tags, reload), note: () => editNote([run.id], note, reload) };
  const toggleHidden = () => setHidden([run.id], !hidden, reload);
  const back = () => go(addressOf("/experiment"));
  useShortcuts(
    [
      { keys: "Escape", label: t("run.back"), act: () => (param("file") ? setParams({ file: "" }) : back()) },
      { keys: "t", label: t("bulk.tags"), act: edit.tags },
      { keys: "n", label: t("bulk.note"), act: edit.note },
      { keys: "h", label: t("bulk.hide"), act: toggleHidden },
    ],
    [run],
  );
  useCommands([{ label: t("run.copy"), act: () => copy(run.path) }], [run]);
  const end = run.status === "running" ? Date.now() / 1000 : run.modified;
  return html`<header class="title">
    <div class="crumbs"><a href=${addressOf("/experiment")}><${Icon} name="left" size="14" />${t("tab.experiment")}</a></div>
    <div class="line">
      <h1>${run.name}</h1>
      <${Status} value=${run.status} />
      ${tags.map((tag) => html`<span class="chip" key=${tag}>${tag}</span>`)}
      ${hidden && html`<span class="chip">${t("filter.hidden")}</span>`}
      <span class="acts">
        <${Button} icon="tag" onClick=${edit.tags}>${t("bulk.tags")}<//>
        <${Button} icon="note" onClick=${edit.note}>${t("bulk.note")}<//>
        <${LinkButton} icon="zip" href=${href(`${base}/zip`)} download>${t("bulk.zip")}<//>
        <${Menu} icon="menu" label=${t("more")} align="end" items=${[
          { icon: hidden ? "show" : "hide", label: t(hidden ? "bulk.restore" : "bulk.hide"), act: toggleHidden },
          { icon: "copy", label: t("run.copy"), act: () => copy(run.path) },
        ]} />
      </span>
    </div>
    <dl class="facts">
      ${run.started && html`<div><dt>${t("fact.started")}</dt><dd title=${moment(run.started)}>${ago(run.started)}</dd></div>`}
      ${run.started && html`<div><dt>${t("fact.duration")}</dt><dd title=${t("fact.duration.what")}>${duration(end - run.started)}</dd></div>`}
      <div><dt>${t("fact.rows")}</dt><dd>${run.rows === null ? "…" : count(run.rows)}</dd></div>
      ${run.progress && html`<div><dt>${run.progress.name}</dt><dd>${number(run.progress.last, 6)}</dd></div>`}
      ${!run.progress && run.step !== null && run.step > (run.rows ?? 0) && html`<div><dt>${t("fact.step")}</dt><dd>${count(run.step)}</dd></div>`}
      ${run.host && html`<div><dt>${t("fact.host")}</dt><dd>${run.host}</dd></div>`}
      ${peaksOf(run).map(([name, peak]) => html`<div key=${name}><dt>${t("fact.peak", { name: titleOf(name) })}</dt><dd>${amount(name, peak)}</dd></div>`)}
      ${run.heard && run.status !== "finished" && html`<div><dt>${t("fact.heard")}</dt><dd title=${moment(run.heard)}>${ago(run.heard)}</dd></div>`}
      <div class="path"><dt>${t("fact.path")}</dt><dd><code>${run.path}</code><${Button} icon="copy" label=${t("run.copy")} onClick=${() => copy(run.path)} /></dd></div>
    </dl>
    ${note && html`<div class="said"><${Icon} name="note" /><${Markdown} text=${note} /></div>`}
  </header>`;
}

function Failure({ run }) {
  const { error, exit_status: status, traceback, source } = run.failure;
  const facts = [status !== null && t("failure.status", { status }), source && t("failure.source", { source })].filter(Boolean);
  return html`<section class="failure" aria-labelledby="failure">
    <header><h2 id="failure"><${Icon} name="warning" />${error || t(`failure.${run.status}`)}</h2>
      ${traceback && html`<${Button} icon="copy" label=${t("failure.copy")} onClick=${() => copy(traceback)} />`}</header>
    ${traceback ? html`<pre tabindex="0">${traceback}</pre>` : html`<p>${t(`failure.${run.status}.what`)}</p>`}
    ${facts.length > 0 && html`<p class="faint">${facts.join(" · ")}</p>`}
  </section>`;
}

/** Notices that come before the numbers: repairs, duplicates, earlier attempts. */
function Notices({ run }) {
  const link = (id, words = id) => html`<a href=${addressOf(`/run/${encodeURIComponent(id)}`)}>${words}</a>`;
  const duplicates = run.duplicates;
  const notices = [
    run.attempt_of && html`<li>${t("run.attempt_of")} ${link(run.attempt_of)}</li>`,
    ...run.notes.map((note) => html`<li>${note}</li>`),
    duplicates && html`<li>${duplicates.note} ${[...(duplicates.kept === run.id ? duplicates.others : [duplicates.kept])].map((id) => html`${link(id)} `)}</li>`,
    run.inside && html`<li>${t("run.inside")} ${link(run.inside)}</li>`,
    run.contains?.length > 0 && html`<li>${t("run.contains")} ${run.contains.map((id) => html`${link(id)} `)}</li>`,
    run.superseded_rows?.length > 0 && html`<li>${t("run.rewound", { names: run.superseded_rows.join(", ") })}</li>`,
  ].filter(Boolean);
  return html`${notices.length > 0 && html`<ul class="signs">${notices}</ul>`}
    ${run.attempts.length > 0 && html`<details class="attempts"><summary>${t("run.attempts", { n: run.attempts.length })}</summary>
      <ul>${run.attempts.map((each) => html`<li key=${each.id}>${link(each.id, each.name)} <${Status} value=${each.status} />
        <span class="faint">${t("rows.count", { n: each.rows ?? 0 })}${each.started ? ` · ${moment(each.started)}` : ""}</span></li>`)}</ul>
    </details>`}`;
}
