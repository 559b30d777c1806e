// HTTP client: JSON, ETags, the CSRF token, polling, and errors.
import { signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { remembered } from "./local_storage.js";
import { route } from "./route.js";

/** How many requests that a person waits for are on their way. */
export const waiting = signal(0);

/** "up", "down" (no answer; we go on asking) or "closed" (the session ended: log in again). */
export const connection = signal("up");

/** Whether what is shown follows what changes on disk. */
export const live = remembered("live", true);

/** What the server answered in place of data. `where`: column, from 1, of what was typed. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, remedy?: string, where?: number | null }} details
   */
  constructor(message, { status = 0, remedy = "", where = null } = {}) {
    super(message);
    this.status = status;
    this.remedy = remedy;
    this.where = where;
  }
}

/** Who we are to the server: `user`, `login`, `csrf`, `title`, `version`, and `data` with its `roots`. */
export const session = signal(/** @type {Partial<import("./answers.d.ts").SessionAnswer>} */ ({}));

/** @type {Promise<import("./answers.d.ts").SessionAnswer> | undefined} */
let asking;

/** Ask who we are, and what is shown of a data path: the one in the address, or another. */
export function startSession(path = route.peek().query.get("path") ?? "") {
  asking = get("/api/v1/session", { data: path }, { keep: false }).then((answer) => (session.value = answer));
  return asking;
}

/** @type {Map<string, { etag: string, data: any }>} */
const answers = new Map(); // address -> { etag, data }, the latest few

/**
 * The address of a request, with the data path that the page looks at.
 * @param {string} path
 * @param {Record<string, any>} query
 */
export function href(path, query = {}) {
  const address = new URL(path, location.origin);
  const chosen = route.peek().query.get("path");
  if (chosen && !("data" in query)) address.searchParams.set("data", chosen);
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) {
      if (each !== null && each !== undefined && each !== "") address.searchParams.append(name, each);
    }
  }
  return address.pathname + address.search;
}

/**
 * Ask for JSON; the object of the last answer itself if nothing changed. Raises ApiError.
 * With `keep: false` answers are not kept here, and null says that nothing changed.
 * @template {string} P
 * @param {P} path
 * @param {Record<string, any>} query
 * @param {{ signal?: AbortSignal, quiet?: boolean, keep?: boolean }} options
 * @returns {Promise<import("./answers.d.ts").GetAnswer<P>>}
 */
export async function get(path, query = {}, { signal: abort, quiet = false, keep: kept = true } = {}) {
  const address = href(path, query);
  const known = answers.get(address);
  /** @type {Record<string, string>} */
  const headers = known ? { "If-None-Match": known.etag } : {};
  const answer = await send(address, { headers, signal: abort }, quiet);
  if (answer.status === 304) return known ? known.data : /** @type {any} */ (null);
  const data = await answer.json();
  if (kept) keep(address, answer.headers.get("ETag"), data);
  return data;
}

/**
 * Change or compute something. Raises ApiError. null if nothing changed since the answer with the body's `etag`.
 * @template {string} P
 * @param {P} path
 * @param {import("./answers.d.ts").Body<P>} body
 * @param {{ signal?: AbortSignal, quiet?: boolean, query?: Record<string, any>, keepalive?: boolean }} options
 * @returns {Promise<P extends import("./answers.d.ts").Binary ? ArrayBuffer : import("./answers.d.ts").PostAnswer<P>>}
 */
export async function post(path, body, { signal: abort, quiet = false, query = {}, keepalive = false } = {}) {
  await asking;
  const options = { method: "POST", body: JSON.stringify(body), signal: abort, keepalive };
  const answer = await send(href(path, query), options, quiet);
  if (answer.status === 304) return /** @type {any} */ (null);
  const json = answer.headers.get("Content-Type")?.includes("json");
  return /** @type {any} */ (json ? answer.json() : answer.arrayBuffer());
}

