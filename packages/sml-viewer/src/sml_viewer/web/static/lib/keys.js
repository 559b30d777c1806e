// Registry of keyboard shortcuts, for the listener and for the help.
import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

/** Active shortcuts: `{ keys, label, act, group }`. */
export const shortcuts = signal([]);

/** Commands of the palette: `{ label, act, hint }`. */
export const commands = signal([]);

/**
 * Register shortcuts while a component is mounted: `[{ keys: "/", label: t("…"), act }]`. `keys` is one character or
 * the name of a key; with `Ctrl+` it also works inside text fields, unless `outside` is set. A layout effect, so that a key
 * pressed before the paint already acts on the latest render.
 */
export function useShortcuts(list, dependencies = []) {
  useLayoutEffect(() => register(shortcuts, list), dependencies);
}

/** Register commands of the palette while a component is mounted: `[{ label, act, hint }]`. */
export function useCommands(list, dependencies = []) {
  useLayoutEffect(() => register(commands, list), dependencies);
}

function register(registry, list) {
  registry.value = [...registry.peek(), ...list];
  return () => (registry.value = registry.peek().filter((each) => !list.includes(each)));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const control = event.ctrlKey || event.metaKey;
  if (!control && (isTyping(event.target) || document.querySelector("dialog[open]"))) return;
  const pressed = `${control ? "Ctrl+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
  const shortcut = shortcuts.peek().findLast((each) => each.keys === pressed);
  // Without `act` it is only listed: the element that has the focus does it.
  if (!shortcut?.act || (shortcut.when && !shortcut.when()) || (shortcut.outside && (isTyping(event.target) || document.querySelector("dialog[open]")))) return;
  event.preventDefault();
  shortcut.act(event);
});

function isTyping(element) {
  return element.matches?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
}
