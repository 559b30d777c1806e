// Caption of a figure or table: a few lines, and all statements under "more".
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";

const FOLDED = 2; // lines

/** The first `folded` lines of `caption`; `details` has a line for each statement, also for those that the caption shortens. */
export function Caption({ caption, details = caption, folded = FOLDED }) {
  const [expanded, setExpanded] = useState(false);
  const lines = caption.split("\n");
  const shortened = lines.length > folded || details.split("\n").some((line) => !caption.includes(line));
  return html`<div class="caption">
    ${(expanded ? details.split("\n") : lines.slice(0, folded)).map((line, index) => html`<p key=${index}>${line}</p>`)}
    ${shortened && html`<button type="button" class="link" aria-expanded=${expanded} onClick=${() => setExpanded(!expanded)}>${t(expanded ? "caption.less" : "caption.more")}</button>`}
  </div>`;
}
