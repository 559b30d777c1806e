// Smoothing slider: a share of the range of x, so that it is the same for every metric.
import { configuration } from "../../lib/config.js";
import { number } from "../../lib/format.js";
import { POSITIONS, appliedShare, percent, positionOf, setSmoothing, shareAt } from "../../lib/smoothing.js";
import { html, useEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Slider } from "../../widgets/field.js";
import { automaticValues } from "./automatic.js";

export function Smoothing({ data, dragTo }) {
  const [dragged, setDragged] = useState(null);
  const latest = useRef(null); // a key press changes the slider and commits at once, before a render
  const { USE_SMOOTH = true, SMOOTH_WINDOW = null, SMOOTH_RADIUS = null } = configuration.value?.values ?? {};
  const applied = appliedSmoothing(data);
  useEffect(() => {
    // Of radius and share only one acts: the other has no value while one is set.
    automaticValues.value = {
      ...automaticValues.peek(),
      SMOOTH_RADIUS: SMOOTH_WINDOW === null ? applied.radius : undefined,
      SMOOTH_WINDOW: SMOOTH_RADIUS === null ? number(applied.share, 2) : undefined,
    }; // prettier-ignore
  }, [applied.radius, applied.share, SMOOTH_WINDOW, SMOOTH_RADIUS]);
  const set = !USE_SMOOTH ? 0 : SMOOTH_WINDOW;
  const share = dragged ?? set ?? applied.share;
  const text = () => {
    if (share === 0 && (dragged ?? set) !== null) return t("smooth.off");
    if ((dragged ?? set) !== null) return percent(share);
    return t(SMOOTH_RADIUS === null ? "smooth.auto" : "smooth.points", { n: applied.points });
  };
  const move = (position) => {
    latest.current = shareAt(position);
    setDragged(latest.current);
    dragTo(latest.current);
  };
  const commit = () => {
    if (latest.current !== null) setSmoothing(latest.current);
    latest.current = null;
    setDragged(null);
  };
  return html`<div class="smoothing" onChange=${commit} title=${t("smooth.what")}>
    <${Slider} label=${t("chart.smooth")} value=${positionOf(share)} min="0" max=${POSITIONS} onInput=${move} format=${text} />
  </div>`;
}

/** The smoothing of the drawn curves: radius and points of the window, as texts, and the largest share of x. */
function appliedSmoothing(data) {
  const curves = data.panels.flatMap((panel) => panel.curves);
  const radii = curves.map((curve) => curve.radius);
  const [least, most] = [Math.min(...radii), Math.max(...radii)];
  const span = (low, high) => (low === high ? low : `${low}–${high}`);
  return { radius: span(least, most), points: span(2 * least + 1, 2 * most + 1), share: appliedShare(curves) };
}
