// What the server draws by itself, every AUTO_PLOTTING_INTERVAL seconds.
import { href, useLive } from "../../lib/api.js";
import { configuration } from "../../lib/config.js";
import { ago, moment } from "../../lib/format.js";
import { html } from "../../lib/ui.js";
import { t } from "../../lib/words.js";

export function Background() {
  const name = configuration.value?.name;
  const { data } = useLive(name && "/api/drawn", { config: name }, { every: 5000 });
  if (!data) return null;
  return html`<section class="background">
    <h3>${t("auto.title")}</h3>
    ${data.error && html`<p class="error">${data.error}</p>`}
    ${data.turned_away && html`<p class="error">${t("auto.most", { n: data.turned_away })}</p>`}
    ${!data.figures.length && !data.error && html`<p class="faint">${t("auto.soon")}</p>`}
    ${data.figures.map((each) => html`<figure key=${each.name}>
      <img class="paper" src=${href("/api/drawn/file", { config: name, name: each.name, at: each.time })} alt=${each.name} />
      <figcaption class="faint" title=${moment(each.time)}>${each.name} · ${t("auto.drawn", { ago: ago(each.time) })}</figcaption>
    </figure>`)}
  </section>`;
}
