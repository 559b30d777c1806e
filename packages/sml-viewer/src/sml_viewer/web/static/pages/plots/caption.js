// Caption of a figure or table: a few lines, and all statements under "more".
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";

/** `caption` has at most eight lines; `details` has a line for each statement, also for those that the caption shortens. */
export function Caption({ caption, details = caption }) {
  const [expanded, setExpanded] = useState(false);
  const shortened = details.split("\n").some((line) => !caption.includes(line));
  return html`<div class="caption">
    ${(expanded ? details : caption).split("\n").map((line, index) => html`<p key=${index}>${line}</p>`)}
    ${shortened && html`<button type="button" class="link" aria-expanded=${expanded} onClick=${() => setExpanded(!expanded)}>${t(expanded ? "caption.less" : "caption.more")}</button>`}
  </div>`;
}
