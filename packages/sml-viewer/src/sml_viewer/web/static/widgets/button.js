// Buttons and popovers.
import { classes, freshId, html, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** A button with an icon, words, or both; without words `label` names it for everybody else. */
export function Button({ icon, label, children, kind = "", class: more, ...rest }) {
  const bare = !children;
  return html`<button
    type="button"
    class=${classes("button", kind, { bare }, more)}
    aria-label=${bare ? label : undefined}
    title=${label}
    ...${rest}
  >
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}

/** The same for a link: another view, or a file. */
export function LinkButton({ icon, label, children, kind = "", ...rest }) {
  const bare = !children;
  return html`<a class=${classes("button", kind, { bare })} aria-label=${bare ? label : undefined} title=${label} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </a>`;
}

/**
 * A button that opens a box below itself; a click outside, Escape, or `close()` shuts it.
 * `children` is called with `close` when the box is open.
 */
export function Popover({ icon, label, text, kind = "", align = "start", children, ...rest }) {
  const [open, setOpen] = useState(false);
  const place = useRef(null);
  const id = useRef(freshId("box")).current;
  const close = () => {
    setOpen(false);
    place.current?.querySelector("button")?.focus();
  };
  // Before the next key, which is for the box.
  useLayoutEffect(() => {
    if (!open) return undefined;
    const outside = (event) => place.current?.contains(event.target) || setOpen(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    place.current.querySelector(".box :is(input, button, a, select, [tabindex])")?.focus();
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    place.current.addEventListener("keydown", escape);
    const inside = place.current;
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      inside.removeEventListener("keydown", escape);
    };
  }, [open]);
  return html`<div class="popover" ref=${place}>
    <${Button}
      icon=${icon} label=${label} kind=${kind} aria-expanded=${open} aria-controls=${open ? id : undefined}
      onClick=${() => setOpen(!open)} ...${rest}
    >${text}<//>
    ${open && html`<div class=${`box ${align}`} id=${id} role="group" aria-label=${label}>${children(close)}</div>`}
  </div>`;
}

/** A popover that is a list of things to do: `items` are `{ label, icon, act, disabled, danger }`. */
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

/** One of a few, as buttons that stand together: `options` are `[value, label]`. */
export function Segments({ label, options, value, onChange }) {
  return html`<div class="segments" role="group" aria-label=${label}>
    ${options.map(
      ([each, words]) =>
        html`<button type="button" aria-pressed=${each === value} onClick=${() => onChange(each)}>${words}</button>`,
    )}
  </div>`;
}
