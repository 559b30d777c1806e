// Form fields: label, control, and validation error.
import { freshId, html, useEffect, useRef, useState } from "../lib/ui.js";

function Labelled({ id, label, hint, error, children }) {
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children}
    ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
    ${error && html`<small id=${`${id}-error`} class="error" role="alert">${error}</small>`}
  </div>`;
}

const describedBy = (id, hint, error) =>
  [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;

/**
 * A line of text or a number. `onInput` is called at every keystroke, `onChange` on blur or Enter;
 * while the field has the focus, a new `value` does not overwrite the typed text.
 */
export function TextField({ label, hint, error, value, onInput, onChange, type = "text", ...rest }) {
  const id = useRef(freshId("field")).current;
  const [typed, setTyped] = useState(null);
  const commit = () => {
    if (typed !== null && typed !== String(value ?? "")) onChange?.(typed);
    setTyped(null);
  };
  return html`<${Labelled} id=${id} label=${label} hint=${hint} error=${error}>
    <input
      id=${id} type=${type} value=${typed ?? value ?? ""} aria-invalid=${error ? "true" : undefined}
      aria-describedby=${describedBy(id, hint, error)} autocomplete="off" spellcheck=${false}
      onInput=${(event) => (setTyped(event.target.value), onInput?.(event.target.value))}
      onBlur=${commit}
      onKeyDown=${(event) => event.key === "Enter" && !event.isComposing && commit()}
      ...${rest}
    />
  <//>`;
}

/** Several lines of text. */
export function TextArea({ label, hint, error, value, onInput, ...rest }) {
  const id = useRef(freshId("field")).current;
  return html`<${Labelled} id=${id} label=${label} hint=${hint} error=${error}>
    <textarea
      id=${id} value=${value ?? ""} aria-describedby=${describedBy(id, hint, error)} rows="4"
      onInput=${(event) => onInput(event.target.value)} ...${rest}
    />
  <//>`;
}

/** A choice of one of a list: `options` are values or `[value, label]`. */
export function Select({ label, hint, error, value, options, onChange, ...rest }) {
  const id = useRef(freshId("field")).current;
  const pairs = options.map((each) => (Array.isArray(each) ? each : [each, each]));
  return html`<${Labelled} id=${id} label=${label} hint=${hint} error=${error}>
    <select
      id=${id} aria-describedby=${describedBy(id, hint, error)}
      onChange=${(event) => onChange(pairs[event.target.selectedIndex][0])} ...${rest}
    >
      ${pairs.map(([option, text]) => html`<option selected=${option === value}>${text}</option>`)}
    </select>
  <//>`;
}

/** A choice of yes or no. */
export function Checkbox({ label, checked, indeterminate = false, onChange, ...rest }) {
  const box = useRef(null);
  useEffect(() => void (box.current.indeterminate = indeterminate), [indeterminate]);
  return html`<label class="check">
    <input type="checkbox" ref=${box} checked=${checked} onChange=${(event) => onChange(event.target.checked)} ...${rest} />
    <span>${label}</span>
  </label>`;
}

/** A slider for a number, with its value beside it. */
export function Slider({ label, value, min, max, step = 1, onInput, format = String }) {
  const id = useRef(freshId("field")).current;
  return html`<div class="field slider">
    <label for=${id}>${label}</label>
    <input id=${id} type="range" value=${value} min=${min} max=${max} step=${step}
      onInput=${(event) => onInput(Number(event.target.value))} />
    <output for=${id}>${format(value)}</output>
  </div>`;
}
