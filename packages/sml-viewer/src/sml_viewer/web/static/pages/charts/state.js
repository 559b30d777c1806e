// What all charts share while they are looked at: the pointer's x, the line it is on, the part of x that is shown.
import { computed, signal } from "../../lib/ui.js";
import { theme, token } from "../../lib/theme.js";

/** The key of the line that is pointed at, in a chart or in the legend. */
export const pointed = signal(/** @type {string | null} */ (null));

/** Where the pointer is: `x` on the axis of the column `column`, in the chart `metric`. */
export const cursor = signal(/** @type {{ x: number, column: string, metric: string } | null} */ (null));

/** The part of x that is shown, of the column `column`; null for all of it. */
export const zoom = signal(/** @type {{ low: number, high: number, column: string } | null} */ (null));

/** What stands beside the pointer; see tooltip.js. */
export const tip = signal(/** @type {any} */ (null));

/** The colours of the page as a canvas takes them. */
export const inks = computed(() => {
  const names = { line: "--line", edge: "--edge", soft: "--soft", faint: "--faint", surface: "--surface" };
  const found = Object.fromEntries(Object.entries(names).map(([name, css]) => [name, token(css)]));
  return { ...found, select: theme.value === "dark" ? "rgb(133 170 249 / 0.2)" : "rgb(36 86 196 / 0.14)" };
});
