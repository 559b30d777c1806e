// A list ordered by dragging, or with Alt and an arrow key.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Icon } from "./icon.js";

/** `items` are `{ key, content }`; `onOrder(keys)` with the whole new order. */
export function OrderedList({ label, items, onOrder }) {
  const list = useRef(null);
  const wanted = useRef(null);
  const [held, setHeld] = useState(null);
  const [over, setOver] = useState(null);
  const [order, setOrder] = useState(null);
  const given = items.map((item) => item.key);
  // What was moved is shown at once, before the new order comes back from outside.
  const same = order !== null && order.length === given.length && order.every((key) => given.includes(key));
  const keys = same ? order : given;
  const shown = keys.map((key) => items[given.indexOf(key)]);
  useEffect(() => {
    if (order !== null && order.join("\n") === given.join("\n")) setOrder(null);
  });
  useLayoutEffect(() => {
    // An element that is put elsewhere loses the focus.
    if (wanted.current !== null) list.current.children[keys.indexOf(wanted.current)]?.focus();
  }, [keys.join("\n")]);

  const move = (from, to) => {
    if (from === to || to < 0 || to >= keys.length) return;
    const next = [...keys];
    next.splice(to, 0, next.splice(from, 1)[0]);
    wanted.current = keys[from];
    setOrder(next);
    onOrder(next);
  };
  const press = (event, place) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    if (event.altKey) move(place, place + step);
    else list.current.children[place + step]?.focus();
  };
  const placeAt = (y) => {
    const boxes = [...list.current.children].map((each) => each.getBoundingClientRect());
    const found = boxes.findIndex((box) => y < box.top + box.height / 2);
    return found < 0 ? boxes.length : found;
  };
  const down = (event, place) => {
    if (event.button !== 0 || event.target.closest("input, button, a, select")) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    event.currentTarget.focus();
    setHeld(place);
    setOver(place);
  };
  const drag = (event) => held !== null && setOver(placeAt(event.clientY));
  const drop = () => {
    if (held !== null && over !== null) move(held, over > held ? over - 1 : over);
    setHeld(null);
    setOver(null);
  };
  return html`<ol class="ordered" ref=${list} onFocusOut=${() => setTimeout(() => list.current?.contains(document.activeElement) || (wanted.current = null))} aria-label=${label}>
    ${shown.map(
      (item, place) => html`<li
        key=${item.key} tabindex="0" data-held=${held === place} data-over=${held !== null && over === place ? "before" : held !== null && over === keys.length && place === keys.length - 1 ? "after" : undefined}
        aria-label=${t("order.item", { name: item.label ?? item.key, n: place + 1, all: keys.length })}
        onKeyDown=${(event) => press(event, place)} onPointerDown=${(event) => down(event, place)}
        onPointerMove=${drag} onPointerUp=${drop} onPointerCancel=${() => (setHeld(null), setOver(null))}
      ><${Icon} name="grip" />${item.content}</li>`,
    )}
  </ol>`;
}
