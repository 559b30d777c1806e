// Icons: strokes on a grid of 16, in the colour of the surrounding text.
import { html } from "../lib/ui.js";

const PATHS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  close: "m4 4 8 8m0-8-8 8",
  check: "m3 8.5 3.2 3L13 4.5",
  chevron: "m4 6 4 4 4-4",
  right: "m6 4 4 4-4 4",
  left: "m10 4-4 4 4 4",
  up: "M8 13V3m0 0L4 7m4-4 4 4",
  down: "M8 3v10m0 0 4-4m-4 4L4 9",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13",
  moon: "M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1Z",
  help: "M6 6a2 2 0 1 1 2.7 1.9c-.5.2-.7.5-.7 1.1v.4m0 2.1v.1M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
  command: "m3 5 3 3-3 3m5 0h5",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.9 3v10",
  group: "M2.5 3.5h11M5 8h8.5M5 12.5h8.5",
  download: "M8 2v8m0 0 3-3m-3 3L5 7M2.5 13.5h11",
  copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
  tag: "M2.5 2.5h5L14 9l-5 5-6.5-6.5zM5.2 5.3h.1",
  note: "M3 2.5h10v7.6L9.6 13.5H3zM9.5 13.5V10H13M5.5 6h5M5.5 8.5h2.5",
  hide: "M2 2l12 12M6.2 3.8A7 7 0 0 1 8 3.5c3.5 0 5.6 2.7 6.5 4.5-.3.7-.9 1.5-1.7 2.3M10 11.9a6 6 0 0 1-2 .6c-3.5-.1-5.6-2.7-6.5-4.5.4-.9 1.2-2 2.3-2.9M6.6 6.6a2 2 0 0 0 2.8 2.8",
  show: "M1.5 8C2.4 6.2 4.5 3.5 8 3.5s5.6 2.7 6.5 4.5c-.9 1.8-3 4.5-6.5 4.5S2.4 9.8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  compare: "M5.5 2.5h-3v11h3m5-11h3v11h-3M8 1v14",
  zip: "M3.5 1.5h9v13h-9zM8 2v1.5m0 1.5v1.5M8 8v3",
  file: "M4 1.5h5l3.5 3.5v9.5H4zM9 1.5V5h3.5",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M7 6.3V13",
  image: "M2.5 3h11v10h-11zM2.5 11l3.5-3.5 3 3 1.5-1.5 3 3M10.5 6h.1",
  archive: "M2 3h12v3H2zM3 6v7.5h10V6M6.5 8.5h3",
  list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1",
  grid: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  folder: "M1.5 4V3h5l1.5 2h6.5v8.5h-13z",
  bell: "M3.500 12h9l-1.200-1.700V7a3.300 3.300 0 0 0-6.600 0v3.300zM6.700 14h2.600",
  warning: "M8 2 1.5 13.5h13zM8 6.5v3.2m0 1.8v.1",
  menu: "M8 3.5v.1M8 8v.1M8 12.5v.1",
  plus: "M8 3v10M3 8h10",
  trash: "M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4",
  chart: "M2.5 2v11.5H14M5 10l3-4 2.5 2.5L14 4",
  sliders: "M2 5h7m3 0h2M2 11h2m3 0h7M10.5 3v4M5.5 9v4",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6L13 6m0-3.5V6H9.5",
  pause: "M5.5 3.5v9m5-9v9",
  play: "M5 3l8 5-8 5z",
  stop: "M4 4h8v8H4z",
  clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4.5V8l2.5 1.5",
  grip: "M6 3.5v.1M10 3.5v.1M6 8v.1M10 8v.1M6 12.5v.1M10 12.5v.1",
  undo: "M3 7h7a3.5 3.5 0 0 1 0 7H7M6 4 3 7l3 3",
  seeds: "M2 12c2-6 4-6 6-2s4 1 6-6M2 9c2-3 4-4 6-1s4-1 6-4",
  curves: "M2 2v12h12M4.5 10c2-6 3.5-6 5 0s2.5-1 4-7",
  expand: "M9.5 2.5h4v4m0-4L9 7m-2.500 6.500h-4v-4m0 4L7 9",
  star: "m8 2 1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z",
  exit: "M6.5 2.5h-4v11h4M6 8h8m0 0-3-3m3 3-3 3",
};

export function Icon({ name, size = 16 }) {
  return html`<svg class="icon" viewBox="0 0 16 16" width=${size} height=${size} aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} />
  </svg>`;
}
