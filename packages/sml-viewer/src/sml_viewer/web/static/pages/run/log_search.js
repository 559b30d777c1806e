// Search in the whole log: lines with a text, or lines that tell of an error, one after the other.
import { ApiError, get } from "../../lib/api.js";
import { count } from "../../lib/format.js";
import { html, useEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { toastError } from "../../widgets/toast.js";

const PATIENCE = 300; // milliseconds after the last keystroke

/** `jump(offset)` shows a line; `onQuery(text)` marks a text; `leave` shows the end again. */
export function LogSearch({ base, name, jump, onQuery, leave }) {
  const [typed, setTyped] = useState("");
  const [result, setResult] = useState(/** @type {{ of: string, matches: any[], cut: boolean, index: number } | null} */ (null));
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = async (text) => {
    clearTimeout(timer.current);
    try {
      const { matches, cut } = await get(`${base}/log/search`, { name, q: text }, { keep: false });
      onQuery(text);
      setResult({ of: text, matches, cut, index: 0 });
      if (matches.length) jump(matches[0].at);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toastError(error);
    }
  };
  const clear = () => {
    clearTimeout(timer.current);
    setTyped("");
    setResult(null);
    onQuery("");
    leave();
  };
  const input = (text) => {
    setTyped(text);
    clearTimeout(timer.current);
    if (text) timer.current = setTimeout(() => search(text), PATIENCE);
    else clear();
  };
  const step = (by) => {
    if (!result?.matches.length) return;
    const index = (result.index + by + result.matches.length) % result.matches.length;
    setResult({ ...result, index });
    jump(result.matches[index].at);
  };
  const press = (event) => {
    if (event.key === "Escape" && (typed || result)) {
      event.preventDefault();
      event.stopPropagation();
      clear();
    } else if (event.key === "Enter" && !event.isComposing) {
      if (result && result.of === typed) step(event.shiftKey ? -1 : 1);
      else if (typed) search(typed);
    }
  };
  const errors = () => {
    setTyped("");
    if (result?.of === "") step(1);
    else search("");
  };
  return html`<div class="logsearch" onKeyDown=${press}>
    <input type="search" class="plain-field" aria-label=${t("log.find")} placeholder=${t("log.find")} value=${typed} onInput=${(event) => input(event.target.value)} />
    <${Button} kind="plain" icon="warning" label=${t("log.errors.what")} aria-pressed=${result?.of === ""} onClick=${errors}>${t("log.errors")}<//>
    ${result && html`<output>${result.matches.length ? t("log.match", { n: result.index + 1, all: `${count(result.matches.length)}${result.cut ? "+" : ""}` }) : t("log.nomatch")}</output>`}
    ${result && result.matches.length > 0 && html`<${Button} icon="up" label=${t("log.before")} onClick=${() => step(-1)} /><${Button} icon="down" label=${t("log.next")} onClick=${() => step(1)} />`}
    ${result && html`<${Button} icon="close" label=${t("log.clear")} onClick=${clear} />`}
  </div>`;
}
