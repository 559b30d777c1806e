// End of a run's log, followed while it is written.
import { ApiError, get, href, repeat } from "../../lib/api.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, LinkButton } from "../../widgets/button.js";

const MOST = 400_000; // letters kept in the page
const NEAR = 40; // pixels from the end that still count as reading the end

export function Log({ base, names }) {
  const [name, setName] = useState(names[0]);
  const { text, partial, earlier, error } = useLog(base, name);
  const place = useRef(null);
  const follow = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  useLayoutEffect(() => {
    if (follow.current) place.current.scrollTop = place.current.scrollHeight;
  }, [text, partial]);
  const scrolled = () => {
    if (!place.current) return; // an event of an element that has left
    const { scrollTop, scrollHeight, clientHeight } = place.current;
    follow.current = scrollHeight - scrollTop - clientHeight < NEAR;
    setAtEnd(follow.current);
  };
  const toEnd = () => (place.current.scrollTop = place.current.scrollHeight);
  return html`<section class="panel">
    <header>
      <h2>${t("run.log")}</h2>
      ${names.length > 1 && html`<select class="plain-field" aria-label=${t("run.log.which")} onChange=${(event) => setName(names[event.target.selectedIndex])}>
        ${names.map((each) => html`<option selected=${each === name}>${each}</option>`)}</select>`}
      ${earlier && html`<${Button} kind="plain" icon="up" onClick=${earlier}>${t("run.log.earlier")}<//>`}
      <${LinkButton} icon="download" label=${t("download.name", { name })} href=${href(`${base}/download`, { name })} download />
    </header>
    <div class="log">
      <pre ref=${place} tabindex="0" onScroll=${scrolled} aria-label=${t("run.log")}>${text}${partial && html`<span class="partial">${partial}</span>`}${!text && !partial && html`<span class="faint">${error ? error.message : t("run.log.empty")}</span>`}</pre>
      ${!atEnd && html`<${Button} icon="down" onClick=${toEnd}>${t("run.log.end")}<//>`}
    </div>
  </section>`;
}

function useLog(base, name) {
  const [state, setState] = useState({ text: "", partial: "", from: 0, error: /** @type {ApiError | null} */ (null) });
  const known = useRef(null);
  const ask = async (query) => {
    try {
      return await get(`${base}/log`, { name, ...query }, { quiet: true, keep: false });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status) setState((old) => ({ ...old, error }));
      return null;
    }
  };
  useEffect(() => {
    let gone = false;
    known.current = null;
    setState({ text: "", partial: "", from: 0, error: null });
    const turn = async () => {
      const before = known.current;
      const answer = await ask(before ? { from: before.to, mark: before.mark } : {});
      if (!answer || gone) return;
      const anew = !before || answer.restarted;
      known.current = { to: answer.to, mark: answer.mark };
      setState((old) => ({
        text: ((anew ? "" : old.text) + answer.text).slice(-MOST),
        partial: answer.partial,
        from: anew ? answer.from : old.from,
        error: null,
      }));
    };
    turn();
    const stop = repeat(turn, 2000);
    return () => ((gone = true), stop());
  }, [base, name]);
  const earlier = async () => {
    const answer = await ask({ before: state.from });
    if (answer) setState((old) => ({ ...old, text: answer.text + old.text, from: answer.from }));
  };
  return { ...state, earlier: state.from > 0 ? earlier : null };
}
