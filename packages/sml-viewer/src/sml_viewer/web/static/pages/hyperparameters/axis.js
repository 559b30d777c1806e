// Head of an axis: its name, and a box to filter, move and remove it, by keyboard and on a phone too.
import { number } from "../../lib/format.js";
import { setViewState } from "../../lib/view_state.js";
import { classes, html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Popover } from "../../widgets/button.js";
import { Checkbox, TextField } from "../../widgets/field.js";
import { setBrushes } from "./brush.js";
import { SCORE } from "./columns.js";

const MAX_VALUES = 40;

/** Show these axes, by their keys and in this order. */
export const setAxes = (keys) => setViewState({ axes: JSON.stringify(keys.filter((key) => key !== SCORE)) }, "axes");

/** `left`, `room` and `edge` are pixels: where the axis is, how far the next one, and the room of the first and the last head. */
export function AxisHead({ column, index, columns, brush, left, room, edge }) {
  const keys = columns.map((each) => each.key);
  const last = columns.length - 1;
  const swap = (other) => setAxes(keys.map((key, at) => (at === index ? keys[other] : at === other ? keys[index] : key)));
  const movable = column.key !== SCORE;
  return html`<div class=${classes("axishead", { brushed: brush })} style=${{ left: `${left}px`, maxWidth: `${Math.max(44, Math.min(room, index === 0 || index === last ? edge : room) - 6)}px` }} data-axis=${column.key}>
    <${Popover} label=${t("hyper.axis", { name: column.title })} aria-label=${t("hyper.axis", { name: column.title })} text=${html`<span class="cut">${column.title}</span>`} kind="plain" align=${index > last / 2 ? "end" : "start"}>
      ${(close) => html`<div class="panelsettings">
        ${column.numeric ? html`<${Range} column=${column} brush=${brush} />` : html`<${Values} column=${column} brush=${brush} />`}
        ${column.cells.includes(null) && html`<${Checkbox} label=${t("hyper.missing")} checked=${Boolean(brush?.missing)} onChange=${(missing) => setBrushes({ [column.key]: cleaned({ ...brush, missing }) })} />`}
        <div class="acts">
          <button type="button" class="link" disabled=${!brush} onClick=${() => setBrushes({ [column.key]: null })}>${t("hyper.brush.clear")}</button>
          ${movable && html`<button type="button" class="link" disabled=${index === 0} onClick=${() => swap(index - 1)}>${t("hyper.axis.left")}</button>
          <button type="button" class="link" disabled=${index >= last - 1} onClick=${() => swap(index + 1)}>${t("hyper.axis.right")}</button>
          <button type="button" class="link" onClick=${() => (close(), setAxes(keys.filter((key) => key !== column.key)))}>${t("hyper.axis.remove")}</button>`}
        </div>
      </div>`}
    <//>
  </div>`;
}

/** A brush, or null if it takes nothing. */
const cleaned = (brush) => (brush.range || brush.texts?.length || brush.missing ? brush : null);

function Range({ column, brush }) {
  const [low, high] = brush?.range ?? [undefined, undefined];
  const set = (end, text) => {
    const typed = text.trim() === "" || !Number.isFinite(Number(text)) ? undefined : Number(text);
    const range = end ? [low ?? column.low, typed ?? column.high] : [typed ?? column.low, high ?? column.high];
    setBrushes({ [column.key]: cleaned({ ...brush, range: typed === undefined && !brush ? null : range }) });
  };
  return html`<div class="two">
    <${TextField} label=${t("hyper.low")} value=${low ?? ""} placeholder=${number(column.low)} inputmode="decimal" onChange=${(text) => set(0, text)} />
    <${TextField} label=${t("hyper.high")} value=${high ?? ""} placeholder=${number(column.high)} inputmode="decimal" onChange=${(text) => set(1, text)} />
  </div>`;
}

function Values({ column, brush }) {
  const chosen = brush?.texts ?? [];
  const toggle = (text, on) => setBrushes({ [column.key]: cleaned({ ...brush, texts: on ? [...chosen, text] : chosen.filter((each) => each !== text) }) });
  return html`<fieldset class="values"><legend>${t("hyper.values")}</legend>
    ${column.texts.slice(0, MAX_VALUES).map((text) => html`<${Checkbox} key=${text} label=${text} checked=${chosen.includes(text)} onChange=${(on) => toggle(text, on)} />`)}
    ${column.texts.length > MAX_VALUES && html`<p class="faint">${t("columns.more", { n: column.texts.length - MAX_VALUES })}</p>`}
  </fieldset>`;
}
