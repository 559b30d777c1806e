// Field for PLOT_LOG_PATH.
import { ApiError, session } from "../../lib/api.js";
import { option, setOptions } from "../../lib/config.js";
import { folderError, refused, showFolder } from "../../lib/folder.js";
import { param } from "../../lib/route.js";
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { TextField } from "../../widgets/field.js";

export function PathField() {
  const [error, setError] = useState(null);
  const roots = session.value.data?.roots ?? [];
  const onChange = async (typed) => {
    const path = typed.trim();
    try {
      // Checked first: a wrong folder is reported here and not set.
      const fault = path ? await folderError(path) : null;
      setError(fault);
      if (fault) return;
      setOptions({ PLOT_LOG_PATH: path || undefined });
      await showFolder(path);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      setError([fault.message, fault.remedy].filter(Boolean).join(" — "));
    }
  };
  const configured = option("PLOT_LOG_PATH", "");
  const value = param("path") || (refused.value?.path === configured ? configured : "");
  return html`<div class="logpath" id="logpath">
    <${TextField} label=${t("plot.path")} title="PLOT_LOG_PATH" class="path" value=${value} placeholder=${roots.join(", ")} error=${error} onChange=${onChange} />
  </div>`;
}
