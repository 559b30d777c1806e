// The matrix of coverage: only the cells in sight are in the document, however many there are.
import { addressOf } from "../../lib/route.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { ShortName, commonParts } from "./names.js";

/** Signs of the states, which colour alone would not tell apart. */
export const SIGNS = {
  done: "✓", finished: "✓", running: "▸", failed: "✕", killed: "✕", lost: "✕", silent: "?", unknown: "·", left: "", timeout: "✕",
  preempted: "◂", queued: "…", requeued: "…",
}; // prettier-ignore

const ROW = 28; // pixels of a line; .matrix in runs.css counts with them
const COLUMN = 34;
const MARGIN = 4; // lines and columns beyond what is seen

/** `data` of the answer: a line for each method, a column for each seed of each environment. */
export function Matrix({ data }) {
  const scroller = useRef(null);
  const environments = data.environments.length ? data.environments : [""];
  const seeds = data.seeds.length ? data.seeds : [""];
  const columns = environments.length * seeds.length;
  const cells = useMemo(() => {
    const at = ({ method, environment, seed }) => method * columns + environment * seeds.length + seed;
    return new Map(data.cells.map((each) => [at(each), each]));
  }, [data]);
  const common = useMemo(() => commonParts(data.methods), [data.methods]);
  const sight = useSight(scroller, data.methods.length, columns);
  const methods = data.methods.slice(sight.top, sight.bottom);
  const shown = Array.from({ length: sight.right - sight.left }, (_, index) => sight.left + index);
  const wordsOf = (method, column) => {
    const seed = seeds[column % seeds.length];
    return [method, environments[Math.floor(column / seeds.length)], seed && `${data.seed} ${seed}`].filter(Boolean).join(", ");
  };
  const edge = (column) => (column % seeds.length === 0 ? "edge" : undefined);
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("runs.coverage")} ref=${scroller}>
    <div style=${{ width: `calc(var(--method) + ${columns * COLUMN}px)`, height: `${data.methods.length * ROW + 2 * ROW + 8}px` }}>
      <table class="matrix" aria-rowcount=${data.methods.length + 2} aria-colcount=${columns + 1}
        style=${{ marginLeft: `${sight.left * COLUMN}px`, marginTop: `${sight.top * ROW}px`, width: `calc(var(--method) + ${shown.length * COLUMN}px)` }}>
        <colgroup><col class="method" />${shown.map(() => html`<col style=${{ width: `${COLUMN}px` }} />`)}</colgroup>
        <thead>
          <tr><th scope="col" rowspan="2">${data.method.join(" · ") || t("coverage.method")}</th>
            ${groups(shown, seeds.length).map(([environment, span]) => html`<th key=${environment} scope="colgroup" colspan=${span} class="group"><span>${environments[environment]}</span></th>`)}</tr>
          <tr>${shown.map((column) => html`<th key=${column} scope="col" class=${`seed ${edge(column) ?? ""}`} aria-colindex=${column + 2}>${seeds[column % seeds.length]}</th>`)}</tr>
        </thead>
        <tbody>
          ${/* By position, so that elements are reused while scrolling. */ methods.map((method, index) => html`<tr aria-rowindex=${sight.top + index + 3}>
            <th scope="row" title=${method}>${method ? html`<${ShortName} name=${method} common=${common} compact />` : "–"}</th>
            ${shown.map((column) => {
              const cell = cells.get((sight.top + index) * columns + column);
              return html`<td class=${edge(column)}>${cell && html`<${Square} cell=${cell} words=${wordsOf(method, column)} />`}</td>`;
            })}
          </tr>`)}
        </tbody>
      </table>
    </div>
  </div>`;
}

/** Environments of the columns in sight, with the number of columns of each. */
function groups(columns, seeds) {
  const spans = new Map();
  for (const column of columns) {
    const environment = Math.floor(column / seeds);
    spans.set(environment, (spans.get(environment) ?? 0) + 1);
  }
  return [...spans];
}

/** The lines and columns that a scrolling element shows. */
function useSight(scroller, lines, columns) {
  const [view, setView] = useState({ row: 0, column: 0, rows: 30, width: 30 });
  useLayoutEffect(() => {
    const element = scroller.current;
    const read = () => {
      const next = {
        row: Math.floor(element.scrollTop / ROW), column: Math.floor(element.scrollLeft / COLUMN),
        rows: Math.ceil(element.clientHeight / ROW), width: Math.ceil(element.clientWidth / COLUMN),
      }; // prettier-ignore
      setView((old) => (Object.keys(next).every((name) => old[name] === next[name]) ? old : next));
    };
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener("scroll", read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", read);
    };
  }, []);
  const part = (first, size, all) => {
    const from = Math.max(0, Math.min(first, all - size) - MARGIN);
    return [from, Math.min(all, from + size + 2 * MARGIN)];
  };
  const [top, bottom] = part(view.row, view.rows, lines);
  const [left, right] = part(view.column, view.width, columns);
  return { top, bottom, left, right };
}

function Square({ cell, words }) {
  const label = `${words}: ${t(`coverage.${cell.state}`)}`;
  if (!cell.runs.length) return html`<span class="cell" data-state=${cell.state} role="img" aria-label=${label} title=${label}>${SIGNS[cell.state]}</span>`;
  return html`<a class="cell" data-state=${cell.state} aria-label=${label} title=${label} href=${addressOf(`/run/${encodeURIComponent(cell.runs[0])}`)}>
    ${cell.runs.length > 1 ? cell.runs.length : SIGNS[cell.state]}
  </a>`;
}
