// Where the charts of a wall are: which are in the window at first, before they are rendered, and which come into sight later.
export const HEIGHTS = { s: 150, m: 190, l: 280 }; // of the charts alone, in pixels
export const AHEAD = 320; // pixels: charts are loaded before they are scrolled into view

// As in charts.css; an error of some pixels does not matter.
const LEAST_WIDTHS = { s: 220, m: 310, l: 520 };
const GAP = 12;
const AROUND = 56; // height of a chart's frame, with its title and foot
const HEADING = 44;
const ABOVE = 125; // the header and the tools
const BESIDE = 304;

/**
 * How many charts of each section the window has room for, while nothing is scrolled, and how wide they are.
 * @param {{ key: string, metrics: any[] }[]} sections
 * @param {{ size: "s" | "m" | "l", collapsed: string[], side: boolean }} how
 */
export function firstView(sections, { size, collapsed, side }) {
  const room = innerWidth - (side && innerWidth > 800 ? BESIDE : 0) - 4 * GAP;
  const columns = Math.max(1, Math.floor((room + GAP) / (LEAST_WIDTHS[size] + GAP)));
  const step = HEIGHTS[size] + AROUND + GAP;
  const counts = new Map();
  let top = ABOVE;
  for (const { key, metrics } of sections) {
    top += HEADING;
    if (collapsed.includes(key)) continue;
    const rows = Math.min(Math.ceil(metrics.length / columns), Math.max(0, Math.ceil((innerHeight - top) / step)));
    counts.set(key, rows * columns);
    top += Math.ceil(metrics.length / columns) * step;
  }
  return { counts, width: (room + GAP) / columns - GAP };
}

/** Tells elements when they come near the window of their scroll container, and when they leave it; one observer for all. */
export function createSight() {
  /** @type {Map<Element, (entry: IntersectionObserverEntry) => void>} */
  const callbacks = new Map();
  /** @type {IntersectionObserver | null} */
  let observer = null;
  const tell = (entries) => {
    // The last entry of an element is the latest: quick scrolling delivers several at once.
    for (const entry of new Map(entries.map((each) => [each.target, each])).values()) callbacks.get(entry.target)?.(entry);
  };
  return {
    /** Call `changed(entry)` now and then for an element; returns a function that stops it. */
    observe(element, changed) {
      observer ??= new IntersectionObserver(tell, { root: scrollerOf(element), rootMargin: `${AHEAD}px 0px` });
      callbacks.set(element, changed);
      observer.observe(element);
      return () => (callbacks.delete(element), observer?.unobserve(element));
    },
  };
}

/** The scroll container of an element, to which `AHEAD` applies. */
function scrollerOf(element) {
  let ancestor = element.parentElement;
  while (ancestor && !/auto|scroll/.test(getComputedStyle(ancestor).overflowY)) ancestor = ancestor.parentElement;
  return ancestor;
}
