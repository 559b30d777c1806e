// Bars and aggregates as SVG; all numbers come from the server.
import { number } from "../../lib/format.js";
import { html, useLayoutEffect, useRef, useState } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";
import { dashes, withAlpha, themedColour } from "./styles.js";

const HEIGHT = 260;
const [TOP, BOTTOM, LEFT] = [18, 44, 56];
const LEAST_GROUP = 84; // pixels for the title of a group
const LETTER_OF_TITLE = 7.6;

/** A table as groups of bars: a group per sub-figure, a bar per algorithm, a dot per run; wrapped into rows by the width. */
export function Bars({ table, styles, hidden }) {
  const [root, room] = useWidth();
  const shown = table.algorithms.map((name, index) => ({ name, index })).filter(({ name }) => !hidden.has(name));
  const bar = Math.max(8, Math.min(36, 640 / Math.max(1, shown.length * table.groups.length), (room - LEFT - 30) / (shown.length + 1)));
  const group = Math.max(bar * shown.length + Math.max(14, bar), table.groups.length > 1 ? LEAST_GROUP : 0);
  const fitting = Math.max(1, Math.floor((room - LEFT - 10) / group));
  const rows = Math.max(1, Math.ceil(table.groups.length / fitting));
  const perRow = Math.ceil(table.groups.length / rows);
  const width = LEFT + Math.max(Math.min(240, room - LEFT), group * perRow + 10);
  const values = table.groups.flatMap((each) =>
    shown.flatMap(({ index }) => {
      const cell = each.cells[index];
      return cell === null || cell.mean === null ? [] : [...cell.scores.filter((score) => score !== null), cell.mean + (cell.error ?? 0), cell.mean - (cell.error ?? 0)].map((score) => score / each.scale);
    }),
  );
  const scale = linear(Math.min(0, ...values), Math.max(0, ...values), HEIGHT - BOTTOM, TOP);
  const parts = Array.from({ length: rows }, (_, row) => table.groups.slice(row * perRow, (row + 1) * perRow));
  return html`<div class="scroll" ref=${root} tabindex="0" role="region" aria-label=${`${table.pair[1]}`}>
    ${parts.map((groups, row) => html`<${Row} key=${row} ...${{ groups, shown, styles, scale, bar, group, width }} label=${t("bars.label", { y: table.pair[1] })} />`)}
  </div>`;
}

/** One row of groups. */
function Row({ groups, shown, styles, scale, bar, group, width, label }) {
  return html`<svg class="plot" width=${width} height=${HEIGHT} role="img" aria-label=${label}>
    ${scale.ticks.map((each) => html`<g key=${each}><line class="grid" x1=${LEFT} x2=${width} y1=${scale(each)} y2=${scale(each)} /><text x=${LEFT - 8} y=${scale(each) + 4} text-anchor="end">${number(each, 3)}</text></g>`)}
    <line class="zero" x1=${LEFT} x2=${width} y1=${scale(0)} y2=${scale(0)} />
    ${groups.map((each, which) => {
      const start = LEFT + 8 + which * group;
      return html`<g key=${each.title}>
        ${shown.map(({ name, index }, at) => html`<${Bar} cell=${each.cells[index]} name=${name} title=${each.title} scale=${scale} by=${each.scale} x=${start + at * bar} width=${bar} style=${styles.get(name)} />`)}
        <text class="title" x=${start + (bar * shown.length) / 2} y=${HEIGHT - BOTTOM + 20} text-anchor="middle">${shorten(nameText(each.title) || t("all.runs"), group / LETTER_OF_TITLE)}<title>${nameText(each.title)}</title></text>
      </g>`;
    })}
  </svg>`;
}

/** A ref for an element, and its width in pixels. */
function useWidth() {
  const root = useRef(null);
  const [width, setWidth] = useState(900);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry.contentRect.width && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(root.current);
    return () => observer.disconnect();
  }, []);
  return [root, width];
}

