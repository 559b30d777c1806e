// PLOT_LOG_PATH, the first thing that the tutorial asks for.
import { get, session, startSession } from "../../lib/api.js";
import { setOptions } from "../../lib/config.js";
import { param } from "../../lib/route.js";
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/words.js";
import { TextField } from "../../widgets/field.js";

export function PathField() {
  const [error, setError] = useState(null);
  const roots = session.value.data?.roots ?? [];
  const change = async (typed) => {
    const path = typed.trim();
    try {
      // Asked with the new folder before it is taken over: a wrong one is said here.
      if (path) await get(`/api/v1/session?data=${encodeURIComponent(path)}`);
      setError(null);
      setOptions({ PLOT_LOG_PATH: path || undefined });
      await startSession();
    } catch (fault) {
      setError([fault.message, fault.remedy].filter(Boolean).join(" — "));
    }
  };
  return html`<div class="logpath">
    <${TextField} label=${t("plot.path")} class="path" value=${param("path")} placeholder=${roots.join(", ")} error=${error} onChange=${change} />
  </div>`;
}
