// One stored file: an image, a video, a sound, a text, a table or a histogram. Its content is never executed.
import { ApiError, get, href } from "../../lib/api.js";
import { count, number, value } from "../../lib/format.js";
import { classes, html, useEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { LinkButton } from "../../widgets/button.js";
import { openDialog } from "../../widgets/dialog.js";
import { Icon } from "../../widgets/icon.js";

const SMALL = 128; // pixels of an image below which it is enlarged
const AHEAD = "400px 0px"; // beyond what is seen

/** `base` is the address of the file, `item` `{ id, step, caption }`, `kind` how it is shown, `name` its key. */
export function MediaCard({ base, item, kind, name }) {
  const Shown = KINDS[kind] ?? Other;
  const label = [name, item.step !== null && t("media.stepof", { step: count(item.step) }), item.caption].filter(Boolean).join(" · ");
  return html`<figure class="mediacard">
    <${Shown} base=${base} label=${label} />
    <figcaption>
      <span class="faint">${item.step === null ? t("media.nostep") : t("media.stepof", { step: count(item.step) })}</span>
      ${item.caption && html`<span class="wrap">${item.caption}</span>`}
      <${LinkButton} icon="download" label=${t("download.name", { name: label })} href=${href(base, { download: 1 })} download />
    </figcaption>
  </figure>`;
}

function Image({ base, label }) {
  const [small, setSmall] = useState(false);
  const large = () => openDialog(label, LargeImage, { base, label, small }, { wide: true });
  const measure = ({ target }) => setSmall(Math.max(target.naturalWidth, target.naturalHeight) < SMALL);
  return html`<button type="button" class="image" title=${t("media.enlarge")} aria-label=${`${t("media.enlarge")}: ${label}`} onClick=${large}>
    <img class=${classes({ small })} src=${href(base)} alt=${label} loading="lazy" decoding="async" onLoad=${measure} />
  </button>`;
}

function LargeImage({ base, label, small }) {
  return html`<div class="largeimage"><img class=${classes({ small })} src=${href(base)} alt=${label} /></div>`;
}

function Video({ base, label }) {
  return html`<video controls loop muted playsinline preload="metadata" src=${href(base)} aria-label=${label}></video>`;
}

function Audio({ base, label }) {
  return html`<audio controls preload="none" src=${href(base)} aria-label=${label}></audio>`;
}

function Other() {
  return html`<p class="faint none"><${Icon} name="file" /> ${t("media.onlydownload")}</p>`;
}

/** The content of a text, a table or a histogram, fetched when it comes into sight. */
function Content({ base, label }) {
  const box = useRef(null);
  const [seen, setSeen] = useState(false);
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true), { rootMargin: AHEAD });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!seen) return undefined;
    const abort = new AbortController();
    get(`${base}/content`, {}, { signal: abort.signal, quiet: true }).then(setAnswer, (error) => {
      if (error instanceof ApiError) setAnswer({ error: error.message });
      else if (error.name !== "AbortError") throw error;
    });
    return () => abort.abort();
  }, [seen, base]);
  const Shown = answer && CONTENTS[answer.kind];
  return html`<div class="mediacontent" ref=${box}>
    ${answer?.error && html`<p class="faint none">${answer.error}</p>`}
    ${Shown && html`<${Shown} data=${answer} label=${label} />`}
  </div>`;
}

function Text({ data, label }) {
  return html`<pre tabindex="0" role="group" aria-label=${label}>${data.text}</pre>${data.more && html`<p class="faint none">${t("media.more")}</p>`}`;
}

function Table({ data, label }) {
  const isNumeric = (column) => data.rows.some((row) => typeof row[column] === "number");
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${label}><table>
      <thead><tr>${data.columns.map((name, column) => html`<th scope="col" class=${isNumeric(column) ? "number" : ""}>${name}</th>`)}</tr></thead>
      <tbody>${data.rows.map((row) => html`<tr>${row.map((each) => html`<td class=${typeof each === "number" ? "number" : "wrap"}>${typeof each === "number" ? number(each, 6) : value(each)}</td>`)}</tr>`)}</tbody>
    </table></div>
    ${data.more && html`<p class="faint none">${t("media.rows", { n: data.rows.length, all: data.row_count })}</p>`}`;
}

const WIDTH = 240;
const HEIGHT = 90;

function Histogram({ data, label }) {
  const { edges, counts } = data.histogram;
  const [left, right] = [edges[0], edges[edges.length - 1]];
  const widths = counts.map((_, bin) => (edges[bin + 1] - edges[bin]) / (right - left || 1));
  // Bins of different widths are compared by their density.
  const heights = counts.map((each, bin) => each / (widths[bin] || 1));
  const most = Math.max(...heights, 0) || 1;
  const facts = [
    data.number !== null && t("media.numbers", { n: data.number }),
    data.low !== null && `${number(data.low)} … ${number(data.high)}`,
    data.mean !== null && t("media.mean", { mean: number(data.mean) }),
    data.not_finite > 0 && t("media.notfinite", { n: data.not_finite }),
  ].filter(Boolean);
  return html`<svg class="histogram" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${`${label}: ${facts.join(", ")}`}>
      ${counts.map((each, bin) => html`<rect x=${((edges[bin] - left) / (right - left || 1)) * WIDTH} y=${HEIGHT * (1 - heights[bin] / most)} width=${Math.max(0.5, widths[bin] * WIDTH - 0.5)} height=${(HEIGHT * heights[bin]) / most}><title>${`${number(edges[bin])} … ${number(edges[bin + 1])}: ${count(each)}`}</title></rect>`)}
    </svg>
    <p class="ends faint"><span>${number(left)}</span><span>${number(right)}</span></p>
    <p class="faint">${facts.join(" · ")}</p>`;
}

const CONTENTS = { text: Text, table: Table, histogram: Histogram };
const KINDS = { image: Image, video: Video, audio: Audio, text: Content, table: Content, histogram: Content };
