// A card of 绘图参数; one that is rarely used is folded until it is opened or has values.
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";

/** `head` stands beside the title; `fold`: folded at first; `name` is the option that the card edits. */
export function Card({ id, title, name = undefined, head = null, fold = false, children }) {
  const [folded] = useState(fold); // what is edited stays open
  const body = html`<div class="body">${children}</div>`;
  if (!folded) return html`<section class="panel" id=${id}><header title=${name}><h2>${t(title)}</h2>${head}</header>${body}</section>`;
  return html`<details class="panel folded" id=${id}><summary title=${name}><h2>${t(title)}</h2>${head}</summary>${body}</details>`;
}
