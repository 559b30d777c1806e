// Command palette: all commands and runs by name.
import { commands } from "../lib/keys.js";
import { addressOf, go } from "../lib/route.js";
import { html, signal, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Dialog } from "../widgets/dialog.js";

const MAX_RESULTS = 40;

/** The runs that the palette offers: `{ id, name }`; set by the list when it has loaded them. */
export const paletteRuns = signal([]);

export function Palette({ onClose }) {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef(null);
  const results = search(typed);
  const choose = (item) => {
    onClose();
    item.act();
  };
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && results.length) {
      event.preventDefault();
      const next = (active + step + results.length) % results.length;
      setActive(next);
      list.current.children[next].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.isComposing && results[active]) {
      event.preventDefault();
      choose(results[active]);
    }
  };
  return html`<${Dialog} title=${t("palette.title")} onClose=${onClose} hideHeader>
    <div class="palette">
      <input
        autofocus type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label=${t("palette.title")}
        aria-activedescendant=${results.length ? `palette-${active}` : undefined} placeholder=${t("palette.hint")}
        autocomplete="off" spellcheck=${false} value=${typed}
        onInput=${(event) => (setTyped(event.target.value), setActive(0))} onKeyDown=${onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label=${t("palette.title")} ref=${list}>
        ${results.map(
          (item, index) => html`<li
            id=${`palette-${index}`} role="option" aria-selected=${index === active}
            onClick=${() => choose(item)} onPointerMove=${() => active === index || setActive(index)}
          ><span>${item.label}</span><small>${item.hint}</small></li>`,
        )}
      </ul>
      ${!results.length && html`<p class="faint">${t("palette.none")}</p>`}
    </div>
  <//>`;
}

function search(typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (text) => words.every((word) => text.toLowerCase().includes(word));
  const actions = commands.value.filter((each) => matches(each.label));
  const runs = words.length ? paletteRuns.value.filter((run) => matches(run.name)).slice(0, MAX_RESULTS) : [];
  const open = (run) => () => go(addressOf(`/run/${encodeURIComponent(run.id)}`));
  return [...actions, ...runs.map((run) => ({ label: run.name, hint: t("palette.run"), act: open(run) }))].slice(0, MAX_RESULTS);
}
