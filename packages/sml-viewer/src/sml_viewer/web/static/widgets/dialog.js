// Modal dialogs on the browser's dialog element, which traps the focus and closes with Escape.
import { freshId, html, render, useLayoutEffect, useRef } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "./button.js";
import { TextField } from "./field.js";

/** A modal dialog as long as it is rendered. */
export function Dialog({ title, onClose, wide = false, bare = false, children }) {
  const dialog = useRef(null);
  const id = useRef(freshId("title")).current;
  // Before the next key or click, which are for it.
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    element.showModal();
    return () => {
      element.close();
      before?.focus?.();
    };
  }, []);
  const outside = (event) => event.target === dialog.current && onClose();
  return html`<dialog
    ref=${dialog} class=${wide ? "wide" : ""} aria-labelledby=${id}
    onCancel=${(event) => (event.preventDefault(), onClose())} onPointerDown=${outside}
  >
    <header class=${bare ? "unseen" : ""}>
      <h2 id=${id}>${title}</h2>
      ${!bare && html`<${Button} icon="close" label=${t("close")} onClick=${onClose} />`}
    </header>
    <div class="content">${children}</div>
  </dialog>`;
}

/** Show a dialog over the page; the promise is what its content passes to `done`, null if it was closed. */
export function ask(title, Content, props = {}, options = {}) {
  return new Promise((resolve) => {
    const place = document.createElement("div");
    document.body.append(place);
    const done = (answer) => {
      render(null, place);
      place.remove();
      resolve(answer);
    };
    render(
      html`<${Dialog} title=${title} onClose=${() => done(null)} ...${options}><${Content} done=${done} ...${props} /><//>`,
      place,
    );
  });
}

/** Whether the person wants it. */
export const confirm = (title, message, yes, { danger = false } = {}) =>
  ask(title, Question, { message, yes, danger });

/**
 * A line of text, or null. `check(text)` says what is wrong with it.
 * @param {string} title
 * @param {{ label: string, value?: string, yes?: string, check?: (text: string) => string | null }} options
 */
export const askText = (title, { label, value = "", yes = t("ok"), check }) =>
  ask(title, Line, { label, value, yes, check });

function Question({ done, message, yes, danger }) {
  return html`<p>${message}</p>
    <footer>
      <${Button} onClick=${() => done(null)}>${t("cancel")}<//>
      <${Button} kind=${danger ? "danger" : "primary"} onClick=${() => done(true)}>${yes}<//>
    </footer>`;
}

function Line({ done, label, value, yes, check }) {
  const text = useRef(value);
  const wrong = useRef(null);
  const finish = (event) => {
    event.preventDefault();
    const problem = check?.(text.current);
    if (problem) wrong.current.textContent = problem;
    else done(text.current);
  };
  return html`<form onSubmit=${finish}>
    <${TextField} label=${label} value=${value} onInput=${(typed) => (text.current = typed)} autofocus />
    <p class="error" role="alert" ref=${wrong}></p>
    <footer>
      <${Button} onClick=${() => done(null)}>${t("cancel")}<//>
      <button class="button primary" type="submit">${yes}</button>
    </footer>
  </form>`;
}
