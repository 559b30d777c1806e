// Notice about a requested data folder that is not shown: reason, what is shown instead, and actions.
import { session } from "../lib/api.js";
import { configuration, option, setOptions } from "../lib/config.js";
import { refused } from "../lib/folder.js";
import { html } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "../widgets/button.js";
import { changeDataPath } from "./data_folder.js";

export function RefusedFolder() {
  const refusal = refused.value;
  if (!refusal) return null;
  const folders = (session.value.data?.roots ?? []).join(", ");
  const isSaved = option("PLOT_LOG_PATH") === refusal.path;
  const dismiss = () => {
    if (isSaved) setOptions({ PLOT_LOG_PATH: undefined });
    refused.value = null;
  };
  return html`<div class="banner refused" role="alert">
    <p>${t("data.refused", { fault: refusal.fault })} ${folders && t("data.instead", { folders })}</p>
    <${Button} icon="folder" onClick=${changeDataPath}>${t("data.change")}<//>
    <${Button} icon="close" onClick=${dismiss}>${isSaved ? t("data.forget", { name: configuration.value?.name }) : t("close")}<//>
  </div>`;
}
