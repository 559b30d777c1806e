// Light or dark theme: the system's or the chosen one.
import { computed, effect, signal } from "@preact/signals";
import { storedSignal } from "./local_storage.js";

const chosen = storedSignal("theme", "");
const system = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(system.matches);
system.addEventListener("change", (event) => (systemIsDark.value = event.matches));

/** "light" or "dark". */
export const theme = computed(() => chosen.value || (systemIsDark.value ? "dark" : "light"));

export const toggleTheme = () => (chosen.value = theme.peek() === "dark" ? "light" : "dark");

effect(() => (document.documentElement.dataset.theme = theme.value));

const probe = Object.assign(document.createElement("i"), { hidden: true });
document.head.append(probe);

/** The current colour of a CSS custom property, for drawing on a canvas. */
export function token(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
