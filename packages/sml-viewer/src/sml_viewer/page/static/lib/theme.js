// Light or dark: as the system is, or as was chosen here before.
import { computed, effect, signal } from "@preact/signals";
import { remembered } from "./remember.js";

const chosen = remembered("theme", "");
const system = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(system.matches);
system.addEventListener("change", (event) => (systemIsDark.value = event.matches));

/** "light" or "dark". */
export const theme = computed(() => chosen.value || (systemIsDark.value ? "dark" : "light"));

export const toggleTheme = () => (chosen.value = theme.peek() === "dark" ? "light" : "dark");

effect(() => (document.documentElement.dataset.theme = theme.value));

const probe = document.createElement("span");
probe.hidden = true;
document.documentElement.append(probe);

/** The colour, or the fonts, of a css token as they are now, for what is drawn on a canvas. */
export function token(name) {
  const style = getComputedStyle(probe);
  const fonts = name === "--sans" || name === "--mono";
  // A canvas does not know light-dark(): an element says which of the two it is.
  probe.style.color = fonts ? "" : `var(${name})`;
  return fonts ? style.getPropertyValue(name).trim() : style.color;
}
