// One metric that each run has once: a bar per line, with the band over its runs as an error bar.
import { useWidth } from "../../lib/canvas.js";
import { number } from "../../lib/format.js";
import { html, useRef } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { themedColour } from "../plots/styles.js";
import { makeScale, ticks } from "./scale.js";
import { canvasColours, cursor, hovered, tooltip } from "./state.js";
import { valueOf } from "./values.js";

const PAD = { top: 10, right: 10, bottom: 12 };
const LETTER = 6.2; // pixels of a digit
const WIDEST = 64; // pixels of a bar
const CAP = 4; // pixels of an error bar's end to either side

/** As `Chart`; drags do not zoom. */
export function BarChart({ panel, lines, off, scale, height }) {
  const root = useRef(null);
  const width = useWidth(root);
  const bars = panel.curves.filter((each) => lines.has(each.key) && !off.has(each.key) && Number.isFinite(each.center[0]));
  const spoken = bars.slice(0, 12).map((each) => `${lines.get(each.key).label} ${number(each.center[0])}`).join("; ");
  return html`<div class="paint" ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${t("charts.spoken.bars", { y: panel.metric, n: bars.length, ends: spoken })}>
    ${width > 0 && bars.length > 0 && html`<${Drawing} ...${{ panel, lines, scale, bars, width, height }} />`}
  </div>`;
}

function Drawing({ panel, lines, scale, bars, width, height }) {
  const y = makeScale(...spanOf(bars, scale), height - PAD.bottom, PAD.top, scale.logy);
  const yTicks = ticks(y, Math.max(2, Math.floor((height - PAD.bottom) / 42)));
  const left = Math.ceil(Math.max(18, ...yTicks.map(([, text]) => text.length * LETTER))) + 10;
  const room = (width - PAD.right - left) / bars.length;
  const wide = Math.min(WIDEST, room * 0.78);
  const base = y.at(scale.logy ? y.low : Math.max(y.low, Math.min(y.high, 0)));
  const colours = /** @type {Record<string, string>} */ (canvasColours.value);
  const within = (value) => y.at(Math.max(y.low, Math.min(y.high, value)));
  const point = (event) => {
    const index = Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left - left) / room);
    if (!bars[index]) return leave();
    const { key } = bars[index];
    cursor.value = null;
    hovered.value = key;
    tooltip.value = { left: event.clientX, top: event.clientY, x: null, column: "", metric: panel.metric, more: 0, rows: [{ key, line: lines.get(key), strong: true, ...valueOf(bars[index], 0) }] };
  };
  return html`<svg width=${width} height=${height} aria-hidden="true" onPointerMove=${point} onPointerLeave=${leave}>
    ${yTicks.map(([value, text]) => html`<line x1=${left} x2=${width - PAD.right} y1=${y.at(value)} y2=${y.at(value)} stroke=${colours.line} /><text x=${left - 6} y=${y.at(value) + 4} text-anchor="end" font-size="11" fill=${colours.soft}>${text}</text>`)}
    ${bars.map((each, index) => {
      const middle = left + (index + 0.5) * room;
      const top = within(each.center[0]);
      const opacity = hovered.value === null || hovered.value === each.key ? 1 : 0.35;
      return html`<g key=${each.key} opacity=${opacity}>
        <rect class="onebar" x=${middle - wide / 2} y=${Math.min(top, base)} width=${wide} height=${Math.max(1, Math.abs(base - top))} fill=${themedColour(lines.get(each.key).colour)} />
        ${hasBand(each) && html`<path d=${errorBar(middle, within(each.low[0]), within(each.high[0]))} stroke=${colours.soft} stroke-width="1.5" fill="none" />`}
      </g>`;
    })}
    <line x1=${left} x2=${width - PAD.right} y1=${base} y2=${base} stroke=${colours.edge} />
  </svg>`;
}

const leave = () => (cursor.value = hovered.value = tooltip.value = null);

const hasBand = ({ low, high }) => Number.isFinite(low?.[0]) && Number.isFinite(high?.[0]);

const errorBar = (x, low, high) => `M${x} ${low}V${high}M${x - CAP} ${low}h${2 * CAP}M${x - CAP} ${high}h${2 * CAP}`;

/** The ends of y: zero and all bars and bands, or what is set. */
function spanOf(bars, { low, high, logy }) {
  const values = bars.flatMap((each) => [each.center[0], ...(hasBand(each) ? [each.low[0], each.high[0]] : [])]);
  if (logy) {
    const positive = values.filter((each) => each > 0);
    const [least, most] = positive.length ? [Math.min(...positive), Math.max(...positive)] : [0.1, 1];
    return [low > 0 ? low : least / 2, high > 0 ? high : most * 1.2];
  }
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const edge = (most - least) * 0.05 || 0.5;
  const [from, to] = [low ?? (least < 0 ? least - edge : 0), high ?? (most > 0 ? most + edge : 0)];
  return to > from ? [from, to] : [from, from + (Math.abs(from) || 1)];
}
