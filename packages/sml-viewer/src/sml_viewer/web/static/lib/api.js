// HTTP client: JSON, ETags, the CSRF token, polling, and errors.
import { signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { basePath } from "./base_path.js";
import { firstAnswer, forgetAnswers } from "./first_answers.js";
import { t } from "./i18n.js";
import { storedSignal } from "./local_storage.js";
import { route } from "./route.js";

/** Number of requests in flight that the user waits for. */
export const pendingRequests = signal(0);

/** "up", "down" (no answer; polling continues) or "closed" (the session ended: log in again). */
export const connection = signal("up");

/** Whether the page follows changes on disk. */
export const live = storedSignal("live", true);

/** An error answer of the server. `where`: column of the mistake in the typed text, from 1. */
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

/** The session: `user`, `login`, `csrf`, `title`, `version`, and `data` with its `roots`. */
export const session = signal(/** @type {Partial<import("./answers.d.ts").SessionAnswer>} */ ({}));

/** @type {Promise<import("./answers.d.ts").SessionAnswer> | undefined} */
let sessionRequest;

/** Fetch the session and the state of a data path, by default the one in the address. */
export function startSession(path = route.peek().query.get("path") ?? "") {
  sessionRequest = get("/api/v1/session", { data: path }, { keep: false }).then((answer) => (session.value = answer));
  return sessionRequest;
}

/** @type {Map<string, { etag: string, data: any }>} */
const answers = new Map(); // address -> { etag, data }, the latest few

/**
 * The URL of a request, with the data path of the page.
 * @param {string} path
 * @param {Record<string, any>} query
 */
export function href(path, query = {}) {
  const address = new URL(basePath + path, location.origin);
  const dataPath = route.peek().query.get("path");
  if (dataPath && !("data" in query)) address.searchParams.set("data", dataPath);
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) {
      if (each !== null && each !== undefined && each !== "") address.searchParams.append(name, each);
    }
  }
  return address.pathname + address.search;
}

/**
 * Fetch JSON; returns the same object as before if nothing changed. Throws ApiError.
 * With `keep: false` the answer is not cached, and null means that nothing changed.
 * @template {string} P
 * @param {P} path
 * @param {Record<string, any>} query
 * @param {{ signal?: AbortSignal, quiet?: boolean, keep?: boolean }} options
 * @returns {Promise<import("./answers.d.ts").GetAnswer<P>>}
 */
export async function get(path, query = {}, { signal: abort, quiet = false, keep = true } = {}) {
  const known = firstAnswer(path, query);
  if (known !== undefined) return known;
  const address = href(path, query);
  const cached = answers.get(address);
  /** @type {Record<string, string>} */
  const headers = cached ? { "If-None-Match": cached.etag } : {};
  const answer = await send(address, { headers, signal: abort }, quiet);
  if (answer.status === 304) return cached ? cached.data : /** @type {any} */ (null);
  const data = await answer.json();
  if (keep) cacheAnswer(address, answer.headers.get("ETag"), data);
  return data;
}

/**
 * Change or compute something. Throws ApiError. Returns null if nothing changed since the answer with the body's `etag`.
 * @template {string} P
 * @param {P} path
 * @param {import("./answers.d.ts").Body<P>} body
 * @param {{ signal?: AbortSignal, quiet?: boolean, query?: Record<string, any>, keepalive?: boolean }} options
 * @returns {Promise<P extends import("./answers.d.ts").Binary ? ArrayBuffer : import("./answers.d.ts").PostAnswer<P>>}
 */
export async function post(path, body, { signal: abort, quiet = false, query = {}, keepalive = false } = {}) {
  await sessionRequest;
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
  if (!quiet) pendingRequests.value += 1;
  try {
    let answer = await fetchAnswer(address, { ...options, headers });
    if (answer.status === 403 && options.method === "POST" && (await isNewSession(headers["X-CSRF-Token"]))) {
      headers["X-CSRF-Token"] = session.peek().csrf ?? "";
      answer = await fetchAnswer(address, { ...options, headers });
    }
    if (answer.ok || answer.status === 304) return answer;
    throw await errorOf(answer);
  } finally {
    if (!quiet) pendingRequests.value -= 1;
  }
}

