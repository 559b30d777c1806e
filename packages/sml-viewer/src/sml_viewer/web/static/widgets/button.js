// Buttons and popovers.
import { classes, freshId, html, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** A button with an icon, a text, or both; without a text `label` is its accessible name. */
export function Button({ icon, label, children, kind = "", class: extraClass, ...rest }) {
  const iconOnly = !children;
  return html`<button
    type="button"
    class=${classes("button", kind, { bare: iconOnly }, extraClass)}
    aria-label=${iconOnly ? label : undefined}
    title=${label}
    ...${rest}
  >
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}

/** The same as a link: to another view, or to a file. */
export function LinkButton({ icon, label, children, kind = "", ...rest }) {
  const iconOnly = !children;
  return html`<a class=${classes("button", kind, { bare: iconOnly })} aria-label=${iconOnly ? label : undefined} title=${label} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </a>`;
}

/**
 * A button that opens a box below itself; a click outside, Escape, or `close()` closes it.
 * `children` is called with `close` when the box is open.
 */
export function Popover({ icon, label, text, kind = "", align = "start", children, ...rest }) {
  const [open, setOpen] = useState(false);
  const [side, setSide] = useState(align);
  const root = useRef(null);
  const id = useRef(freshId("box")).current;
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  // A layout effect, so that the next key reaches the box.
  useLayoutEffect(() => {
    if (!open) return undefined;
    setSide(fittingSide(root.current, align));
    const outside = (event) => root.current?.contains(event.target) || setOpen(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    root.current.querySelector(".box :is(input, button, a, select, [tabindex])")?.focus();
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    root.current.addEventListener("keydown", escape);
    const inside = root.current;
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      inside.removeEventListener("keydown", escape);
    };
  }, [open]);
  return html`<div class="popover" ref=${root}>
    <${Button}
      icon=${icon} label=${label} kind=${kind} aria-expanded=${open} aria-controls=${open ? id : undefined}
      onClick=${() => setOpen(!open)} ...${rest}
    >${text}<//>
    ${open && html`<div class=${`box ${side}`} id=${id} role="group" aria-label=${label}>${children(close)}</div>`}
  </div>`;
}

/** The side of the button on which the box is wholly in sight: the given one, unless only the other is. */
function fittingSide(root, align) {
  const button = root.getBoundingClientRect();
  const width = root.querySelector(".box").offsetWidth;
  let clipping = root.parentElement;
  while (clipping && getComputedStyle(clipping).overflowX === "visible") clipping = clipping.parentElement;
  const { left, right } = (clipping ?? document.documentElement).getBoundingClientRect();
  const fits = { start: button.left + width <= right, end: button.right - width >= left };
  const other = align === "end" ? "start" : "end";
  return !fits[align] && fits[other] ? other : align;
}

/** A popover with a list of actions: `items` are `{ label, icon, act, disabled, danger }`. */
export function Menu({ items, ...rest }) {
  const move = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll("button:not(:disabled)")];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
  };
  return html`<${Popover} ...${rest}>
    ${(close) => html`<div class="menu" onKeyDown=${move}>
      ${items.map(
        (item) => html`<button
          type="button" class=${classes({ danger: item.danger })} disabled=${item.disabled}
          onClick=${() => (close(), item.act())}
        >${item.icon && html`<${Icon} name=${item.icon} />`}${item.label}</button>`,
      )}
    </div>`}
  <//>`;
}

/** A choice of one of a few, as joined buttons: `options` are `[value, label]`. */
export function Segments({ label, options, value, onChange }) {
  return html`<div class="segments" role="group" aria-label=${label}>
    ${options.map(
      ([option, text]) =>
        html`<button type="button" aria-pressed=${option === value} onClick=${() => onChange(option)}>${text}</button>`,
    )}
  </div>`;
}
