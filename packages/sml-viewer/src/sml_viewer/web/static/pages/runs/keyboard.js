// Keys of the list.
import { useShortcuts } from "../../lib/keys.js";
import { selected } from "../../lib/view_state.js";
import { useLayoutEffect, useRef, useState } from "../../lib/ui.js";
import { showLine } from "../../lib/virtual.js";
import { t } from "../../lib/i18n.js";
import { cell } from "./data.js";
import { toggleEye } from "./eyes.js";
import { lineOf } from "./marks.js";

const LINK = "[data-at], .fold";
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity };

/**
 * Keys of the list: arrows, j and k move, x and Space select, v shows or hides, Enter opens, arrows sideways fold groups.
 * Letters also work when nothing of the list has the focus.
 */
export function useKeyboard({ scroller, window: { from, to }, lines, table, marks, size, top, toggleGroup }) {
  const [active, setActive] = useState(0);
  const focusSelector = useRef(null); // selector of the element to focus in the active line
  const activeId = useRef(null); // the id of the run on the active line
  const last = lines.length - 1;
  const idAt = (at) => (typeof lines[at] === "number" ? cell(table, "id", lines[at]) : null);
  const focusLine = (at) => {
    if (!focusSelector.current) return;
    // After scrolling the line exists only in the next render.
    const line = scroller.current.querySelector(`[data-line="${at}"] :is(${focusSelector.current})`);
    if (!line) return;
    focusSelector.current = null;
    line.focus({ preventScroll: true });
  };
  useLayoutEffect(() => focusLine(active));
  // Lines are added, removed and sorted: the next key applies to the active run, not to the one now at its position.
  useLayoutEffect(() => {
    const at = lineOf(lines, table, activeId.current);
    if (activeId.current === null || at === active) return;
    if (at < from || at >= to) activeId.current = idAt(active);
    else {
      const focus = document.activeElement?.closest?.("[data-line]") && document.activeElement;
      focusSelector.current = focus && (focus.matches("input") ? "input" : LINK);
      setActive(at);
    }
  }, [lines]);
  const move = (step) => {
    const next = Math.max(0, Math.min(last, active + step));
    showLine(scroller.current, next, size, top);
    focusSelector.current = LINK;
    activeId.current = idAt(next);
    if (next === active) focusLine(next); // there is no next render
    setActive(next);
    return next;
  };
  const select = (range) => {
    if (idAt(active)) marks.toggle(idAt(active), active, range);
    else if (lines[active]) marks.toggleAll(lines[active].rows);
  };
  const isInside = () => Boolean(document.activeElement?.closest("[data-line]"));
  // The first key reaches the list; the next ones move in it.
  const step = (by) => move(isInside() ? by : 0);
  const idle = () => document.activeElement === document.body || document.activeElement?.id === "main";
  useShortcuts(
    [
      { keys: "j", label: t("keys.down"), act: () => step(1) },
      { keys: "k", label: t("keys.up"), act: () => step(-1) },
      { keys: "ArrowDown", label: t("keys.down"), act: () => step(1), when: idle },
      { keys: "ArrowUp", label: t("keys.up"), act: () => step(-1), when: idle },
      { keys: "x", label: t("keys.mark"), act: (event) => select(event.shiftKey) },
      { keys: "v", label: t("keys.eye"), act: () => toggleEye(idAt(active) ? [idAt(active)] : (lines[active]?.rows ?? []).map((row) => cell(table, "id", row))) },
      { keys: "Enter", label: t("keys.open") },
    ],
    [active, lines],
  );
  const onKeyDown = (event) => {
    const step = STEPS[event.key];
    const inBody = event.target.closest("[data-line]");
    if (!inBody || event.altKey) return;
    const head = idAt(active) ? null : lines[active];
    if (head && ((event.key === "ArrowRight" && head.collapsed) || (event.key === "ArrowLeft" && !head.collapsed))) toggleGroup(head.group);
    else if (step) {
      if (event.shiftKey && idAt(active) && !selected.peek().has(idAt(active))) marks.toggle(idAt(active), active, false);
      const next = move(step);
      if (event.shiftKey && idAt(next) && !selected.peek().has(idAt(next))) marks.toggle(idAt(next), next, true);
    } else if (event.key === " " && idAt(active) && event.target.matches("a")) marks.toggle(idAt(active), active, event.shiftKey);
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
      marks.set(lines.filter((entry) => typeof entry === "number").map((row) => cell(table, "id", row)));
    } else if (event.key === "Escape" && selected.peek().size) marks.set([]);
    else return;
    event.preventDefault();
  };
  const onFocusIn = (event) => {
    const line = event.target.closest("[data-line]");
    if (!line) return;
    activeId.current = idAt(Number(line.dataset.line));
    setActive(Number(line.dataset.line));
  };
  // If the active line is scrolled away, the first visible line becomes the tab stop.
  const tabStop = active >= from && active < to ? active : Math.min(from + 6, last);
  return { tabStop, handlers: { onKeyDown, onFocusIn } };
}