/** Whether the session has been replaced: another tab logged in, or the server was restarted. */
async function isNewSession(token) {
  forgetAnswers();
  await startSession();
  return session.peek().csrf !== token;
}

async function fetchAnswer(address, options) {
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.value = "down";
    throw new ApiError(t("live.lost"), { status: 0 });
  }
  answeredAt = performance.now();
  connection.value = answer.status === 401 ? "closed" : isOfProxy(answer) ? "down" : "up";
  return answer;
}

/** Whether a proxy answers that it does not reach the server, which itself never answers so. */
const isOfProxy = (answer) => answer.status === 502 || answer.status === 504;

// When the server answered last, and how long a silence may be before it is asked whether it is there, in milliseconds.
let answeredAt = 0;
const MOST_SILENCE = 1500;
const MOST_WAIT = 10000;

/** Notice within three seconds that the server is gone, also while nothing is fetched from it. */
export function watchServer() {
  let pending = false;
  setInterval(async () => {
    if (pending || document.hidden || performance.now() - answeredAt < MOST_SILENCE) return;
    pending = true;
    try {
      const answer = await fetch(`${basePath}/static/icon.svg`, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(MOST_WAIT) });
      answeredAt = performance.now();
      if (isOfProxy(answer)) connection.value = "down";
      else if (connection.peek() === "down") connection.value = "up";
    } catch {
      connection.value = "down";
    } finally {
      pending = false;
    }
  }, 500);
}

async function errorOf(answer) {
  const body = await answer.json().catch(() => null);
  const { message = `${answer.status} ${answer.statusText}`, ...rest } = body?.error ?? {};
  return new ApiError(message, { status: answer.status, ...rest });
}

function cacheAnswer(address, etag, data) {
  answers.delete(address);
  if (!etag) return;
  answers.set(address, { etag, data });
  if (answers.size > 60) answers.delete([...answers.keys()][0]);
}

/**
 * Data that follows the disk: fetched now, and again every `every` milliseconds while the page is live and visible.
 * With `path` null nothing is fetched. Returns `data` (of the last good answer), `error`, `loading`, and `reload`.
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
  const request = useRef(/** @type {(quiet: boolean, abort?: AbortSignal) => Promise<void>} */ (async () => {}));
  request.current = async (quiet, abort) => {
    if (!path) return;
    try {
      const data = await get(path, query, { signal: abort, quiet });
      setState((old) => (old.data === data && !old.error ? old : { address, data, error: null, loading: false }));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof ApiError)) throw error;
      // The header reports a server that restarts; the old data stay.
      setState((old) => (error.status === 0 && old.data ? old : { ...old, address, error, loading: false }));
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    setState((old) => ({ ...old, data: old.address === address ? old.data : null, error: null, loading: true }));
    request.current(false, abort.signal);
    const stop = repeat(() => request.current(true, abort.signal), every);
    return () => {
      stop();
      abort.abort();
    };
  }, [address, every]);
  const reload = useCallback(() => request.current(false), []);
  const fresh = state.address === address || state.address === null;
  return { ...(fresh ? state : { address, data: null, error: null, loading: true }), reload };
}

/** Call `act` every `every` milliseconds while the page is live and visible, and when it becomes visible. Returns a function that stops it. */
export function repeat(act, every) {
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const tick = async () => {
    clearTimeout(timer);
    if (stopped) return;
    if (live.peek() && !document.hidden) await act();
    if (!stopped) timer = setTimeout(tick, connection.peek() === "down" ? Math.min(every, 1500) : every);
  };
  const onVisibilityChange = () => document.hidden || tick();
  timer = setTimeout(tick, every);
  document.addEventListener("visibilitychange", onVisibilityChange);
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisibilityChange);
  };
}

