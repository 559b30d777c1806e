// Caption of a figure or table: a few lines, and all statements under "more".
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";

/** `caption` has at most eight lines; `details` has a line for each statement, also those that the caption shortens. */
export function Caption({ caption, details = caption }) {
  const [whole, setWhole] = useState(false);
  const more = details.split("\n").some((line) => !caption.includes(line));
  return html`<div class="caption">
    ${(whole ? details : caption).split("\n").map((line, place) => html`<p key=${place}>${line}</p>`)}
    ${more && html`<button type="button" class="link" aria-expanded=${whole} onClick=${() => setWhole(!whole)}>${t(whole ? "caption.less" : "caption.more")}</button>`}
  </div>`;
}
