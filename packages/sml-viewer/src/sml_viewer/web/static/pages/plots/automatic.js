// Automatic values of unset options: whether larger scores are better, and the number of algorithms.
import { option, setOptions } from "../../lib/config.js";
import { pairKey } from "../../lib/pairs.js";
import { html, signal, useEffect } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";

/** The automatic values of unset options, by option: a text, or a value by pair. */
export const automaticValues = signal({});

/** Pass the automatic direction of the drawn scores to the forms. */
export function useAutomaticValues(data) {
  const pairs = data?.pairs ?? (data?.tables ?? data?.aggregates ?? []).map((each) => each.pair);
  const largest = data && Object.fromEntries(pairs.map((pair, index) => [pairKey(pair), data.largest[index]]));
  useEffect(() => {
    if (largest) automaticValues.value = { ...automaticValues.peek(), TABLE_BOLD_MAX: largest };
  }, [JSON.stringify(largest)]);
}

/** The automatic value of an option for a target of the form; undefined if there is none, or if it is not the same for all pairs. */
export function automaticValue(name, target) {
  const byPair = automaticValues.value[name];
  if (typeof byPair !== "object" || byPair === null) return target.scope === "default" ? byPair : undefined;
  if (target.scope === "pair") return byPair[target.pair];
  const values = [...new Set(Object.values(byPair))];
  return target.scope === "default" && values.length === 1 ? values[0] : undefined;
}

/** A button that shows all algorithms if only the best are shown or runs are binned, and back. */
export function AllAlgorithms({ reduced }) {
  const all = option("MAX_ALGORITHMS", null) === 0;
  if (!reduced && !all) return null;
  return html`<div><${Button} onClick=${() => setOptions({ MAX_ALGORITHMS: all ? undefined : 0 })}>${t(all ? "algorithms.best" : "algorithms.all")}<//></div>`;
}
