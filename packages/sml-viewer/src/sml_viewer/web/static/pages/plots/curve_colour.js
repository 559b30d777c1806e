// Colours of curves by name: picked on the sample of a line, obeyed by charts, figures and bars.
import { option, setOptions } from "../../lib/config.js";
import { html } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Swatch } from "./styles.js";

const chosen = () => option("CURVE_COLORS", {});

const changeOf = (colours) => ({ CURVE_COLORS: Object.keys(colours).length ? colours : undefined });

/** Give a curve a colour; undefined restores that of its order. */
function setColour(name, colour) {
  const { [name]: _old, ...others } = chosen();
  setOptions(changeOf(colour ? { ...others, [name]: colour } : others));
}

/** The change of options that keeps the colour of a curve which gets another name. */
export function renamedColour(from, to) {
  const { [from]: colour, ...others } = chosen();
  return colour && from !== to ? changeOf({ ...others, [to]: colour }) : {};
}

/** The sample of a curve's line; a click chooses its colour. */
export function ColourField({ name, colour, dashes }) {
  const set = name in chosen();
  return html`<label class="colour-field" title=${t("colour.pick", { name: nameText(name) })}>
      <input type="color" value=${colour.toLowerCase()} aria-label=${t("colour.pick", { name: nameText(name) })} onChange=${(event) => setColour(name, event.target.value)} />
      <${Swatch} colour=${colour} style=${dashes} />
    </label>
    ${set && html`<${Button} icon="undo" class="repick" label=${t("colour.reset", { name: nameText(name) })} onClick=${() => setColour(name, undefined)} />`}`;
}
