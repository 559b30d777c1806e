// A drawn figure in its size on paper, or as wide as the page.
import { storedSignal } from "../../lib/local_storage.js";
import { number } from "../../lib/format.js";
import { html, useMemo } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Segments } from "../../widgets/button.js";

const CSS_DPI = 96; // pixels of a style sheet in an inch
const METRES = 0.0254; // in an inch
const SIGNATURE = 8; // bytes before the first chunk of a PNG file

/** "actual" or "fit". */
const size = storedSignal("figure.size", "actual");

/** The choice of the size in which figures are shown. */
export const SizeChoice = () =>
  html`<${Segments} label=${t("figure.size")} value=${size.value} options=${["actual", "fit"].map((each) => [each, t(`figure.size.${each}`)])} onChange=${(each) => (size.value = each)} />`;

/** A figure of an answer, `{ name, type, data }`, with its size in inches. */
export function Paper({ figure, alt }) {
  const inches = useMemo(() => inchesOf(Uint8Array.from(atob(figure.data), (each) => each.charCodeAt(0))), [figure.data]);
  const width = size.value === "fit" || !inches ? "100%" : `${Math.round(inches.width * CSS_DPI)}px`;
  return html`<figure class="sheet" tabindex="0" aria-label=${figure.name}>
    <img class="paper" style=${{ width }} src=${`data:${figure.type};base64,${figure.data}`} alt=${alt} />
    ${inches && html`<figcaption class="faint">${t("figure.inches", { width: number(inches.width, 3), height: number(inches.height, 3) })}</figcaption>`}
  </figure>`;
}

/** Width and height of a PNG file in inches, by its resolution; null if it has none. */
export function inchesOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let pixels = { width: 0, height: 0 };
  for (let at = SIGNATURE; at + 16 < bytes.length; at += view.getUint32(at) + 12) {
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (kind === "IDAT") return null;
    if (kind === "IHDR") pixels = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (kind === "pHYs") {
      const dpi = view.getUint32(at + 8) * METRES;
      return dpi > 0 ? { width: pixels.width / dpi, height: pixels.height / dpi } : null;
    }
  }
  return null;
}