/**
 * @param {string} address
 * @param {Omit<RequestInit, "headers"> & { headers?: Record<string, string> }} options
 * @param {boolean} quiet
 */
async function send(address, options, quiet) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...options.headers };
  if (options.method === "POST") {
    headers["Content-Type"] = "application/json";
    headers["X-CSRF-Token"] = session.peek().csrf ?? "";
  }
  if (!quiet) waiting.value += 1;
  try {
    let answer = await reach(address, { ...options, headers });
    if (answer.status === 403 && options.method === "POST" && (await isOther(headers["X-CSRF-Token"]))) {
      headers["X-CSRF-Token"] = session.peek().csrf ?? "";
      answer = await reach(address, { ...options, headers });
    }
    if (answer.ok || answer.status === 304) return answer;
    throw await fault(answer);
  } finally {
    if (!quiet) waiting.value -= 1;
  }
}

/** Whether the session is another one by now: another tab logged in, or the server was started anew. */
async function isOther(token) {
  await startSession();
  return session.peek().csrf !== token;
}

async function reach(address, options) {
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.value = "down";
    throw new ApiError("unreachable", { status: 0 });
  }
  connection.value = answer.status === 401 ? "closed" : "up";
  return answer;
}

async function fault(answer) {
  const body = await answer.json().catch(() => null);
  const { message = `${answer.status} ${answer.statusText}`, ...rest } = body?.error ?? {};
  return new ApiError(message, { status: answer.status, ...rest });
}

function keep(address, etag, data) {
  answers.delete(address);
  if (!etag) return;
  answers.set(address, { etag, data });
  if (answers.size > 60) answers.delete([...answers.keys()][0]);
}

/**
 * Data that follows the disk: asked now, and again every few milliseconds while the page is live and seen.
 * `path` null asks nothing. Returns `data` (of the last good answer), `error`, `loading`, and `reload`.
 * @template {string} P
 * @typedef {{ address: string | null, data: import("./answers.d.ts").GetAnswer<P> | null, error: ApiError | null, loading: boolean }} Live
 */

/**
 * @template {string} P
 * @param {P | null | ""} path
 * @param {Record<string, any>} query
 */
export function useLive(path, query = {}, { every = 4000 } = {}) {
  const [state, setState] = useState(/** @type {Live<P>} */ ({ address: null, data: null, error: null, loading: true }));
  const address = path ? href(path, query) : null;
  const ask = useRef(/** @type {(quiet: boolean, abort?: AbortSignal) => Promise<void>} */ (async () => {}));
  ask.current = async (quiet, abort) => {
    if (!path) return;
    try {
      const data = await get(path, query, { signal: abort, quiet });
      setState((old) => (old.data === data && !old.error ? old : { address, data, error: null, loading: false }));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof ApiError)) throw error;
      // A server that restarts is said in the header; what was there stays.
      setState((old) => (error.status === 0 && old.data ? old : { ...old, address, error, loading: false }));
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    setState((old) => ({ ...old, data: old.address === address ? old.data : null, error: null, loading: true }));
    ask.current(false, abort.signal);
    const stop = repeat(() => ask.current(true, abort.signal), every);
    return () => {
      stop();
      abort.abort();
    };
  }, [address, every]);
  const reload = useCallback(() => ask.current(false), []);
  const fresh = state.address === address || state.address === null;
  return { ...(fresh ? state : { address, data: null, error: null, loading: true }), reload };
}

/** Call `act` every few milliseconds while the page is live and seen, and when it is seen again. Returns what stops it. */
export function repeat(act, every) {
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const turn = async () => {
    clearTimeout(timer);
    if (stopped) return;
    if (live.peek() && !document.hidden) await act();
    if (!stopped) timer = setTimeout(turn, connection.peek() === "down" ? Math.min(every, 1500) : every);
  };
  const seen = () => document.hidden || turn();
  timer = setTimeout(turn, every);
  document.addEventListener("visibilitychange", seen);
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}