function Bar({ cell, name, title, scale, by, x, width, style }) {
  if (cell === null || cell.mean === null) return null;
  const value = cell.mean / by;
  const middle = x + width / 2;
  const plain = style.dashes === "-"; // other line styles outline their bar
  const error = cell.error === null ? null : cell.error / by;
  const top = scale(Math.max(value + (error ?? 0), 0, ...cell.scores.map((score) => (score ?? 0) / by)));
  return html`<g class="bar">
    <title>${`${nameText(name)}${title ? ` · ${nameText(title)}` : ""}: ${cell.text}${cell.pools ? `\n† ${cell.pools}` : ""}${cell.repeats ? `\n‡ ${t("legend.repeats", { n: cell.repeats })}` : ""}`}</title>
    <rect x=${x + 1} width=${width - 2} y=${Math.min(scale(0), scale(value))} height=${Math.abs(scale(0) - scale(value))} fill=${withAlpha(themedColour(style.colour), plain ? 0.75 : 0.35)} stroke=${plain ? undefined : themedColour(style.colour)} stroke-dasharray=${plain ? undefined : dashes(style.dashes).join(" ")} />
    ${error !== null && html`<path class="error" d=${`M${middle} ${scale(value - error)}V${scale(value + error)}M${middle - 3} ${scale(value - error)}h6M${middle - 3} ${scale(value + error)}h6`} />`}
    ${cell.scores.map((score) => score !== null && html`<circle cx=${middle} cy=${scale(score / by)} r="2" />`)}
    <text x=${middle} y=${top - 4} text-anchor="middle">${cell.with_best ? "★" : ""}${width < 30 ? "" : `${cell.n}${cell.unfinished ? "…" : ""}${cell.pools ? "†" : ""}${cell.repeats ? "‡" : ""}`}</text>
  </g>`;
}

const KINDS = ["iqm", "median", "mean", "gap"];
const ROW = 26;
// Average width of a letter in pixels, and the length to which names are shortened.
const [LETTER, MOST_LETTERS] = [6.6, 38];

/** IQM, median, mean and optimality gap with their intervals, one line per algorithm. */
export function Intervals({ aggregate, common, styles, hidden }) {
  const shown = aggregate.aggregates.filter((each) => !hidden.has(each.algorithm));
  const label = (each) => styles.get(each.algorithm).label;
  const letters = Math.min(MOST_LETTERS, Math.max(12, ...shown.map((each) => label(each).length)));
  const names = letters * LETTER + 10;
  const [root, room] = useWidth();
  const gap = 16;
  const column = Math.max(80, Math.min(142, (room - names) / KINDS.length - gap));
  const height = shown.length * ROW + 56;
  return html`<div class="scroll" ref=${root} tabindex="0" role="region" aria-label=${t("aggregate.label", { y: aggregate.pair[1] })}>
    <svg class="plot" width=${names + KINDS.length * (column + gap)} height=${height} role="img" aria-label=${t("aggregate.label", { y: aggregate.pair[1] })}>
      ${common && html`<text class="title" x=${names - 10} y="16" text-anchor="end">${shorten(common, letters)}<title>${common}</title></text>`}
      ${shown.map((each, at) => html`<text key=${each.algorithm} x=${names - 10} y=${at * ROW + 44} text-anchor="end">${shorten(label(each), letters)}<title>${nameText(each.algorithm)}</title></text>`)}
      ${KINDS.map((kind, index) => html`<${Column} key=${kind} kind=${kind} shown=${shown} styles=${styles} x=${names + index * (column + gap)} width=${column} height=${height} />`)}
    </svg>
  </div>`;
}

