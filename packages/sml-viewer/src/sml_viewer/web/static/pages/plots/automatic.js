// Automatic values of unset options: which score is best, and the number of algorithms.
import { option, setOptions } from "../../lib/config.js";
import { pairKey } from "../../lib/pairs.js";
import { html, signal, useEffect } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";

/** What acts where nobody chose it, by option: a text, or a value by pair. */
export const acting = signal({});

/** Let the forms know which score is best by what was drawn. */
export function useActing(data) {
  const pairs = data?.pairs ?? (data?.tables ?? data?.aggregates ?? []).map((each) => each.pair);
  const largest = data && Object.fromEntries(pairs.map((pair, place) => [pairKey(pair), data.largest[place]]));
  useEffect(() => {
    if (largest) acting.value = { ...acting.peek(), TABLE_BOLD_MAX: largest };
  }, [JSON.stringify(largest)]);
}

/** What acts for an option at a place of the form; undefined where its default does, or not the same everywhere. */
export function actsAt(name, place) {
  const found = acting.value[name];
  if (typeof found !== "object" || found === null) return place.scope === "default" ? found : undefined;
  if (place.scope === "pair") return found[place.pair];
  const values = [...new Set(Object.values(found))];
  return place.scope === "default" && values.length === 1 ? values[0] : undefined;
}

/** The way to all algorithms where only the best are shown or runs are in bins, and the way back. */
export function AllAlgorithms({ reduced }) {
  const all = option("MAX_ALGORITHMS", null) === 0;
  if (!reduced && !all) return null;
  return html`<div><${Button} onClick=${() => setOptions({ MAX_ALGORITHMS: all ? undefined : 0 })}>${t(all ? "algorithms.best" : "algorithms.all")}<//></div>`;
}
