// A run's log: its end, followed while it is written, or the part around a line that was searched for.
import { ApiError, get, href, repeat } from "../../lib/api.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, LinkButton } from "../../widgets/button.js";
import { coloured } from "./ansi.js";
import { LogSearch } from "./log_search.js";

const MAX_LENGTH = 400_000; // characters held in the page
const NEAR = 40; // pixels from the end that still count as reading the end

export function Log({ base, names }) {
  const [name, setName] = useState(names[0]);
  const [query, setQuery] = useState("");
  const { text, partial, line, error, earlier, later, jump, toEnd } = useLog(base, name);
  const scroller = useRef(null);
  const lineMark = useRef(null);
  const follow = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  useLayoutEffect(() => {
    if (lineMark.current) {
      follow.current = false;
      scroller.current.scrollTop = lineMark.current.offsetTop - scroller.current.clientHeight / 3;
    } else if (follow.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [text, partial, line]);
  const onScroll = () => {
    if (!scroller.current) return; // an event of an unmounted element
    const { scrollTop, scrollHeight, clientHeight } = scroller.current;
    follow.current = line === null && scrollHeight - scrollTop - clientHeight < NEAR;
    setAtEnd(follow.current);
  };
  const showEnd = () => {
    follow.current = true;
    if (line !== null || later) toEnd();
    else scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  const content = useMemo(() => parts(text, line, query, lineMark), [text, line, query]);
  return html`<section class="panel" aria-label=${t("run.log")}>
    <header class="logbar">
      <h2>${t("run.log")}</h2>
      ${names.length > 1 && html`<select class="plain-field" aria-label=${t("run.log.which")} onChange=${(event) => setName(names[event.target.selectedIndex])}>
        ${names.map((each) => html`<option selected=${each === name}>${each}</option>`)}</select>`}
      <${LogSearch} key=${name} base=${base} name=${name} jump=${jump} onQuery=${setQuery} leave=${showEnd} />
      ${earlier && html`<${Button} kind="plain" icon="up" onClick=${earlier}>${t("run.log.earlier")}<//>`}
      <${LinkButton} icon="download" label=${t("download.name", { name })} href=${href(`${base}/download`, { name })} download />
    </header>
    <div class="log">
      <pre ref=${scroller} tabindex="0" role="group" onScroll=${onScroll} aria-label=${t("run.log")}>${content}${partial && html`<span class="partial">${coloured(partial, query)}</span>`}${!text && !partial && html`<span class="faint">${error ? error.message : t("run.log.empty")}</span>`}</pre>
      ${(!atEnd || line !== null || later) && html`<${Button} icon="down" onClick=${showEnd}>${t("run.log.end")}<//>`}
    </div>
  </section>`;
}

/** The elements of the text, with the line that was jumped to marked. */
function parts(text, line, query, lineMark) {
  if (line === null) return coloured(text, query);
  const lines = text.split("\n");
  const [before, after] = [lines.slice(0, line), lines.slice(line + 1)];
  return [
    coloured(before.map((each) => `${each}\n`).join(""), query),
    html`<span class="hit" ref=${lineMark}>${coloured(`${lines[line] ?? ""}\n`, query)}</span>`,
    coloured(after.join("\n"), query),
  ];
}

/** `line`: the index in the text of the line that was jumped to; `later`: the text does not reach the end. */
const EMPTY = { text: "", partial: "", from: 0, line: /** @type {number | null} */ (null), later: false, error: /** @type {ApiError | null} */ (null) };

function useLog(base, name) {
  const [state, setState] = useState(EMPTY);
  const position = useRef(null);
  const following = useRef(true);
  const request = async (query) => {
    try {
      return await get(`${base}/log`, { name, colours: 1, ...query }, { quiet: true, keep: false });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status) setState((old) => ({ ...old, error }));
      return null;
    }
  };
  const poll = useRef(/** @type {() => Promise<void>} */ (async () => {}));
  useEffect(() => {
    let disposed = false;
    position.current = null;
    following.current = true;
    setState(EMPTY);
    poll.current = async () => {
      if (!following.current) return;
      const before = position.current;
      const answer = await request(before ? { from: before.to, mark: before.mark } : {});
      if (!answer || disposed || !following.current) return;
      const restart = !before || answer.restarted;
      position.current = { to: answer.to, mark: answer.mark };
      setState((old) => ({
        ...EMPTY,
        text: ((restart ? "" : old.text) + answer.text).slice(-MAX_LENGTH),
        partial: answer.partial,
        from: restart ? answer.from : old.from,
      }));
    };
    poll.current();
    const stop = repeat(() => poll.current(), 2000);
    return () => ((disposed = true), stop());
  }, [base, name]);
  const earlier = async () => {
    const answer = await request({ before: state.from });
    if (!answer) return;
    const added = answer.text.split("\n").length - 1;
    setState((old) => ({ ...old, text: answer.text + old.text, from: answer.from, line: old.line === null ? null : old.line + added }));
  };
  const jump = async (at) => {
    following.current = false;
    const answer = await request({ at });
    if (answer) setState({ ...EMPTY, text: answer.text, from: answer.from, line: answer.line, later: answer.to < answer.size });
  };
  const toEnd = () => {
    following.current = true;
    position.current = null;
    return poll.current();
  };
  return { ...state, earlier: state.from > 0 ? earlier : null, jump, toEnd };
}
