// Virtual scrolling: only visible lines are rendered.
import { useLayoutEffect, useState } from "./ui.js";

const OVERSCAN = 6; // lines above and below the visible ones, so that quick scrolling shows no gap

/**
 * Which of `count` lines of `size` pixels to render in a scrolling element:
 * `from`, `to` (at most `span` lines), the pixels `before` and `after` them, and the available `width`.
 */
export function useVirtual(scroller, count, size) {
  const [view, setView] = useState({ first: 0, lines: 40, width: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    const measure = () => {
      const first = Math.floor(element.scrollTop / size);
      const lines = Math.ceil(element.clientHeight / size);
      const width = element.clientWidth;
      setView((old) => (old.first === first && old.lines === lines && old.width === width ? old : { first, lines, width }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [size]);
  const span = view.lines + 2 * OVERSCAN;
  const from = Math.max(0, Math.min(view.first, count - view.lines) - OVERSCAN);
  const to = Math.min(count, from + span);
  return { from, to, span, before: from * size, after: (count - to) * size, width: view.width };
}

/** Scroll a line into view, below a header that covers `top` pixels. */
export function showLine(element, line, size, top) {
  const start = line * size;
  const end = start + size + top;
  if (start < element.scrollTop) element.scrollTop = start;
  else if (end > element.scrollTop + element.clientHeight) element.scrollTop = end - element.clientHeight;
}

/** Whether the window is as narrow as a phone; updates on resize. */
export function useNarrow() {
  const media = matchMedia("(max-width: 640px)");
  const [narrow, setNarrow] = useState(media.matches);
  useLayoutEffect(() => {
    const update = () => setNarrow(media.matches);
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, []);
  return narrow;
}
