// Empty states, errors and badges.
import { html } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** An empty state; `children` say what to do. */
export function Empty({ icon = "search", title, children }) {
  return html`<section class="empty">
    <span class="mark"><${Icon} name=${icon} size="24" /></span>
    <h2>${title}</h2>
    <div class="remedy">${children}</div>
  </section>`;
}

/** A failed request, with its remedy, a button to retry, and further help in `children`. */
export function Failed({ error, retry, children }) {
  const message = error.status === 0 ? t("down") : error.message;
  return html`<section class="empty" role="alert">
    <span class="mark"><${Icon} name="warning" size="24" /></span>
    <h2>${message}</h2>
    <div class="remedy">
      ${error.remedy && html`<p>${error.remedy}</p>`}
      ${retry && html`<p><${Button} icon="refresh" onClick=${retry}>${t("retry")}<//></p>`}
      ${children}
    </div>
  </section>`;
}

/** Progress of some work; appears only after a moment. */
export function Progress({ label = t("loading"), done, total }) {
  const known = total > 0;
  return html`<div class="progress" role="status">
    <span>${label}</span>
    ${known
      ? html`<progress value=${done} max=${total} aria-label=${label} />`
      : html`<progress aria-label=${label} />`}
  </div>`;
}

/** The state of a run: a shape, a colour and a word. */
export function Status({ value, word = true }) {
  const label = t(`status.${value}`);
  return html`<span class="status" data-status=${value} title=${word ? undefined : label}>
    <i aria-hidden="true"></i>${word ? label : html`<span class="unseen">${label}</span>`}
  </span>`;
}
