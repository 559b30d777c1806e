// Canvas of a given size that follows its element's width, sharp on every screen.
import { useLayoutEffect, useState } from "./ui.js";

export const FONT = '11px system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", sans-serif';

/** The width of an element in pixels, which it follows. */
export function useWidth(root) {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => setWidth(root.current.clientWidth));
    observer.observe(root.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** The context of a canvas of a size in CSS pixels. */
export function contextOf(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== tall) Object.assign(canvas, { width: wide, height: tall });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** The same, of an empty canvas. */
export function clearedContext(canvas, width, height) {
  const context = contextOf(canvas, width, height);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  return context;
}

/** A text that fits into a width, shortened in the middle. */
export function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let size = text.length;
  const cut = () => `${text.slice(0, Math.ceil(size / 2))}…${text.slice(text.length - Math.floor(size / 2))}`;
  while (size > 2 && context.measureText(cut()).width > width) size -= 1;
  return cut();
}
