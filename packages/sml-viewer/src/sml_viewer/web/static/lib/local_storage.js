// Signals stored in the browser's local storage.
import { signal } from "@preact/signals";

const PREFIX = "sml-viewer.";

/** A signal whose value (any JSON value) is stored in this browser. */
export function storedSignal(name, initial) {
  const stored = signal(read(name, initial));
  let first = true;
  stored.subscribe((value) => {
    if (!first) write(name, value);
    first = false;
  });
  return stored;
}

function read(name, initial) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? initial : JSON.parse(text);
  } catch {
    return initial; // storage is disabled, or holds a value of another version
  }
}

function write(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Without storage the choice lasts as long as the tab.
  }
}
