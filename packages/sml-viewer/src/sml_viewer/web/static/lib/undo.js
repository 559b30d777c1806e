// Every change of settings can be taken back: Ctrl-Z, and Ctrl-Shift-Z to do it again.
import { signal } from "./ui.js";

/** @typedef {{ what: string, back: () => void, again: () => void }} Step */

const MOST = 100;
/** @type {Step[]} */
let past = [];
/** @type {Step[]} */
let future = [];
let replaying = false;

/** How many steps can be taken back, and done again. */
export const steps = signal({ back: 0, again: 0 });

const tell = () => (steps.value = { back: past.length, again: future.length });

/**
 * Note a change that has been made: `back` takes it back, `again` makes it once more. Changes of the same `what` in quick
 * succession, such as the moves of a slider, are one step.
 * @param {Step} step
 */
export function remember(step, now = Date.now()) {
  if (replaying) return;
  const last = past.at(-1);
  if (last && last.what === step.what && now - lastTime < TOGETHER) past[past.length - 1] = { ...step, back: last.back };
  else past = [...past.slice(1 - MOST), step];
  lastTime = now;
  future = [];
  tell();
}

const TOGETHER = 700;
let lastTime = 0;

/** Take the last change back; its name, or null if there is none. */
export const undo = () => move(past, future, "back");

/** Make the change that was taken back last once more. */
export const redo = () => move(future, past, "again");

/**
 * @param {Step[]} from
 * @param {Step[]} to
 * @param {"back" | "again"} way
 */
function move(from, to, way) {
  const step = from.pop();
  if (!step) return null;
  replaying = true;
  try {
    step[way]();
  } finally {
    replaying = false;
  }
  to.push(step);
  lastTime = 0;
  tell();
  return step.what;
}
