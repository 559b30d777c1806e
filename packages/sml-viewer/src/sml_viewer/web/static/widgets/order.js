// A list ordered by dragging, or with Alt and an arrow key.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Icon } from "./icon.js";

/** `items` are `{ key, content }`; `onOrder(keys)` is called with the whole new order. */
export function OrderedList({ label, items, onOrder }) {
  const list = useRef(null);
  const focusKey = useRef(null);
  const [dragged, setDragged] = useState(null);
  const [over, setOver] = useState(null);
  const [order, setOrder] = useState(null);
  const itemKeys = items.map((item) => item.key);
  // A move is shown at once, before the caller passes the new order.
  const same = order !== null && order.length === itemKeys.length && order.every((key) => itemKeys.includes(key));
  const keys = same ? order : itemKeys;
  const shown = keys.map((key) => items[itemKeys.indexOf(key)]);
  useEffect(() => {
    if (order !== null && order.join("\n") === itemKeys.join("\n")) setOrder(null);
  });
  useLayoutEffect(() => {
    // An element that is moved in the document loses the focus.
    if (focusKey.current !== null) list.current.children[keys.indexOf(focusKey.current)]?.focus();
  }, [keys.join("\n")]);

  const move = (from, to) => {
    if (from === to || to < 0 || to >= keys.length) return;
    const next = [...keys];
    next.splice(to, 0, next.splice(from, 1)[0]);
    focusKey.current = keys[from];
    setOrder(next);
    onOrder(next);
  };
  const onKeyDown = (event, index) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    if (event.altKey) move(index, index + step);
    else list.current.children[index + step]?.focus();
  };
  const indexAt = (y) => {
    const boxes = [...list.current.children].map((each) => each.getBoundingClientRect());
    const next = boxes.findIndex((box) => y < box.top + box.height / 2);
    return next < 0 ? boxes.length : next;
  };
  const startDrag = (event, index) => {
    if (event.button !== 0 || event.target.closest("input, button, a, select, label")) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    event.currentTarget.focus();
    setDragged(index);
    setOver(index);
  };
  const drag = (event) => dragged !== null && setOver(indexAt(event.clientY));
  const drop = () => {
    if (dragged !== null && over !== null) move(dragged, over > dragged ? over - 1 : over);
    setDragged(null);
    setOver(null);
  };
  return html`<ol class="ordered" ref=${list} onFocusOut=${() => setTimeout(() => list.current?.contains(document.activeElement) || (focusKey.current = null))} aria-label=${label}>
    ${shown.map(
      (item, index) => html`<li
        key=${item.key} tabindex="0" data-held=${dragged === index} data-over=${dragged !== null && over === index ? "before" : dragged !== null && over === keys.length && index === keys.length - 1 ? "after" : undefined}
        aria-label=${t("order.item", { name: item.label ?? item.key, n: index + 1, all: keys.length })}
        onKeyDown=${(event) => onKeyDown(event, index)} onPointerDown=${(event) => startDrag(event, index)}
        onPointerMove=${drag} onPointerUp=${drop} onPointerCancel=${() => (setDragged(null), setOver(null))}
      ><${Icon} name="grip" />${item.content}</li>`,
    )}
  </ol>`;
}
