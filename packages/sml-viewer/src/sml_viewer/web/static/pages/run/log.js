// End of a run's log, followed while it is written.
import { ApiError, get, href, repeat } from "../../lib/api.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, LinkButton } from "../../widgets/button.js";

const MAX_LENGTH = 400_000; // characters held in the page
const NEAR = 40; // pixels from the end that still count as reading the end

export function Log({ base, names }) {
  const [name, setName] = useState(names[0]);
  const { text, partial, earlier, error } = useLog(base, name);
  const scroller = useRef(null);
  const follow = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  useLayoutEffect(() => {
    if (follow.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [text, partial]);
  const onScroll = () => {
    if (!scroller.current) return; // an event of an unmounted element
    const { scrollTop, scrollHeight, clientHeight } = scroller.current;
    follow.current = scrollHeight - scrollTop - clientHeight < NEAR;
    setAtEnd(follow.current);
  };
  const toEnd = () => (scroller.current.scrollTop = scroller.current.scrollHeight);
  return html`<section class="panel">
    <header>
      <h2>${t("run.log")}</h2>
      ${names.length > 1 && html`<select class="plain-field" aria-label=${t("run.log.which")} onChange=${(event) => setName(names[event.target.selectedIndex])}>
        ${names.map((each) => html`<option selected=${each === name}>${each}</option>`)}</select>`}
      ${earlier && html`<${Button} kind="plain" icon="up" onClick=${earlier}>${t("run.log.earlier")}<//>`}
      <${LinkButton} icon="download" label=${t("download.name", { name })} href=${href(`${base}/download`, { name })} download />
    </header>
    <div class="log">
      <pre ref=${scroller} tabindex="0" onScroll=${onScroll} aria-label=${t("run.log")}>${text}${partial && html`<span class="partial">${partial}</span>`}${!text && !partial && html`<span class="faint">${error ? error.message : t("run.log.empty")}</span>`}</pre>
      ${!atEnd && html`<${Button} icon="down" onClick=${toEnd}>${t("run.log.end")}<//>`}
    </div>
  </section>`;
}

function useLog(base, name) {
  const [state, setState] = useState({ text: "", partial: "", from: 0, error: /** @type {ApiError | null} */ (null) });
  const position = useRef(null);
  const request = async (query) => {
    try {
      return await get(`${base}/log`, { name, ...query }, { quiet: true, keep: false });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status) setState((old) => ({ ...old, error }));
      return null;
    }
  };
  useEffect(() => {
    let disposed = false;
    position.current = null;
    setState({ text: "", partial: "", from: 0, error: null });
    const poll = async () => {
      const before = position.current;
      const answer = await request(before ? { from: before.to, mark: before.mark } : {});
      if (!answer || disposed) return;
      const restart = !before || answer.restarted;
      position.current = { to: answer.to, mark: answer.mark };
      setState((old) => ({
        text: ((restart ? "" : old.text) + answer.text).slice(-MAX_LENGTH),
        partial: answer.partial,
        from: restart ? answer.from : old.from,
        error: null,
      }));
    };
    poll();
    const stop = repeat(poll, 2000);
    return () => ((disposed = true), stop());
  }, [base, name]);
  const earlier = async () => {
    const answer = await request({ before: state.from });
    if (answer) setState((old) => ({ ...old, text: answer.text + old.text, from: answer.from }));
  };
  return { ...state, earlier: state.from > 0 ? earlier : null };
}
