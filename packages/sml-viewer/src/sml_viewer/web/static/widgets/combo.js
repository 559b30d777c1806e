// Combo box that searches its options while the user types.
import { classes, freshId, html, useEffect, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";

const MOST = 60;

/**
 * `options` is a list of `value` or `{ value, hint }`, or a function of the typed word that promises
 * `{ count, options }`. `onChoose(value)`; with `free` any text may be chosen. Empties itself with `clear`.
 */
export function Combo({ label, hidden = false, value = "", options, onChoose, free = false, clear = false, placeholder, ...rest }) {
  const id = useRef(freshId("combo")).current;
  const box = useRef(null);
  const [typed, setTyped] = useState(null);
  const [found, setFound] = useState(null);
  const [marked, setMarked] = useState(-1);
  const turn = useRef(0);

  const search = async (word) => (typeof options === "function" ? options(word) : among(options, word));
  const look = async (word) => {
    const mine = ++turn.current;
    const answer = await search(word);
    if (mine === turn.current) setFound(answer);
  };
  useEffect(() => () => void (turn.current = -1), []);
  const many = Array.isArray(options) ? options.length : 0;
  useEffect(() => void (found && look(typed ?? "")), [many]);

  const open = () => {
    setMarked(-1);
    look("");
  };
  const close = () => {
    turn.current += 1;
    setFound(null);
    setTyped(null);
  };
  const choose = (chosen) => {
    close();
    if (clear || chosen !== value) onChoose(chosen);
    if (clear) box.current.value = "";
  };
  /** Enter on what was typed: it, where any text will do; else the option that is called so, or the only one. */
  const enter = async (word) => {
    if (!word) return;
    const mine = turn.current;
    const offered = free ? [] : (await search(word)).options;
    const named = (each) => String(each.label ?? each.value).toLowerCase() === word.toLowerCase();
    const chosen = free ? word : (offered.find(named) ?? (offered.length === 1 ? offered[0] : null))?.value;
    if (chosen !== undefined && turn.current >= mine) choose(chosen);
  };
  const press = (event) => {
    if (event.isComposing) return;
    const shown = found?.options ?? [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!found) return open();
      const next = (marked + step + shown.length) % Math.max(1, shown.length);
      setMarked(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (marked >= 0 && shown[marked]) choose(shown[marked].value);
      else enter(event.target.value.trim());
    } else if (event.key === "Escape" && found) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
    return undefined;
  };
  const leave = () => {
    if (free && typed !== null && typed !== value && typed !== "") choose(typed);
    else close();
  };
  return html`<div class=${classes("field combo", { bare: hidden })}>
    <label for=${id} class=${hidden ? "unseen" : ""}>${label}</label>
    <input
      id=${id} ref=${box} type="text" role="combobox" value=${typed ?? value} placeholder=${placeholder}
      aria-expanded=${found ? "true" : "false"} aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-activedescendant=${found && marked >= 0 ? `${id}-${marked}` : undefined}
      autocomplete="off" autocapitalize="none" spellcheck=${false}
      onFocus=${open} onClick=${() => found || open()} onBlur=${leave} onKeyDown=${press}
      onInput=${(event) => (setTyped(event.target.value), setMarked(-1), look(event.target.value))} ...${rest}
    />
    ${found && html`<div class="offers">
      <ul id=${`${id}-list`} role="listbox" aria-label=${label}>
        ${found.options.map(
          (each, place) => html`<li
            id=${`${id}-${place}`} role="option" aria-selected=${place === marked}
            onPointerDown=${(event) => (event.preventDefault(), choose(each.value))}
          ><span>${each.label ?? each.value}</span>${each.hint !== undefined && html`<small>${each.hint}</small>`}</li>`,
        )}
      </ul>
      ${!found.options.length && html`<p class="faint">${t("combo.none")}</p>`}
      ${found.count > found.options.length && html`<p class="faint">${t("combo.more", { n: found.count - found.options.length })}</p>`}
    </div>`}
  </div>`;
}

function among(options, word) {
  const all = options.map((each) => (typeof each === "object" ? each : { value: each }));
  const wanted = word.toLowerCase();
  const fitting = all.filter((each) => String(each.label ?? each.value).toLowerCase().includes(wanted));
  return { count: fitting.length, options: fitting.slice(0, MOST) };
}
