// Slider for the smoothing of all curves: it sets the plot option, so that figure, table and command agree.
import { configuration } from "../../lib/config.js";
import { POSITIONS, percent, positionOf, setSmoothing, shareAt } from "../../lib/smoothing.js";
import { html, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Slider } from "../../widgets/field.js";
import { automaticShare } from "./state.js";

const DELAY = 150; // milliseconds after the last movement

/** A slider: 0 is the data as it is, the last a window of half of x; unset it is where the automatic window is. */
export function Smoothing() {
  const [dragged, setDragged] = useState(null);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const { USE_SMOOTH = true, SMOOTH_WINDOW = null } = configuration.value?.values ?? {};
  const set = !USE_SMOOTH ? 0 : SMOOTH_WINDOW;
  const share = dragged ?? set;
  const text = () => (share === null ? t("smooth.auto.short") : share === 0 ? t("smooth.off") : percent(share));
  const move = (position) => {
    const next = shareAt(position);
    setDragged(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setSmoothing(next);
      setDragged(null);
    }, DELAY);
  };
  return html`<div class="smoothing" title=${t("smooth.what")}>
    <${Slider} label=${t("charts.smooth")} value=${positionOf(share ?? automaticShare.value)} min="0" max=${POSITIONS} onInput=${move} format=${text} />
  </div>`;
}
