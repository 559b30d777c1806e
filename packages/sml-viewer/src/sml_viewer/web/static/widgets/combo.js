// Combo box that searches its options while the user types.
import { classes, freshId, html, useEffect, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";

const MAX_OPTIONS = 60;

/**
 * `options` is a list of `value` or `{ value, hint }`, or an async function of the typed text that returns
 * `{ count, options }`. `onChoose(value)`; with `free` any text may be chosen. With `clear` it is emptied after a choice.
 */
export function Combo({ label, hidden = false, value = "", options, onChoose, free = false, clear = false, placeholder, ...rest }) {
  const id = useRef(freshId("combo")).current;
  const box = useRef(null);
  const [typed, setTyped] = useState(null);
  const [results, setResults] = useState(null);
  const [active, setActive] = useState(-1);
  const latest = useRef(0);

  const fetchOptions = async (word) => (typeof options === "function" ? options(word) : filterOptions(options, word));
  const updateResults = async (word) => {
    const number = ++latest.current;
    const answer = await fetchOptions(word);
    if (number === latest.current) setResults(answer);
  };
  useEffect(() => () => void (latest.current = -1), []);
  const many = Array.isArray(options) ? options.length : 0;
  useEffect(() => void (results && updateResults(typed ?? "")), [many]);

  const open = () => {
    setActive(-1);
    updateResults("");
  };
  const close = () => {
    latest.current += 1;
    setResults(null);
    setTyped(null);
  };
  const choose = (chosen) => {
    close();
    if (clear || chosen !== value) onChoose(chosen);
    if (clear) box.current.value = "";
  };
  /** Enter chooses the typed text if any text is allowed; else the option of that name, or the only option. */
  const acceptTyped = async (word) => {
    if (!word) return;
    const number = latest.current;
    const candidates = free ? [] : (await fetchOptions(word)).options;
    const isNamed = (each) => String(each.label ?? each.value).toLowerCase() === word.toLowerCase();
    const chosen = free ? word : (candidates.find(isNamed) ?? (candidates.length === 1 ? candidates[0] : null))?.value;
    if (chosen !== undefined && latest.current >= number) choose(chosen);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    const shown = results?.options ?? [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!results) return open();
      const next = (active + step + shown.length) % Math.max(1, shown.length);
      setActive(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (active >= 0 && shown[active]) choose(shown[active].value);
      else acceptTyped(event.target.value.trim());
    } else if (event.key === "Escape" && results) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
    return undefined;
  };
  const onBlur = () => {
    if (free && typed !== null && typed !== value && typed !== "") choose(typed);
    else close();
  };
  return html`<div class=${classes("field combo", { bare: hidden })}>
    <label for=${id} class=${hidden ? "unseen" : ""}>${label}</label>
    <input
      id=${id} ref=${box} type="text" role="combobox" value=${typed ?? value} placeholder=${placeholder}
      aria-expanded=${results ? "true" : "false"} aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-activedescendant=${results && active >= 0 ? `${id}-${active}` : undefined}
      autocomplete="off" autocapitalize="none" spellcheck=${false}
      onFocus=${open} onClick=${() => results || open()} onBlur=${onBlur} onKeyDown=${onKeyDown}
      onInput=${(event) => (setTyped(event.target.value), setActive(-1), updateResults(event.target.value))} ...${rest}
    />
    ${results && html`<div class="offers">
      <ul id=${`${id}-list`} role="listbox" aria-label=${label}>
        ${results.options.map(
          (each, index) => html`<li
            id=${`${id}-${index}`} role="option" aria-selected=${index === active}
            onPointerDown=${(event) => (event.preventDefault(), choose(each.value))}
          ><span>${each.label ?? each.value}</span>${each.hint !== undefined && html`<small>${each.hint}</small>`}</li>`,
        )}
      </ul>
      ${!results.options.length && html`<p class="faint">${t("combo.none")}</p>`}
      ${results.count > results.options.length && html`<p class="faint">${t("combo.more", { n: results.count - results.options.length })}</p>`}
    </div>`}
  </div>`;
}

function filterOptions(options, word) {
  const all = options.map((each) => (typeof each === "object" ? each : { value: each }));
  const needle = word.toLowerCase();
  const matches = all.filter((each) => String(each.label ?? each.value).toLowerCase().includes(needle));
  return { count: matches.length, options: matches.slice(0, MAX_OPTIONS) };
}
