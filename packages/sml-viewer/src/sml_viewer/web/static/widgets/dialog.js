// Modal dialogs on the browser's dialog element, which traps the focus and closes with Escape.
import { freshId, html, render, useLayoutEffect, useRef } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "./button.js";
import { TextField } from "./field.js";

/** A modal dialog, open while it is rendered. */
export function Dialog({ title, onClose, wide = false, hideHeader = false, children }) {
  const dialog = useRef(null);
  const id = useRef(freshId("title")).current;
  // A layout effect, so that the next key or click reaches the dialog.
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
    <header class=${hideHeader ? "unseen" : ""}>
      <h2 id=${id}>${title}</h2>
      ${!hideHeader && html`<${Button} icon="close" label=${t("close")} onClick=${onClose} />`}
    </header>
    <div class="content">${children}</div>
  </dialog>`;
}

/** Open a dialog; resolves to the value that its content passes to `done`, null if it was closed. */
export function openDialog(title, Content, props = {}, options = {}) {
  return new Promise((resolve) => {
    const container = document.createElement("div");
    document.body.append(container);
    const done = (answer) => {
      render(null, container);
      container.remove();
      resolve(answer);
    };
    render(
      html`<${Dialog} title=${title} onClose=${() => done(null)} ...${options}><${Content} done=${done} ...${props} /><//>`,
      container,
    );
  });
}

/** Ask for confirmation; resolves to true if the user agrees. */
export const confirm = (title, message, yes, { danger = false } = {}) =>
  openDialog(title, Question, { message, yes, danger });

/**
 * Ask for a line of text; resolves to null if the dialog was closed. `check(text)` returns an error message or null.
 * @param {string} title
 * @param {{ label: string, value?: string, yes?: string, check?: (text: string) => string | null }} options
 */
export const promptText = (title, { label, value = "", yes = t("ok"), check }) =>
  openDialog(title, TextPrompt, { label, value, yes, check });

function Question({ done, message, yes, danger }) {
  return html`<p>${message}</p>
    <footer>
      <${Button} onClick=${() => done(null)}>${t("cancel")}<//>
      <${Button} kind=${danger ? "danger" : "primary"} onClick=${() => done(true)}>${yes}<//>
    </footer>`;
}

function TextPrompt({ done, label, value, yes, check }) {
  const text = useRef(value);
  const message = useRef(null);
  const submit = (event) => {
    event.preventDefault();
    const problem = check?.(text.current);
    if (problem) message.current.textContent = problem;
    else done(text.current);
  };
  return html`<form onSubmit=${submit}>
    <${TextField} label=${label} value=${value} onInput=${(typed) => (text.current = typed)} autofocus />
    <p class="error" role="alert" ref=${message}></p>
    <footer>
      <${Button} onClick=${() => done(null)}>${t("cancel")}<//>
      <button class="button primary" type="submit">${yes}</button>
    </footer>
  </form>`;
}
