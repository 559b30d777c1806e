// State shared by all charts: the pointer's x, the hovered line, the zoomed range of x.
import { computed, signal } from "../../lib/ui.js";
import { theme, token } from "../../lib/theme.js";

/** The key of the hovered line, in a chart or in the legend. */
export const hovered = signal(/** @type {string | null} */ (null));

/** The position of the pointer: `x` on the axis of the column `column`, in the chart `metric`. */
export const cursor = signal(/** @type {{ x: number, column: string, metric: string } | null} */ (null));

/** The zoomed range of x, in the column `column`; null for all of it. */
export const zoom = signal(/** @type {{ low: number, high: number, column: string } | null} */ (null));

/** The share of x over which the loaded charts are smoothed while nothing is set, the largest of them. */
export const automaticShare = signal(0);

/** The content of the box beside the pointer; see tooltip.js. */
export const tooltip = signal(/** @type {any} */ (null));

/** The colours of the page's theme, for drawing on a canvas. */
export const canvasColours = computed(() => {
  const names = { line: "--line", edge: "--edge", soft: "--soft", faint: "--faint", surface: "--surface" };
  const colours = Object.fromEntries(Object.entries(names).map(([name, css]) => [name, token(css)]));
  return { ...colours, select: theme.value === "dark" ? "rgb(133 170 249 / 0.2)" : "rgb(36 86 196 / 0.14)" };
});
