// The shown data folder: the one in the address, once the server has accepted it.
import { get, startSession } from "./api.js";
import { setParams } from "./route.js";
import { signal } from "./ui.js";

/** The requested folder if the server refused it: `path` and the reason, `fault`; else null. */
export const refused = signal(null);

/** Show a folder; "" for the folders that the page was started with, which are also shown if the server refuses `path`. */
export async function showFolder(path) {
  const { data } = await startSession(path);
  const shown = path && data.fault ? "" : path;
  refused.value = shown === path ? null : { path, fault: data.fault };
  if (shown !== path) await startSession(shown);
  setParams({ path: shown });
}

/** The reason why a folder cannot be shown, or null. */
export async function folderError(path) {
  const { data } = await get("/api/v1/session", { data: path }, { keep: false });
  return data.fault;
}

/** Fetch the reason of a refusal again, after a change of the language. */
export async function refreshRefusal() {
  const path = refused.peek()?.path;
  if (path) refused.value = { path, fault: await folderError(path) };
}
