// One editor at three addresses, 绘图参数, 对比绘图 and 表格统计: the settings beside a preview that stays in sight.
import { requestBody } from "../../lib/config.js";
import { useCompute } from "../../lib/compute.js";
import { storedSignal } from "../../lib/local_storage.js";
import { route } from "../../lib/route.js";
import { classes, html, useEffect, useRef } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Icon } from "../../widgets/icon.js";
import { Progress } from "../../widgets/states.js";
import { queryError } from "../querybox.js";
import { partOf } from "../routes.js";
import { Figures } from "../plots/plot.js";
import { useOptions } from "../plots/form.js";
import { Tables } from "../tables/table.js";
import { Settings } from "./settings.js";

/** Whether the preview is unfolded; on a narrow window only, since beside the settings it always is. */
const unfolded = storedSignal("editor.preview", true);

export default function Editor() {
  const tab = partOf(route.value.path)?.path ?? "/plot";
  const options = useOptions();
  // What is edited comes first: the counts of the rules, or the figure.
  const rules = tab === "/param_adjust";
  const { data: counts, error } = useCompute("/api/v1/counts", { limit: 100 }, { delay: rules ? 0 : 250 });
  useEffect(() => {
    if (error?.where) queryError.value = error;
  }, [error]);
  if (!requestBody.value || !options) return html`<${Progress} />`;
  return html`<div class="editor">
    <${Settings} tab=${tab} options=${options} counts=${counts} error=${error} />
    <${Preview} table=${tab === "/table"} delay=${rules ? 350 : 0} />
  </div>`;
}

/** Figures or tables; both stay mounted once they were shown, so that they are there at once when one comes back. */
function Preview({ table, delay }) {
  const seen = useRef({ figures: false, tables: false }).current;
  seen[table ? "tables" : "figures"] = true;
  const open = unfolded.value;
  return html`<div class=${classes("preview-pane", { folded: !open })} id="preview">
    <button type="button" class="peek" aria-expanded=${open} aria-controls="preview-body" onClick=${() => (unfolded.value = !open)}><${Icon} name=${open ? "down" : "up"} />${t("preview")}</button>
    <div class="body" id="preview-body">
      ${seen.figures && html`<${Figures} shown=${!table} delay=${delay} />`}
      ${seen.tables && html`<${Tables} shown=${table} />`}
    </div>
  </div>`;
}
