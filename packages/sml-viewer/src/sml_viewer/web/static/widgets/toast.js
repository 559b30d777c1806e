// Toasts: short messages with an undo action.
import { html, signal } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "./button.js";

const shown = signal([]);
const SECONDS = { info: 5, error: 12 };
let counter = 0;

/**
 * Show a message for some seconds; with `undo` it has a button that calls it.
 * @param {string} message
 * @param {{ kind?: "info" | "error", undo?: (() => unknown) | null }} options
 */
export function toast(message, { kind = "info", undo = null } = {}) {
  const item = { number: ++counter, message, kind, undo };
  shown.value = [...shown.value.slice(-3), item];
  setTimeout(() => dismiss(item), SECONDS[kind] * 1000 + (undo ? 5000 : 0));
}

/** Show the error of a request. */
export const toastError = (error) =>
  toast([error.message, error.remedy].filter(Boolean).join(" — "), { kind: "error" });

const dismiss = (item) => (shown.value = shown.value.filter((each) => each !== item));

export function Toasts() {
  return html`<div class="toasts" role="status">
    ${shown.value.map(
      (item) => html`<div key=${item.number} class=${`toast ${item.kind}`}>
        <span>${item.message}</span>
        ${item.undo && html`<button type="button" class="link" onClick=${() => (dismiss(item), item.undo())}>${t("undo")}</button>`}
        <${Button} icon="close" label=${t("close")} onClick=${() => dismiss(item)} />
      </div>`,
    )}
  </div>`;
}
