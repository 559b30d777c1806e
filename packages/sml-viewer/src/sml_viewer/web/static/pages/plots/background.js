// Figures drawn by the server every AUTO_PLOTTING_INTERVAL seconds.
import { href, useLive } from "../../lib/api.js";
import { configuration, option } from "../../lib/config.js";
import { ago, moment } from "../../lib/format.js";
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";

export function Background() {
  const [shownTimes, setShownTimes] = useState({});
  const name = configuration.value?.name;
  const { data } = useLive(name === undefined ? null : "/api/v1/drawn", { config: name }, { every: 5000 });
  if (!data) return null;
  // Without PLOTTING_AUTO_REFRESH_PAGE the shown figure stays until the user requests the newer one.
  const refresh = option("PLOTTING_AUTO_REFRESH_PAGE", false);
  const timeOf = (each) => (refresh ? each.time : (shownTimes[each.name] ??= each.time));
  return html`<section class="background">
    <h3 aria-level="2">${t("auto.title")}</h3>
    ${data.error && html`<p class="error">${data.error}</p>`}
    ${data.turned_away && html`<p class="error">${t("auto.most", { n: data.turned_away })}</p>`}
    ${!data.figures.length && !data.error && html`<p class="faint">${t("auto.soon")}</p>`}
    ${data.figures.map((each) => html`<figure key=${each.name}>
      <img class="paper" src=${href("/api/v1/drawn/file", { config: name, name: each.name, at: timeOf(each) })} alt=${each.name} />
      <figcaption class="faint" title=${moment(each.time)}>${each.name} · ${t("auto.drawn", { ago: ago(timeOf(each)) })}
        ${timeOf(each) < each.time && html`<button type="button" class="link" onClick=${() => setShownTimes({ ...shownTimes, [each.name]: each.time })}>${t("auto.newer")}</button>`}</figcaption>
    </figure>`)}
  </section>`;
}
