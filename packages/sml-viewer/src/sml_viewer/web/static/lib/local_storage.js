// Signals stored in the browser's local storage.
import { signal } from "@preact/signals";

const PREFIX = "sml-viewer.";

/** A signal that keeps its value (anything that JSON can say) in this browser. */
export function remembered(name, initial) {
  const kept = signal(read(name, initial));
  let first = true;
  kept.subscribe((value) => {
    if (!first) write(name, value);
    first = false;
  });
  return kept;
}

function read(name, initial) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? initial : JSON.parse(text);
  } catch {
    return initial; // storage is switched off, or holds what another version wrote
  }
}

function write(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Without storage the choice lasts as long as the tab.
  }
}
