// Slider for the smoothing of all curves: it sets the plot option, so that figure, table and command agree.
import { configuration, setOptions } from "../../lib/config.js";
import { number } from "../../lib/format.js";
import { html, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Slider } from "../../widgets/field.js";

const POSITIONS = 100;
const WIDEST = 0.5;

// Narrow windows matter more: the share grows with the third power.
const shareAt = (position) => Number((WIDEST * (position / POSITIONS) ** 3).toPrecision(3));
const positionOf = (share) => Math.round(POSITIONS * Math.cbrt(Math.min(share, WIDEST) / WIDEST));

/** A slider: 0 is the data as it is, the last a window of half of x. */
export function Smoothing() {
  const [dragged, setDragged] = useState(null);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const { USE_SMOOTH = true, SMOOTH_WINDOW = null } = configuration.value?.values ?? {};
  const set = !USE_SMOOTH ? 0 : SMOOTH_WINDOW;
  const share = dragged ?? set;
  const text = () => (share === null ? t("smooth.auto.short") : share === 0 ? t("smooth.off") : `${number(100 * share, 3)} %`);
  const move = (position) => {
    const next = shareAt(position);
    setDragged(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setOptions(next ? { USE_SMOOTH: undefined, SMOOTH_WINDOW: next } : { USE_SMOOTH: false, SMOOTH_WINDOW: undefined });
      setDragged(null);
    }, 150);
  };
  return html`<div class="smoothing" title=${t("smooth.what")}>
    <${Slider} label=${t("charts.smooth")} value=${positionOf(share ?? 0)} min="0" max=${POSITIONS} onInput=${move} format=${text} />
  </div>`;
}
