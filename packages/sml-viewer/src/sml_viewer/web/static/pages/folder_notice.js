// Notice about a requested data folder that is not shown: reason, what is shown instead, and actions.
import { session } from "../lib/api.js";
import { configuration, option, setOptions } from "../lib/config.js";
import { refused } from "../lib/folder.js";
import { html } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "../widgets/button.js";
import { changeDataPath } from "./data_folder.js";

export function RefusedFolder() {
  const found = refused.value;
  if (!found) return null;
  const folders = (session.value.data?.roots ?? []).join(", ");
  const kept = option("PLOT_LOG_PATH") === found.path;
  const forget = () => {
    if (kept) setOptions({ PLOT_LOG_PATH: undefined });
    refused.value = null;
  };
  return html`<div class="banner refused" role="alert">
    <p>${t("data.refused", { fault: found.fault })} ${folders && t("data.instead", { folders })}</p>
    <${Button} icon="folder" onClick=${changeDataPath}>${t("data.change")}<//>
    <${Button} icon="close" onClick=${forget}>${kept ? t("data.forget", { name: configuration.value?.name }) : t("close")}<//>
  </div>`;
}
