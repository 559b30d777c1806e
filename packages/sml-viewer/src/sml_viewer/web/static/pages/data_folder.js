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

/** Let the user choose a folder and put it into the address. */
export async function changeDataPath() {
  const chosen = await openDialog(t("data.change"), Choice);
  if (chosen === null) return;
  setParams({ path: chosen, run: null }, { replace: false });
  await showFolder(chosen);
  // Without other folders the choice would be lost, so it is saved in the plot configuration.
  if (!session.peek().data?.roots.length && configuration.peek()) setOptions({ PLOT_LOG_PATH: chosen || undefined });
}

function Choice({ done }) {
  const { roots = [], changeable = false } = session.value.data ?? {};
  const [error, setError] = useState(null);
  const [folders, setFolders] = useState([]);
  const typed = useRef(param("path"));
  const submit = async (event) => {
    event.preventDefault();
    // Checked first: a wrong folder is reported here.
    try {
      const fault = typed.current ? await folderError(typed.current) : null;
      if (fault) setError(fault);
      else done(typed.current);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      setError([fault.message, fault.remedy].filter(Boolean).join(" — "));
    }
  };
  const suggest = async (text) => {
    typed.current = text.trim();
    setError(null);
    setFolders(await foldersNear(typed.current));
  };
  return html`<form onSubmit=${submit}>
    <${TextField}
      label="PLOT_LOG_PATH" value=${param("path")} placeholder=${roots.join(", ")} autofocus class="path"
      list="folders" hint=${changeable ? t("data.any") : t("data.inside", { folders: roots.join(", ") })}
      error=${error} onInput=${suggest}
    />
    <datalist id="folders">${folders.map((each) => html`<option key=${each} value=${each} />`)}</datalist>
    <footer>
      ${param("path") && roots.length > 0 && html`<${Button} onClick=${() => done("")}>${t("data.back")}<//>`}
      <button type="submit" class="button primary">${t("data.show")}</button>
    </footer>
  </form>`;
}

/** The folders that may complete the typed text. */
async function foldersNear(text) {
  const parent = text.slice(0, text.lastIndexOf("/") + 1);
  const { roots = [], changeable = false } = session.value.data ?? {};
  if (!parent || !(changeable || roots.some((root) => parent.startsWith(root)))) return [];
  try {
    const answer = await get("/api/v1/folders", { path: parent }, { quiet: true });
    return answer.folders.map((name) => `${parent}${name}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return []; // missing or refused: checking the whole path reports it
  }
}
