// Which folder is shown: PLOT_LOG_PATH.
import { get, session, startSession } from "../lib/api.js";
import { param, setParams } from "../lib/route.js";
import { html, useRef, useState } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { Button } from "../widgets/button.js";
import { ask } from "../widgets/dialog.js";
import { TextField } from "../widgets/field.js";

/** Let the person choose; the address then holds the folder. */
export async function changeDataPath() {
  const chosen = await ask(t("data.change"), Choice);
  if (chosen === null) return;
  setParams({ path: chosen, run: null }, { replace: false });
  await startSession();
}

function Choice({ done }) {
  const { roots = [], changeable = false } = session.value.data ?? {};
  const [error, setError] = useState(null);
  const typed = useRef(param("path"));
  const finish = async (event) => {
    event.preventDefault();
    try {
      // Asked with the new path before it is shown: a wrong one is said here.
      if (typed.current) await get(`/api/session?data=${encodeURIComponent(typed.current)}`);
      done(typed.current);
    } catch (fault) {
      setError(fault);
    }
  };
  return html`<form onSubmit=${finish}>
    <${TextField}
      label="PLOT_LOG_PATH" value=${param("path")} placeholder=${roots.join(", ")} autofocus class="path"
      hint=${changeable ? t("data.any") : t("data.inside", { folders: roots.join(", ") })}
      error=${error && [error.message, error.remedy].filter(Boolean).join(" — ")}
      onInput=${(text) => (typed.current = text.trim())}
    />
    <footer>
      ${param("path") && roots.length > 0 && html`<${Button} onClick=${() => done("")}>${t("data.back")}<//>`}
      <button type="submit" class="button primary">${t("data.show")}</button>
    </footer>
  </form>`;
}
