// Command palette: all commands and runs by name.
import { commands } from "../lib/keys.js";
import { addressOf, go } from "../lib/route.js";
import { html, signal, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Dialog } from "../widgets/dialog.js";

const MOST = 40;

/** The runs that the palette knows: `{ id, name }`; the list sets them when it has read them. */
export const knownRuns = signal([]);

export function Palette({ onClose }) {
  const [typed, setTyped] = useState("");
  const [marked, setMarked] = useState(0);
  const list = useRef(null);
  const found = search(typed);
  const choose = (item) => {
    onClose();
    item.act();
  };
  const press = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      const next = (marked + step + found.length) % found.length;
      setMarked(next);
      list.current.children[next].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.isComposing && found[marked]) {
      event.preventDefault();
      choose(found[marked]);
    }
  };
  return html`<${Dialog} title=${t("palette.title")} onClose=${onClose} hideHeader>
    <div class="palette">
      <input
        autofocus type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label=${t("palette.title")}
        aria-activedescendant=${found.length ? `palette-${marked}` : undefined} placeholder=${t("palette.hint")}
        autocomplete="off" spellcheck=${false} value=${typed}
        onInput=${(event) => (setTyped(event.target.value), setMarked(0))} onKeyDown=${press}
      />
      <ul id="palette-list" role="listbox" aria-label=${t("palette.title")} ref=${list}>
        ${found.map(
          (item, place) => html`<li
            id=${`palette-${place}`} role="option" aria-selected=${place === marked}
            onClick=${() => choose(item)} onPointerMove=${() => marked === place || setMarked(place)}
          ><span>${item.label}</span><small>${item.hint}</small></li>`,
        )}
      </ul>
      ${!found.length && html`<p class="faint">${t("palette.none")}</p>`}
    </div>
  <//>`;
}

function search(typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text) => words.every((word) => text.toLowerCase().includes(word));
  const acts = commands.value.filter((each) => fits(each.label));
  const runs = words.length ? knownRuns.value.filter((run) => fits(run.name)).slice(0, MOST) : [];
  const open = (run) => () => go(addressOf(`/run/${encodeURIComponent(run.id)}`));
  return [...acts, ...runs.map((run) => ({ label: run.name, hint: t("palette.run"), act: open(run) }))].slice(0, MOST);
}
