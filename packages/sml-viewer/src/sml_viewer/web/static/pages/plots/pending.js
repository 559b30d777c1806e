// State of a pending or failed computation: runs are still being read, or an error.
import { useLive } from "../../lib/api.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Failed, Progress } from "../../widgets/states.js";

/** Shown in place of an answer: indexing progress, or `error`, with further help in `children`. */
export function Unavailable({ error, children = null }) {
  const { data } = useLive(error.status === 200 ? "/api/v1/session" : null, {}, { every: 1000 });
  const indexing = data?.data.indexing;
  if (indexing && !indexing.ready) return html`<${Progress} label=${t("reading")} done=${indexing.done} total=${indexing.total} />`;
  return html`<${Failed} error=${error}>${children}<//>`;
}
