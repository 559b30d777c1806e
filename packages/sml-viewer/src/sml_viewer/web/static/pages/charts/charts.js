// 曲线: all metrics of the shown runs, single or in groups, beside the list of their lines.
import { addressOf } from "../../lib/route.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Wall, requestWall } from "./wall.js";
import { Unavailable } from "../plots/pending.js";

export const request = requestWall;

export default function Charts() {
  return html`<${Wall} empty=${(error) => html`<${Unavailable} error=${error}><p><a href=${addressOf("/experiment")}>${t("tab.experiment")}</a></p><//>`} />`;
}
