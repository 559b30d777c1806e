// Styles of algorithms: the engine's colours and line styles.
import { theme } from "../../lib/theme.js";
import { params } from "../../lib/route.js";
import { setViewState } from "../../lib/view_state.js";
import { html, useMemo } from "../../lib/ui.js";

const DASHES = { "-": [], "--": [7, 4], ":": [2, 3], "-.": [7, 3, 2, 3] };
// Black would be invisible on a dark background; figures for papers keep it.
const DARK = { "#000000": "#e5e9ee", "#0072B2": "#3d9be0" };

/** A colour adapted to the page's theme. */
export const themedColour = (colour) => (theme.value === "dark" ? (DARK[colour] ?? colour) : colour);

export const dashes = (style) => DASHES[style] ?? [];

/** The colour with an opacity. */
export function withAlpha(colour, alpha) {
  const value = parseInt(colour.slice(1), 16);
  return `rgb(${value >> 16} ${(value >> 8) & 255} ${value & 255} / ${alpha})`;
}

/** A sample of an algorithm's line. */
export function Swatch({ colour, style }) {
  return html`<svg class="swatch" width="22" height="10" viewBox="0 0 22 10" aria-hidden="true">
    <line x1="1" y1="5" x2="21" y2="5" stroke=${themedColour(colour)} stroke-width="2.5" stroke-dasharray=${dashes(style).join(" ") || undefined} />
  </svg>`;
}

/** The hidden algorithms, held in the address, and their setter; the address names hidden or shown ones, whichever are fewer. */
export function useHidden(all) {
  const [hide, only] = [params("hide"), params("only")];
  const hidden = useMemo(() => new Set(only.length ? all.filter((name) => !only.includes(name)) : hide), [all.join("\n"), hide.join("\n"), only.join("\n")]);
  const set = (names) => {
    const shown = all.filter((name) => !names.has(name));
    const fewShown = shown.length > 0 && shown.length < names.size;
    setViewState(fewShown ? { only: shown, hide: [] } : { hide: [...names], only: [] });
  };
  return /** @type {[Set<string>, (names: Set<string>) => void]} */ ([hidden, set]);
}
