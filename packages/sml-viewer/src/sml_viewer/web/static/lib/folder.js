// The shown data folder: the one in the address, once the server has accepted it.
import { get, startSession } from "./api.js";
import { setParams } from "./route.js";
import { signal } from "./ui.js";

/** A folder that was asked for and is not shown: `path` and `fault`, why not; null where there is none. */
export const refused = signal(null);

/** Show a folder, "" for those that the page was started with; these are shown too where the server refuses it. */
export async function showFolder(path) {
  const { data } = await startSession(path);
  const shown = path && data.fault ? "" : path;
  refused.value = shown === path ? null : { path, fault: data.fault };
  if (shown !== path) await startSession(shown);
  setParams({ path: shown });
}

/** Why a folder cannot be shown, or null. */
export async function faultOf(path) {
  const { data } = await get("/api/v1/session", { data: path }, { keep: false });
  return data.fault;
}

/** Say again, in the language that is shown now, why a folder is not shown. */
export async function retellRefusal() {
  const path = refused.peek()?.path;
  if (path) refused.value = { path, fault: await faultOf(path) };
}
