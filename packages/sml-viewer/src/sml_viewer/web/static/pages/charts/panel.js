// A chart with title, buttons and settings, or a placeholder until it is visible.
import { setOptions } from "../../lib/config.js";
import { axisFoot } from "../../lib/clock_axis.js";
import { number } from "../../lib/format.js";
import { setPanelSettings, toggleItem } from "../../lib/view_state.js";
import { addressOf, go, params } from "../../lib/route.js";
import { appliedShare } from "../../lib/smoothing.js";
import { classes, html, useEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Popover } from "../../widgets/button.js";
import { Dialog } from "../../widgets/dialog.js";
import { Checkbox, Select, TextField } from "../../widgets/field.js";
import { Chart } from "./chart.js";
import { AHEAD } from "./layout.js";
import { automaticShare, zoom } from "./state.js";
import { Tooltip } from "./tooltip.js";

const FULL_SCREEN_POINTS = 1600; // points of a chart in full screen

/** A chart far away is its title alone: there may be hundreds. `metric` `{ name, runs, largest }`; `wall` what all panels share: loader, sight, lines, off, common scale, x columns, settings; `first`: likely in sight from the start. */
export function Panel({ metric, wall, height, first }) {
  const root = useRef(null);
  const inSight = useRef(first);
  const [visible, setVisible] = useState(first);
  const [seen, setSeen] = useState(first);
  const [large, setLarge] = useState(false);
  const { name } = metric;
  const own = wall.settings[name] ?? {};
  const loaded = wall.loader.chartOf(name).value;
  useEffect(() => {
    return wall.sight.observe(root.current, ({ isIntersecting, boundingClientRect: box, rootBounds }) => {
      inSight.current = box.top < (rootBounds?.bottom ?? innerHeight) - AHEAD;
      setVisible(isIntersecting);
      if (isIntersecting) setSeen(true);
    });
  }, []);
  const request = (pixels) => {
    const extra = { ...requestFields(own, loaded.panel), ...(large && { points: FULL_SCREEN_POINTS }) };
    wall.loader.show(name, pixels * (devicePixelRatio || 1), extra, inSight.current);
  };
  useEffect(() => {
    if (!visible) return undefined;
    request(large ? innerWidth : root.current.clientWidth);
    return () => wall.loader.hide(name);
  }, [visible, large, JSON.stringify(own), zoom.value]);
  const { panel, error } = loaded;
  useEffect(() => {
    if (panel) automaticShare.value = Math.max(automaticShare.peek(), appliedShare(panel.curves));
  }, [panel]);
  const scale = { logx: wall.logx, logy: own.logy ?? wall.logy, robust: own.robust ?? wall.robust, low: own.low, high: own.high };
  const pinned = params("pin").includes(name);
  const setEnds = ({ low, high }) => setPanelSettings(name, { low, high });
  const chart = (tall) => html`<${Chart} panel=${panel} lines=${wall.byKey} off=${wall.off} scale=${scale} height=${tall} onEnds=${setEnds} />`;
  return html`<figure class=${classes("panelchart", { zoomed: "low" in own || "high" in own })} ref=${root} data-metric=${name}>
    <figcaption>
      <h3 title=${name}>${wall.titleOf(name)}</h3>
      ${wall.byKey.size === 1 && panel?.curves.length === 1 && html`<b title=${t("charts.last")}>${number(lastOf(panel.curves[0]))}</b>`}
      ${seen && html`<span class="acts">
        <${Button} icon="star" label=${t(pinned ? "charts.unpin" : "charts.pin", { name })} aria-pressed=${pinned} onClick=${() => toggleItem("pin", name)} />
        <${Settings} metric=${metric} own=${own} scale=${scale} wall=${wall} panel=${panel} />
        <${Button} icon="expand" label=${t("charts.expand", { name })} onClick=${() => setLarge(true)} />
      </span>`}
    </figcaption>
    ${visible && panel ? chart(height) : html`<div class="paint" style=${{ height: `${height}px` }}>${visible && error && html`<p class="faint">${error}</p>`}</div>`}
    ${panel && html`<p class="foot faint">${foot(metric, panel, wall)}</p>`}
    ${large && html`<${Dialog} title=${name} wide onClose=${() => setLarge(false)}>
      <div class="largechart">${panel && chart(Math.max(260, Math.round(innerHeight * 0.62)))}<${Tooltip} /></div>
      ${panel?.notes.length > 0 && html`<p class="faint">${panel.notes.join("; ")}</p>`}
    <//>`}
  </figure>`;
}

/** The last measured value. */
const lastOf = ({ ghost, center }) => (ghost ? ghost.y[ghost.y.length - 1] : center[center.length - 1]);

/** Request fields of one chart alone: its own x, and the zoomed range of x if its curves are thinned. */
export function requestFields(own, /** @type {any} */ panel = null) {
  const shown = zoom.peek();
  const closeUp = shown && panel?.x === shown.column && panel.curves.some((each) => each.every > 1 || each.ghost?.y.length < each.points);
  return { ...(own.x && { x: own.x }), ...(closeUp && { from: shown.low, to: shown.high }) };
}

function foot(metric, panel, wall) {
  const parts = [panel.bars ? t("charts.bars") : axisFoot(panel.x, panel.curves[0]?.x[0])];
  const drawn = new Set(panel.curves.map((each) => each.key)).size;
  if (drawn < wall.drawn) parts.push(t("charts.lacking", { n: wall.drawn - drawn }));
  if (panel.curves.length > drawn) parts.push(t("charts.apart", { n: panel.curves.length }));
  if (panel.curves.some((each) => each.every > 1)) parts.push(t("charts.envelope"));
  return parts.join(" · ");
}

function Settings({ metric, own, scale, wall, panel }) {
  const { name } = metric;
  const set = (changes) => setPanelSettings(name, changes);
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