function Column({ kind, shown, styles, x, width, height }) {
  const intervals = shown.map((each) => each.intervals[kind]).filter(Boolean);
  if (!intervals.length) return null;
  // Intervals of single runs have no ends.
  const ends = intervals.flat().filter((each) => each !== null);
  const scale = linear(Math.min(...ends), Math.max(...ends), x + 6, x + width - 6, width < 120 ? 2 : 4);
  return html`<g>
    <text class="title" x=${x + width / 2} y="16" text-anchor="middle">${t(`aggregate.${kind}`)}</text>
    ${scale.ticks.map((each) => html`<g key=${each}><line class="grid" x1=${scale(each)} x2=${scale(each)} y1="26" y2=${height - 24} /><text x=${scale(each)} y=${height - 8} text-anchor="middle">${number(each, 3)}</text></g>`)}
    ${shown.map((each, at) => {
      const interval = each.intervals[kind];
      if (!interval) return null;
      const [value, low, high] = interval;
      const digits = significantDigits(low, high);
      return html`<g key=${each.algorithm}>
        <title>${`${nameText(each.algorithm)}: ${number(value, digits)}${low === null ? "" : ` [${number(low, digits)}, ${number(high, digits)}]`} (n=${each.n})`}</title>
        ${low !== null && html`<rect x=${scale(low)} width=${Math.max(1, scale(high) - scale(low))} y=${at * ROW + 32} height="16" rx="2" fill=${withAlpha(themedColour(styles.get(each.algorithm).colour), 0.75)} />`}
        <line class="value" x1=${scale(value)} x2=${scale(value)} y1=${at * ROW + 30} y2=${at * ROW + 50} />
      </g>`;
    })}
  </g>`;
}

/** Performance profiles: the share of runs above each normalised score. */
export function Profiles({ aggregate, styles, hidden }) {
  const [root, room] = useWidth();
  const [width, height] = [Math.max(280, Math.min(760, room)), 260];
  const shown = aggregate.aggregates.filter((each) => !hidden.has(each.algorithm) && each.profile.length);
  if (!shown.length) return null;
  const x = linear(aggregate.thresholds[0], aggregate.thresholds.at(-1), LEFT, width - 10, 6);
  const y = linear(0, 1, height - 40, 12, 5);
  return html`<div class="scroll" ref=${root} tabindex="0" role="region" aria-label=${t("aggregate.profiles")}><svg class="plot" width=${width} height=${height} role="img" aria-label=${t("aggregate.profiles")}>
    ${y.ticks.map((each) => html`<g key=${each}><line class="grid" x1=${LEFT} x2=${width - 10} y1=${y(each)} y2=${y(each)} /><text x=${LEFT - 8} y=${y(each) + 4} text-anchor="end">${number(each, 2)}</text></g>`)}
    ${x.ticks.map((each) => html`<text key=${each} x=${x(each)} y=${height - 22} text-anchor="middle">${number(each, 3)}</text>`)}
    <text class="title" x=${(LEFT + width) / 2} y=${height - 4} text-anchor="middle">${t("aggregate.threshold")}</text>
    ${shown.map((each) => html`<path key=${each.algorithm} fill="none" stroke-width="2" stroke=${themedColour(styles.get(each.algorithm).colour)} stroke-dasharray=${dashes(styles.get(each.algorithm).dashes).join(" ") || undefined} d=${`M${each.profile.map((share, at) => `${x(aggregate.thresholds[at]).toFixed(1)} ${y(share).toFixed(1)}`).join("L")}`}><title>${nameText(each.algorithm)}</title></path>`)}
  </svg></div>`;
}

function linear(low, high, from, to, tickCount = 5) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / tickCount;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw) ?? 10 * power;
  const [first, last] = high > low ? [low, high] : [low - span / 2, high + span / 2];
  const scale = (value) => from + ((value - first) / (last - first)) * (to - from);
  const start = Math.ceil(first / step - 1e-9);
  const count = Math.max(0, Math.floor(last / step + 1e-9) - start);
  scale.ticks = Array.from({ length: count + 1 }, (_, each) => (start + each) * step);
  return scale;
}

/** How many significant digits distinguish two ends; at least 4. */
function significantDigits(low, high) {
  if (low === null || low === high) return 4;
  return Math.min(12, Math.max(4, 2 + Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low)))));
}

/** Shorten a text in the middle: names mostly differ at their ends. */
function shorten(text, most) {
  const room = Math.max(3, Math.floor(most)) - 1;
  const head = Math.floor(room / 3);
  return text.length > room + 1 ? `${text.slice(0, head)}…${text.slice(head - room)}` : text;
}
