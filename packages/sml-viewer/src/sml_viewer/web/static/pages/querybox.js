// Query box with completion; errors point at the column.
import { ApiError, get } from "../lib/api.js";
import { addressOf, go, param, route } from "../lib/route.js";
import { setViewState } from "../lib/view_state.js";
import { classes, html, signal, useEffect, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "../widgets/button.js";
import { Icon } from "../widgets/icon.js";

/** The error of the query, or null; set by the code that sends it to the server. */
export const queryError = signal(null);

/** The query while it is being typed; the address is updated a moment later. */
export const query = signal(param("q"));

const SUGGEST_AFTER = 120;
let timer;

function type(text) {
  query.value = text;
  queryError.value = null;
  clearTimeout(timer);
  timer = setTimeout(() => setViewState({ q: text }, "query"), 300);
}

export function QueryBox() {
  const box = useRef(null);
  const suggesting = useRef(0);
  const [options, setOptions] = useState(null);
  const [active, setActive] = useState(-1);
  const shared = param("q");
  useEffect(() => {
    // The address was changed by a link or the browser's buttons.
    if (document.activeElement !== box.current) query.value = shared;
  }, [shared]);

  // Delayed, because an immediate request would hold up the search for runs.
  const suggestSoon = () => {
    clearTimeout(suggesting.current);
    suggesting.current = setTimeout(suggest, SUGGEST_AFTER);
  };
  const suggest = async () => {
    if (!box.current) return;
    const at = box.current.selectionStart;
    try {
      const answer = await get("/api/v1/complete", { q: box.current.value, at }, { quiet: true });
      setOptions(answer.options.length && document.activeElement === box.current ? answer : null);
      setActive(-1);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setOptions(null); // suggestions are optional; the query reports its own error
    }
  };
  const accept = (word) => {
    const text = box.current.value;
    const caret = options.from + word.length;
    type(text.slice(0, options.from) + word + text.slice(options.at));
    setOptions(null);
    requestAnimationFrame(() => (box.current.focus(), box.current.setSelectionRange(caret, caret)));
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    if (["Enter", "Escape", "Tab"].includes(event.key)) clearTimeout(suggesting.current);
    const words = options?.options ?? [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && words.length) {
      event.preventDefault();
      setActive((active + step + words.length) % words.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && active >= 0) {
      event.preventDefault();
      accept(words[active]);
    } else if (event.key === "Enter") {
      setOptions(null);
      if (route.value.path.startsWith("/run/")) go(addressOf("/experiment", { q: query.value }));
      else /** @type {HTMLElement | null} */ (document.querySelector("main [tabindex='0']"))?.focus();
    } else if (event.key === "Escape") {
      if (options) setOptions(null);
      else if (query.value) type("");
      else box.current.blur();
    }
  };
  const error = queryError.value;
  return html`<div class=${classes("query", { wrong: error })} role="search">
    <${Icon} name="search" />
    <input
      id="query" ref=${box} type="text" role="combobox" value=${query.value} placeholder=${t("search.hint")}
      aria-label=${t("search.title")} aria-invalid=${error ? "true" : undefined} aria-describedby="query-error"
      aria-expanded=${options ? "true" : "false"} aria-controls="query-options" aria-autocomplete="list"
      aria-activedescendant=${active >= 0 ? `query-option-${active}` : undefined}
      autocomplete="off" autocapitalize="none" spellcheck=${false}
      onInput=${(event) => (type(event.target.value), suggestSoon())} onFocus=${suggest} onKeyDown=${onKeyDown}
      onBlur=${() => setTimeout(() => setOptions(null), 150)}
    />
    ${query.value ? html`<${Button} icon="close" label=${t("search.clear")} onClick=${() => (type(""), box.current.focus())} />` : html`<kbd>/</kbd>`}
    <div id="query-error" class="query-error" role="alert">
      ${error && html`<${Pointer} error=${error} text=${query.value} />`}
    </div>
    <ul id="query-options" role="listbox" aria-label=${t("search.options")} hidden=${!options || error}>
      ${options?.options.slice(0, 12).map(
        (word, index) => html`<li
          id=${`query-option-${index}`} role="option" aria-selected=${index === active}
          onPointerDown=${(event) => (event.preventDefault(), accept(word))}
        >${word}</li>`,
      )}
    </ul>
  </div>`;
}

function Pointer({ error, text }) {
  const column = error.where === null ? -1 : error.where - 1;
  const end = column + (/^[\p{L}\p{N}_.-]+/u.exec(text.slice(column))?.[0].length ?? 1);
  return html`${column >= 0 && html`<code>${text.slice(0, column)}<mark>${text.slice(column, end) || " "}</mark>${text.slice(end)}</code>`}
    <span>${error.message}</span>${error.remedy && html`<small>${error.remedy}</small>`}`;
}
