// Colours of trials by a column: a scale for numbers, the figures' palette for categories.
import { theme } from "../../lib/theme.js";
import { themedColour } from "../plots/styles.js";
import { positionOf } from "./columns.js";

// Viridis (van der Walt and Smith 2015), without the end that would not be seen on the ground.
const VIRIDIS = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"];
const NEUTRAL = { light: "#8a929e", dark: "#7d8794" };

const stops = () => (theme.value === "dark" ? VIRIDIS.slice(2) : VIRIDIS.slice(0, -2));

/** The colour of each trial by a column. */
export function coloursBy(column, palette) {
  const neutral = NEUTRAL[theme.value];
  if (!column) return () => neutral;
  if (column.numeric) {
    const scale = stops();
    return (row) => {
      const position = positionOf(column, column.cells[row]);
      return position === null ? neutral : interpolate(scale, position);
    };
  }
  return (row) => (column.cells[row] === null || column.cells[row] >= palette.length ? neutral : themedColour(palette[column.cells[row]]));
}

/** The colours of a legend: `{ gradient }` of a number, `{ entries }` of a category; `more` categories share one colour. */
export function legendOf(column, palette) {
  if (column.numeric) return { gradient: `linear-gradient(90deg, ${stops().join(", ")})`, entries: [], more: 0 };
  const entries = column.texts.slice(0, palette.length).map((text, index) => ({ text, colour: themedColour(palette[index]) }));
  return { gradient: "", entries, more: Math.max(0, column.texts.length - palette.length) };
}

function interpolate(scale, position) {
  const at = Math.max(0, Math.min(1, position)) * (scale.length - 1);
  const index = Math.min(scale.length - 2, Math.floor(at));
  const [from, to] = [channels(scale[index]), channels(scale[index + 1])];
  return `rgb(${from.map((value, channel) => Math.round(value + (to[channel] - value) * (at - index))).join(" ")})`;
}

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
