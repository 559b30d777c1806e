// Hook for the server's computations, repeated when configuration, query or runs change.
import { ApiError, post, repeat } from "./api.js";
import { unpack } from "./array_codec.js";
import { requestBody } from "./config.js";
import { keepNames } from "./i18n.js";
import { useLayoutEffect, useRef, useState } from "./ui.js";

const READING = 2000; // milliseconds

/**
 * @template {string} P
 * @typedef {{ data: import("./answers.d.ts").PostAnswer<P> | null, error: ApiError | null, busy: boolean, key: string | null }} Computed
 */

/** @type {Map<string, Promise<any>>} */
const started = new Map(); // requests whose answers nobody has taken yet

const bodyOf = (extra) => requestBody.value && extra && { ...requestBody.value, ...extra };

/**
 * Send the request of a computation before its component is rendered, which then takes the answer.
 * @template {string} P
 * @param {P} path
 * @param {Partial<import("./answers.d.ts").Body<P>>} extra
 */
export function startCompute(path, extra) {
  const body = bodyOf(extra);
  if (!body) return;
  const answer = post(path, body);
  answer.catch(() => {}); // whoever takes it reports the error
  started.set(`${path} ${JSON.stringify(body)}`, answer);
}

function takeStarted(name) {
  const answer = started.get(name);
  started.clear();
  return answer;
}

/**
 * The answer of a computation: requested whenever its body changes, and again while the page is live; the latest wins.
 * `extra` are additional fields of the body; null sends no request. Returns `data` (of the last good answer), `error`, `busy`.
 * @template {string} P
 * @param {P} path
 * @param {Partial<import("./answers.d.ts").Body<P>> | null} extra
 */
export function useCompute(path, extra = {}, { every = 4000, delay = 0 } = {}) {
  const [state, setState] = useState(/** @type {Computed<P>} */ ({ data: null, error: null, busy: true, key: null }));
  const body = bodyOf(extra);
  const key = body && JSON.stringify(body);
  const etag = useRef(/** @type {string | null} */ (null));
  const failed = useRef(false);
  const reading = useRef(false);
  reading.current = Boolean(/** @type {any} */ (state.data)?.reading);
  failed.current = state.error !== null || /** @type {any} */ (state.data)?.runs?.all === 0;
  // An effect would start only after the next frame, and the user waits for the answer.
  useLayoutEffect(() => {
    if (!key) return undefined;
    const abort = new AbortController();
    etag.current = null;
    const first = takeStarted(`${path} ${key}`);
    const request = async (quiet, sent) => {
      try {
        /** @type {any} */
        const answer = await (sent ?? post(path, { ...JSON.parse(key), ...(etag.current && { etag: etag.current }) }, { signal: abort.signal, quiet }));
        if (answer === null || abort.signal.aborted) return;
        /** @type {any} */
        const data = answer instanceof ArrayBuffer ? unpack(answer) : answer;
        if (data.error) throw new ApiError(data.error.message, { status: 200, ...data.error });
        etag.current = data.etag ?? null;
        keepNames(data.own_names);
        setState({ data, error: null, busy: false, key });
      } catch (error) {
        if (error.name === "AbortError") return;
        if (!(error instanceof ApiError)) throw error;
        setState((old) => (error.status === 0 && old.data ? old : { ...old, error, busy: false }));
      }
    };
    setState((old) => ({ ...old, busy: true }));
    const timer = setTimeout(request, delay, false, first);
    let last = Date.now();
    const stop = repeat(() => {
      // Without any run poll every second: the first one may appear. While runs are read, every two.
      const wait = reading.current ? Math.min(every, READING) : every;
      if (!failed.current && Date.now() - last < wait - 500) return null;
      last = Date.now();
      return request(true);
    }, 1000);
    return () => {
      clearTimeout(timer);
      stop();
      abort.abort();
    };
  }, [path, key]);
  return { ...state, fresh: state.key === key };
}
