// Media of one or several runs by key, with one slider over the steps of all of them.
import { ApiError, get, repeat } from "../../lib/api.js";
import { count } from "../../lib/format.js";
import { addressOf, param, setParams } from "../../lib/route.js";
import { html, useEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { MediaCard } from "./media.js";
import "./words.js";

const EVERY = 6000;
const NOTHING = { keys: [], count: 0, cut: false };
const MANY = 8; // keys from which they can be searched
const AT_FIRST = 24; // keys that are shown at first

/** `runs` are `{ id, name }`; with several, each key is a row with a column for each run. Nothing without media. */
export default function Gallery({ runs }) {
  const answers = useMedia(runs.map((run) => run.id));
  const [typed, setTyped] = useState("");
  const [all, setAll] = useState(false);
  const rows = useMemo(() => rowsOf(runs, answers), [answers, runs.map((run) => run.id).join()]);
  const steps = useMemo(() => stepsOf(rows), [rows]);
  if (!rows.length) return null;
  const chosen = param("mediastep");
  const step = chosen === "" || !steps.length ? Infinity : Number(chosen);
  const matching = rows.filter((row) => row.key.toLowerCase().includes(typed.toLowerCase()));
  const shown = all ? matching : matching.slice(0, AT_FIRST);
  const cut = [...answers.values()].some((answer) => answer.cut);
  return html`<section class="panel media" aria-label=${t("media.title")}>
    <header>
      <h2>${t("media.title")} <small>${rows.length}</small></h2>
      ${rows.length > MANY && html`<input type="search" class="plain-field" aria-label=${t("media.find")} placeholder=${t("media.find")} value=${typed} onInput=${(event) => setTyped(event.target.value)} />`}
      ${steps.length > 1 && html`<${Steps} steps=${steps} step=${step} />`}
    </header>
    <div class=${runs.length > 1 ? "mediarows" : "mediagrid"}>
      ${shown.map((row) => html`<${Row} key=${`${row.kind} ${row.key}`} row=${row} runs=${runs} step=${step} />`)}
    </div>
    ${shown.length < matching.length && html`<p class="more"><button type="button" class="link" onClick=${() => setAll(true)}>${t("media.all", { n: matching.length })}</button></p>`}
    ${cut && html`<p class="more faint">${t("media.cut")}</p>`}
  </section>`;
}

/** The slider; at its end it follows what is stored. */
function Steps({ steps, step }) {
  const last = steps.length - 1;
  const at = step === Infinity ? last : Math.max(0, steps.findLastIndex((each) => each <= step));
  const choose = (index) => setParams({ mediastep: index >= last ? "" : String(steps[Math.max(0, index)]) });
  return html`<div class="steps">
    <${Button} icon="left" label=${t("media.before")} disabled=${at === 0} onClick=${() => choose(at - 1)} />
    <input type="range" min="0" max=${last} value=${at} aria-label=${t("media.step")} aria-valuetext=${String(steps[at])} onInput=${(event) => choose(Number(event.target.value))} />
    <${Button} icon="right" label=${t("media.after")} disabled=${at === last} onClick=${() => choose(at + 1)} />
    <output>${t("media.stepof", { step: count(steps[at]) })}</output>
  </div>`;
}

function Row({ row, runs, step }) {
  const several = runs.length > 1;
  return html`<section class="mediarow" data-kind=${row.kind} aria-label=${row.key}>
    <h3 title=${row.key}>${row.key} <small>${t(`media.kind.${row.kind}`)}</small></h3>
    <div class="mediacells" style=${{ "--runs": runs.length }}>
      ${runs.map((run) => html`<div key=${run.id} class="mediacell">
        ${several && html`<p class="cut"><a href=${addressOf(`/run/${encodeURIComponent(run.id)}`)} title=${run.name}>${run.name}</a></p>`}
        <${Cell} items=${at(row.items.get(run.id) ?? [], step)} run=${run} row=${row} several=${several} />
      </div>`)}
    </div>
  </section>`;
}

function Cell({ items, run, row, several }) {
  if (!items.length) return html`<p class="faint none">${t(several ? "media.none" : "media.notyet")}</p>`;
  return items.map((item) => html`<${MediaCard} key=${item.id} base=${`/api/v1/runs/${encodeURIComponent(run.id)}/media/${item.id}`} item=${item} kind=${row.kind} name=${row.key} />`);
}

/** The items of the last step that is not beyond `step`; several of one step belong together. */
function at(items, step) {
  const last = items.findLast((item) => (item.step ?? -1) <= step);
  return last ? items.filter((item) => item.step === last.step) : [];
}

/** A row for each key and kind, with the items of each run by its id. */
function rowsOf(runs, answers) {
  /** @type {Map<string, { key: string, kind: string, items: Map<string, any[]> }>} */
  const rows = new Map();
  for (const run of runs) {
    for (const { key, kind, items } of answers.get(run.id)?.keys ?? []) {
      const name = `${key}\n${kind}`;
      const row = rows.get(name) ?? { key, kind, items: new Map() };
      rows.set(name, row);
      row.items.set(run.id, items);
    }
  }
  return [...rows.values()].sort((a, b) => a.key.localeCompare(b.key, undefined, { numeric: true }));
}

const stepsOf = (rows) =>
  [...new Set(rows.flatMap((row) => [...row.items.values()].flat().map((item) => item.step)))].filter((step) => step !== null).sort((a, b) => a - b);

/** The media of the runs by id, asked for again while the page is live. */
function useMedia(ids) {
  const [answers, setAnswers] = useState(/** @type {Map<string, any>} */ (new Map()));
  const known = useRef(answers);
  useEffect(() => {
    const abort = new AbortController();
    const turn = async () => {
      const pairs = await Promise.all(ids.map(async (id) => /** @type {[string, any]} */ ([id, await mediaOf(id, abort.signal)])));
      if (abort.signal.aborted) return;
      const changed = pairs.some(([id, answer]) => answer && known.current.get(id) !== answer);
      if (!changed && known.current.size <= ids.length) return;
      // What was stored stays while the server is away.
      known.current = new Map(pairs.map(([id, answer]) => [id, answer ?? known.current.get(id) ?? NOTHING]));
      setAnswers(known.current);
    };
    turn();
    const stop = repeat(turn, EVERY);
    return () => (stop(), abort.abort());
  }, [ids.join()]);
  return answers;
}

/** The answer of one run; null if it cannot be had now, which its page tells. */
async function mediaOf(id, signal) {
  try {
    return await get(`/api/v1/runs/${encodeURIComponent(id)}/media`, {}, { signal, quiet: true });
  } catch (error) {
    if (error instanceof ApiError || error.name === "AbortError") return null;
    throw error;
  }
}
