// The box beside the pointer: a trial's name, and its value in each column.
import { html, useLayoutEffect, useRef } from "../../lib/ui.js";
import { textOf } from "./columns.js";

const OFFSET = 14; // pixels

export function TrialTooltip({ name, row, columns, left, top }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const { offsetWidth: width, offsetHeight: height } = box.current;
    const x = left + OFFSET + width > innerWidth ? Math.max(4, left - OFFSET - width) : left + OFFSET;
    box.current.style.transform = `translate(${x}px, ${Math.max(4, Math.min(top + OFFSET, innerHeight - height - 4))}px)`;
  });
  return html`<div class="charttip" ref=${box} aria-hidden="true">
    <p class="cut"><b>${name}</b></p>
    <table><tbody>${columns.map((column) => html`<tr key=${column.key}><th>${column.title}</th><td class="number">${textOf(column, column.cells[row])}</td></tr>`)}</tbody></table>
  </div>`;
}
