// Undo history of settings: Ctrl-Z undoes a change, Ctrl-Shift-Z redoes it.
import { signal } from "./ui.js";

/** @typedef {{ label: string, undo: () => void, redo: () => void }} Step */

const MAX_STEPS = 100;
const MERGE_WINDOW = 700; // milliseconds
/** @type {Step[]} */
let past = [];
/** @type {Step[]} */
let future = [];
let replaying = false;

/** How many steps can be undone and redone. */
export const steps = signal({ undo: 0, redo: 0 });

const updateSteps = () => (steps.value = { undo: past.length, redo: future.length });

/**
 * Record a change that has been made, with functions that undo and redo it. Changes of the same `label` in quick
 * succession, such as the moves of a slider, are one step.
 * @param {Step} step
 */
export function recordStep(step, now = Date.now()) {
  if (replaying) return;
  const last = past.at(-1);
  if (last && last.label === step.label && now - lastTime < MERGE_WINDOW) past[past.length - 1] = { ...step, undo: last.undo };
  else past = [...past.slice(1 - MAX_STEPS), step];
  lastTime = now;
  future = [];
  updateSteps();
}

let lastTime = 0;

/** Let the next change be a step of its own. */
export const endStep = () => (lastTime = 0);

/** Forget all steps: they belong to a view that is no longer shown. */
export function forgetSteps() {
  past = [];
  future = [];
  updateSteps();
}

/** Undo the last change; returns its label, or null if there is none. */
export const undo = () => move(past, future, "undo");

/** Redo the change that was undone last; returns its label, or null if there is none. */
export const redo = () => move(future, past, "redo");

/**
 * @param {Step[]} from
 * @param {Step[]} to
 * @param {"undo" | "redo"} direction
 */
function move(from, to, direction) {
  const step = from.pop();
  if (!step) return null;
  replaying = true;
  try {
    step[direction]();
  } finally {
    replaying = false;
  }
  to.push(step);
  lastTime = 0;
  updateSteps();
  return step.label;
}
