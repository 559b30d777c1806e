// Filter bar with the number of runs of each filter.
import { count } from "../../lib/format.js";
import { setParams } from "../../lib/route.js";
import { setViewState } from "../../lib/view_state.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";

const ALWAYS = ["all", "running", "finished", "failed", "silent"];
const SOMETIMES = ["unknown", "new", "hidden", "earlier"]; // if there are any

export function FilterBar({ rowsByFilter, missing, current }) {
  const names = [...ALWAYS, ...SOMETIMES.filter((name) => rowsByFilter[name].length || name === current)];
  return html`<div class="strip" role="group" aria-label=${t("filter.title")}>
    ${names.map(
      (name) => html`<button
        type="button" data-filter=${name} aria-pressed=${name === current}
        onClick=${() => setViewState({ show: name === "all" ? "" : name })}
      >${t(`filter.${name}`)} <b class=${rowsByFilter[name].length ? "" : "none"}>${count(rowsByFilter[name].length)}</b></button>`,
    )}
    ${missing > 0 &&
    html`<button type="button" data-filter="missing" onClick=${() => setParams({ view: "coverage" }, { replace: false })}
      >${t("filter.missing")} <b>${count(missing)}</b></button>`}
  </div>`;
}
