// Choose the data folder, PLOT_LOG_PATH.
import { ApiError, get, session } from "../lib/api.js";
import { configuration, setOptions } from "../lib/config.js";
import { folderError, showFolder } from "../lib/folder.js";
import { param, setParams } from "../lib/route.js";
import { html, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "../widgets/button.js";
import { openDialog } from "../widgets/dialog.js";
import { TextField } from "../widgets/field.js";

/** Let the person choose; the address then holds the folder. */
export async function changeDataPath() {
  const chosen = await openDialog(t("data.change"), Choice);
  if (chosen === null) return;
  setParams({ path: chosen, run: null }, { replace: false });
  await showFolder(chosen);
  // Where nothing else would be shown tomorrow, it is kept as if it were set in the plots.
  if (!session.peek().data?.roots.length && configuration.peek()) setOptions({ PLOT_LOG_PATH: chosen || undefined });
}

function Choice({ done }) {
  const { roots = [], changeable = false } = session.value.data ?? {};
  const [error, setError] = useState(null);
  const [folders, setFolders] = useState([]);
  const typed = useRef(param("path"));
  const finish = async (event) => {
    event.preventDefault();
    // Asked with the new path before it is shown: a wrong one is said here.
    try {
      const fault = typed.current ? await folderError(typed.current) : null;
      if (fault) setError(fault);
      else done(typed.current);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      setError([fault.message, fault.remedy].filter(Boolean).join(" — "));
    }
  };
  const type = async (text) => {
    typed.current = text.trim();
    setError(null);
    setFolders(await foldersNear(typed.current));
  };
  return html`<form onSubmit=${finish}>
    <${TextField}
      label="PLOT_LOG_PATH" value=${param("path")} placeholder=${roots.join(", ")} autofocus class="path"
      list="folders" hint=${changeable ? t("data.any") : t("data.inside", { folders: roots.join(", ") })}
      error=${error} onInput=${type}
    />
    <datalist id="folders">${folders.map((each) => html`<option key=${each} value=${each} />`)}</datalist>
    <footer>
      ${param("path") && roots.length > 0 && html`<${Button} onClick=${() => done("")}>${t("data.back")}<//>`}
      <button type="submit" class="button primary">${t("data.show")}</button>
    </footer>
  </form>`;
}

/** The folders that may follow what was typed. */
async function foldersNear(text) {
  const parent = text.slice(0, text.lastIndexOf("/") + 1);
  const { roots = [], changeable = false } = session.value.data ?? {};
  if (!parent || !(changeable || roots.some((root) => parent.startsWith(root)))) return [];
  try {
    const found = await get("/api/v1/folders", { path: parent }, { quiet: true });
    return found.folders.map((name) => `${parent}${name}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return []; // no such folder, or not to be looked into: the answer to the whole path says so
  }
}
