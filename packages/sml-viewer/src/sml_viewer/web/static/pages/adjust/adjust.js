// Cards of rules, keys, names and orders, with the runs that they leave.
import { ApiError, post } from "../../lib/api.js";
import { requestBody } from "../../lib/config.js";
import { html, useState } from "../../lib/ui.js";
import { nameText, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Importance as ImportanceTable } from "../hyperparameters/importance.js";
import { ColourField } from "../plots/curve_colour.js";
import { Card } from "./card.js";
import { LegendOrder, Merge, Order, Separators } from "./keys.js";
import { AlgorithmNames, OtherNames } from "./names.js";
import { Rules } from "./rules.js";
import { RunLists } from "./runlists.js";

const swatch = (style) => html`<${ColourField} name=${style.name} colour=${style.colour} dashes=${style.dashes} />`;

/** Which runs are drawn, as what, in which order. */
export function Cards({ counts, error }) {
  if (!counts.runs.all) return html`<p class="soft">${t("none.yet")}</p>`;
  return html`${error && !error.where && html`<p class="banner" role="alert">${error.message}</p>`}
    <${Warnings} counts=${counts} />
    <${Rules} counts=${counts} />
    <${RunLists} counts=${counts} />
    <${Merge} counts=${counts} />
    <${AlgorithmNames} counts=${counts} />
    <${Order} counts=${counts} swatch=${swatch} />
    <${LegendOrder} counts=${counts} swatch=${swatch} />
    <${Separators} counts=${counts} />
    <${OtherNames} id="columns" name="DATA_KEY_RENAME_CONFIG" title="columnnames" help="columnnames.what" options=${counts.all_columns} />
    <${OtherNames} id="parameters" name="DATA_PARAMETER_RENAME_CONFIG" title="parameters" help="parameters.what" options=${counts.parameters.map((each) => each.name)} />
    <${Importance} />`;
}

const SHOWN_AT_ONCE = 2; // warnings

/** Warn of groups that pool runs which differ in more than the seed. */
function Warnings({ counts }) {
  const mixed = counts.algorithms.filter((each) => each.pools.length);
  if (!mixed.length) return null;
  const groupsOf = new Map();
  for (const each of mixed) for (const [title, parameters] of each.pools) groupsOf.set(parameters, [...(groupsOf.get(parameters) ?? []), title ? `${nameText(each.name)} (${nameText(title)})` : nameText(each.name)]);
  // Of many the list would push everything else out of sight.
  return html`<section class="notice" role="status"><details open=${groupsOf.size <= SHOWN_AT_ONCE}>
    <summary><h2>${t("pooled", { n: mixed.length })}</h2></summary>
    <ul>${[...groupsOf].slice(0, 6).map(([parameters, groups]) => html`<li key=${parameters}><code>${parameters}</code> <small class="faint">${groups.slice(0, 3).join(", ")}${groups.length > 3 ? " …" : ""}</small></li>`)}
      ${groupsOf.size > 6 && html`<li class="faint">${t("pooled.more", { n: groupsOf.size - 6 })}</li>`}</ul>
  </details></section>`;
}

/** Rank parameters by importance, on request. */
function Importance() {
  const [ranked, setRanked] = useState(null);
  const [error, setError] = useState(null);
  const rank = async () => {
    try {
      setError(null);
      const answer = await post("/api/v1/hyperparameters", requestBody.peek());
      if (answer.error) throw new ApiError(answer.error.message, answer.error);
      setRanked(answer);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    }
  };
  return html`<${Card} id="ranking" title="ranking" fold>
      <${Button} icon="refresh" onClick=${rank}>${t("ranking.rank")}<//>
      ${!ranked && !error && html`<p class="soft">${t("ranking.what")}</p>`}
      ${error && html`<p class="error">${error.message}</p>`}
      ${ranked && html`<${ImportanceTable} importance=${ranked.importance} caption=${ranked.caption} titles=${ranked.titles} least=${ranked.least} />`}
  <//>`;
}
