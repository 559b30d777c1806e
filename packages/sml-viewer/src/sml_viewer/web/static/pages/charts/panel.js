// A chart with its title, its buttons and its own settings, or the place for it until it is seen.
import { setOptions } from "../../lib/config.js";
import { number } from "../../lib/format.js";
import { setPanel, toggle } from "../../lib/look.js";
import { addressOf, go, params } from "../../lib/route.js";
import { classes, html, useEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Popover } from "../../widgets/button.js";
import { Dialog } from "../../widgets/dialog.js";
import { Checkbox, Select, TextField } from "../../widgets/field.js";
import { Chart } from "./chart.js";
import { zoom } from "./state.js";
import { Tooltip } from "./tooltip.js";

const FULL = 1600; // points of a chart in full screen
const AHEAD = "320px 0px"; // beyond what is seen

/** `metric` `{ name, runs, largest }`; `wall` what all panels share: loader, lines, off, common scale, x columns, settings. */
export function Panel({ metric, wall, height }) {
  const place = useRef(null);
  const [seen, setSeen] = useState(false);
  const [large, setLarge] = useState(false);
  const { name } = metric;
  const own = wall.settings[name] ?? {};
  const loaded = wall.loader.of(name).value;
  useEffect(() => {
    // The last is the latest: quick scrolling brings several at once.
    const observer = new IntersectionObserver((entries) => setSeen(entries[entries.length - 1].isIntersecting), { root: scrollerOf(place.current), rootMargin: AHEAD });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  const see = (pixels) => wall.loader.see(name, pixels * (devicePixelRatio || 1), { ...asked(own, loaded.panel), ...(large && { points: FULL }) });
  useEffect(() => {
    if (!seen) return undefined;
    see(large ? innerWidth : place.current.clientWidth);
    return () => wall.loader.leave(name);
  }, [seen, large, JSON.stringify(own), zoom.value]);
  const { panel, error } = loaded;
  const scale = { logx: wall.logx, logy: own.logy ?? wall.logy, robust: own.robust ?? wall.robust, low: own.low, high: own.high };
  const pinned = params("pin").includes(name);
  const ends = ({ low, high }) => setPanel(name, { low, high });
  const chart = (tall) => html`<${Chart} panel=${panel} lines=${wall.byKey} off=${wall.off} scale=${scale} height=${tall} onEnds=${ends} />`;
  return html`<figure class=${classes("panelchart", { zoomed: "low" in own || "high" in own })} ref=${place} data-metric=${name}>
    <figcaption>
      <h3 title=${name}>${wall.titleOf(name)}</h3>
      ${wall.byKey.size === 1 && panel?.curves.length === 1 && html`<b title=${t("charts.last")}>${number(lastOf(panel.curves[0]), 5)}</b>`}
      <span class="acts">
        <${Button} icon="star" label=${t(pinned ? "charts.unpin" : "charts.pin", { name })} aria-pressed=${pinned} onClick=${() => toggle("pin", name)} />
        <${Settings} metric=${metric} own=${own} scale=${scale} wall=${wall} panel=${panel} />
        <${Button} icon="expand" label=${t("charts.expand", { name })} onClick=${() => setLarge(true)} />
      </span>
    </figcaption>
    ${seen && panel ? chart(height) : html`<div class="paint" style=${{ height: `${height}px` }}>${seen && error && html`<p class="faint">${error}</p>`}</div>`}
    ${panel && html`<p class="foot faint">${foot(metric, panel, wall)}</p>`}
    ${large && html`<${Dialog} title=${name} wide onClose=${() => setLarge(false)}>
      <div class="largechart">${panel && chart(Math.max(260, Math.round(innerHeight * 0.62)))}<${Tooltip} /></div>
      ${panel?.notes.length > 0 && html`<p class="faint">${panel.notes.join("; ")}</p>`}
    <//>`}
  </figure>`;
}

/** The last value that was measured. */
const lastOf = ({ ghost, center }) => (ghost ? ghost.y[ghost.y.length - 1] : center[center.length - 1]);

/** What scrolls an element: there `AHEAD` counts. */
function scrollerOf(element) {
  let found = element.parentElement;
  while (found && !/auto|scroll/.test(getComputedStyle(found).overflowY)) found = found.parentElement;
  return found;
}

/** What one chart alone is asked with: its own x, and the part of x where thinned curves are looked at closely. */
function asked(own, panel) {
  const shown = zoom.peek();
  const near = shown && panel?.x === shown.column && panel.curves.some((each) => each.every > 1 || each.ghost?.y.length < each.points);
  return { ...(own.x && { x: own.x }), ...(near && { from: shown.low, to: shown.high }) };
}

function foot(metric, panel, wall) {
  const parts = [panel.x];
  const drawn = panel.curves.length;
  if (drawn < wall.drawn) parts.push(t("charts.lacking", { n: wall.drawn - drawn }));
  if (panel.curves.some((each) => each.every > 1)) parts.push(t("charts.envelope"));
  return parts.join(" · ");
}

function Settings({ metric, own, scale, wall, panel }) {
  const { name } = metric;
  const set = (changes) => setPanel(name, changes);
  const typed = (text) => (text.trim() === "" || !Number.isFinite(Number(text)) ? undefined : Number(text));
  const draw = () => {
    setOptions({ PLOTTING_XY: [[panel?.x ?? wall.x, name]] });
    go(addressOf("/plot"));
  };
  return html`<${Popover} icon="sliders" label=${t("charts.settings", { name })} align="end">
    ${(close) => html`<div class="panelsettings">
      <${Checkbox} label=${t("charts.logy")} checked=${scale.logy} onChange=${(on) => set({ logy: on })} />
      <${Checkbox} label=${t("charts.robust")} checked=${scale.robust} onChange=${(on) => set({ robust: on })} />
      <div class="two">
        <${TextField} label=${t("charts.low")} value=${own.low ?? ""} inputmode="decimal" onChange=${(text) => set({ low: typed(text) })} />
        <${TextField} label=${t("charts.high")} value=${own.high ?? ""} inputmode="decimal" onChange=${(text) => set({ high: typed(text) })} />
      </div>
      <${Select} label=${t("charts.x")} value=${own.x ?? ""} options=${[["", t("charts.x.common")], ...wall.xs]} onChange=${(x) => set({ x: x || undefined })} />
      <div class="acts">
        <button type="button" class="link" disabled=${!Object.keys(own).length} onClick=${() => set({ logy: undefined, robust: undefined, low: undefined, high: undefined, x: undefined })}>${t("charts.reset")}</button>
        <button type="button" class="link" onClick=${() => (close(), draw())}>${t("charts.figure")}</button>
      </div>
    </div>`}
  <//>`;
}
