// Registry of keyboard shortcuts, for the listener and for the help.
import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

/** The shortcuts that are in force: `{ keys, label, act, group }`. */
export const shortcuts = signal([]);

/** What the command palette offers: `{ label, act, hint }`. */
export const commands = signal([]);

/**
 * Shortcuts as long as a component is shown: `[{ keys: "/", label: t("…"), act }]`. `keys` is one character or
 * the name of a key, with `Ctrl+` before it where it works inside a text field too, unless it is `outside`. They act on what was last rendered,
 * also for who presses a key before it is painted: hence a layout effect.
 */
export function useShortcuts(list, when = []) {
  useLayoutEffect(() => offer(shortcuts, list), when);
}

/** Commands of the palette as long as a component is shown: `[{ label, act, hint }]`. */
export function useCommands(list, when = []) {
  useLayoutEffect(() => offer(commands, list), when);
}

function offer(where, list) {
  where.value = [...where.peek(), ...list];
  return () => (where.value = where.peek().filter((each) => !list.includes(each)));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const control = event.ctrlKey || event.metaKey;
  if (!control && (isTyping(event.target) || document.querySelector("dialog[open]"))) return;
  const pressed = `${control ? "Ctrl+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
  const found = shortcuts.peek().findLast((each) => each.keys === pressed);
  if (!found || (found.outside && (isTyping(event.target) || document.querySelector("dialog[open]")))) return;
  event.preventDefault();
  found.act(event);
});

function isTyping(element) {
  return element.matches?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
}
