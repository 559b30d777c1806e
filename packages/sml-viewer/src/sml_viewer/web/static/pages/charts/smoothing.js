// Slider for the smoothing of all curves: it sets the plot option, so that figure, table and command agree.
import { configuration } from "../../lib/config.js";
import { POSITIONS, percent, positionOf, setSmoothing, shareAt } from "../../lib/smoothing.js";
import { html, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Slider } from "../../widgets/field.js";
import { automaticShare } from "./state.js";

const DELAY = 150; // milliseconds after which the charts follow a drag that rests

/** A slider: 0 is the data as it is, the last a window of half of x; unset it is where the automatic window is. */
export function Smoothing() {
  const [dragged, setDragged] = useState(null);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const latest = useRef(/** @type {number | null} */ (null)); // a key press moves the slider and commits at once, before a render
  const { USE_SMOOTH = true, SMOOTH_WINDOW = null } = configuration.value?.values ?? {};
  const set = !USE_SMOOTH ? 0 : SMOOTH_WINDOW;
  const share = dragged ?? set;
  const text = () => (share === null ? t("smooth.auto.short") : share === 0 ? t("smooth.off") : percent(share));
  const commit = () => {
    clearTimeout(timer.current);
    if (latest.current !== null) setSmoothing(latest.current);
    latest.current = null;
    setDragged(null);
  };
  const move = (position) => {
    latest.current = shareAt(position);
    setDragged(latest.current);
    clearTimeout(timer.current);
    timer.current = setTimeout(commit, DELAY);
  };
  return html`<div class="smoothing" onChange=${commit} title=${t("smooth.what")}>
    <${Slider} label=${t("charts.smooth")} value=${positionOf(share ?? automaticShare.value)} min="0" max=${POSITIONS} onInput=${move} format=${text} />
  </div>`;
}
