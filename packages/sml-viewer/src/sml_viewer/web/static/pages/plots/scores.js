// Views Bars and Aggregate of the figures.
import { useCompute } from "../../lib/compute.js";
import { nameText } from "../../lib/i18n.js";
import { pairKey } from "../../lib/pairs.js";
import { html, useMemo } from "../../lib/ui.js";
import { Progress } from "../../widgets/states.js";
import { Caption } from "./caption.js";
import { Unavailable } from "./pending.js";
import { AllAlgorithms, useAutomaticValues } from "./automatic.js";
import { Swatch, useHidden } from "./styles.js";
import { Bars, Intervals, Profiles } from "./svg.js";

export function BarView({ shown = true }) {
  const { data, error, busy } = useCompute("/api/v1/bars", shown ? {} : null);
  return html`<${Shown} data=${data} error=${error} busy=${busy}>
    ${(styles, hidden) => data?.tables.map((table) => html`<section key=${pairKey(table.pair)}>
      <h3 aria-level="2">${table.pair[1]}</h3>
      <${Bars} table=${table} styles=${styles} hidden=${hidden} />
      <${Caption} caption=${table.caption} details=${table.details} />
    </section>`)}
  <//>`;
}

export function AggregateView({ shown = true }) {
  const { data, error, busy } = useCompute("/api/v1/aggregate", shown ? {} : null);
  return html`<${Shown} data=${data} error=${error} busy=${busy}>
    ${(styles, hidden) => data?.aggregates.map((aggregate) => html`<section key=${pairKey(aggregate.pair)}>
      <h3 aria-level="2">${aggregate.pair[1]}</h3>
      <${Intervals} aggregate=${aggregate} common=${data?.common} styles=${styles} hidden=${hidden} />
      <${Profiles} aggregate=${aggregate} styles=${styles} hidden=${hidden} />
      <${Caption} caption=${aggregate.caption} details=${aggregate.details} />
    </section>`)}
  <//>`;
}

function Shown({ data, error, busy, children }) {
  const [hidden, setHidden] = useHidden((data?.algorithms ?? []).map((each) => each.name));
  const styles = useMemo(() => new Map((data?.algorithms ?? []).map((each) => [each.name, each])), [data]);
  useAutomaticValues(data);
  if (error && !(data && busy)) return html`<${Unavailable} error=${error} />`;
  if (!data) return html`<${Progress} />`;
  /** @type {(name: string) => void} */
  const toggle = (name) => setHidden(new Set(hidden.has(name) ? [...hidden].filter((each) => each !== name) : [...hidden, name]));
  return html`<div class="scores" aria-busy=${busy}>
    <ul class="key">${data.common && html`<li class="faint">${data.common}</li>`}${data.algorithms.map((each) => html`<li key=${each.name} title=${nameText(each.name)}><button type="button" aria-pressed=${!hidden.has(each.name)} onClick=${() => toggle(each.name)}><${Swatch} colour=${each.colour} style=${each.dashes} />${each.label}</button></li>`)}</ul>
    <${AllAlgorithms} reduced=${data.reduced} />
    ${children(styles, hidden)}
  </div>`;
}
