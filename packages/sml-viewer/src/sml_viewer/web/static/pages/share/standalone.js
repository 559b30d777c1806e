// Entry point of a shared file: the page's charts on numbers that the file holds; nothing is fetched.
import { resolved } from "../../lib/array_codec.js";
import { axisFoot } from "../../lib/clock_axis.js";
import { number } from "../../lib/format.js";
import { language, setTexts, t } from "../../lib/i18n.js";
import "../../lib/theme.js";
import { classes, html, render, useMemo, useState } from "../../lib/ui.js";
import { Button } from "../../widgets/button.js";
import { Checkbox } from "../../widgets/field.js";
import { Icon } from "../../widgets/icon.js";
import { Chart } from "../charts/chart.js";
import { hovered, zoom } from "../charts/state.js";
import { Tooltip } from "../charts/tooltip.js";
import { Swatch } from "../plots/styles.js";
import { Markdown } from "../run/markdown.js";

const HEIGHT = 220;
const LARGE = 460;

const contentOf = (id) => /** @type {HTMLElement} */ (document.getElementById(id)).textContent ?? "";

async function unzipped(text) {
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

const header = JSON.parse(contentOf("view"));
setTexts(document.documentElement.lang.startsWith("zh") ? "zh" : "en", header.texts);
const view = resolved(header, await unzipped(contentOf("arrays")));
render(html`<${Shared} view=${view} />`, /** @type {HTMLElement} */ (document.getElementById("app")));

function Shared({ view }) {
  const [off, setOff] = useState(/** @type {Set<string>} */ (new Set()));
  const [scale, setScale] = useState(view.scale);
  const lines = useMemo(() => new Map(view.lines.map((line) => [line.key, line])), []);
  const toggle = (key) => setOff(off.has(key) ? new Set([...off].filter((each) => each !== key)) : new Set([...off, key]));
  return html`${view.note && html`<section class="shared-note" aria-label=${t("share.note")}><${Markdown} text=${view.note} /></section>`}
    <div class="shared-bar">
      <${Checkbox} label=${t("charts.logx")} checked=${scale.logx} onChange=${(logx) => setScale({ ...scale, logx })} />
      <${Checkbox} label=${t("charts.logy")} checked=${scale.logy} onChange=${(logy) => setScale({ ...scale, logy })} />
      <${Checkbox} label=${t("charts.robust")} checked=${scale.robust} onChange=${(robust) => setScale({ ...scale, robust })} />
      ${zoom.value && html`<${Button} icon="undo" onClick=${() => (zoom.value = null)}>${t("charts.whole")}<//>`}
    </div>
    <section class="shared-lines" aria-label=${t("share.lines")}>
      ${view.common && html`<p class="faint">${view.common}</p>`}
      <ul onPointerLeave=${() => (hovered.value = null)}>${view.lines.map((line) => html`<li key=${line.key}>
        <button type="button" class=${classes({ off: off.has(line.key), marked: hovered.value === line.key })} aria-pressed=${!off.has(line.key)} title=${line.name}
          onClick=${() => toggle(line.key)} onPointerEnter=${() => (hovered.value = off.has(line.key) ? null : line.key)}>
          <${Icon} name=${off.has(line.key) ? "hide" : "show"} size="14" /><${Swatch} colour=${line.colour} style=${line.dashes} /><span>${line.label}</span>
          ${view.by === "groups" && html`<small class="faint">n=${line.runs}</small>`}<small>${number(line.score)}</small>
        </button></li>`)}</ul>
    </section>
    <div class="panelgrid" lang=${language.value === "zh" ? "zh-Hans" : "en"}>${view.charts.map((panel) => html`<${Panel} key=${panel.metric} panel=${panel} lines=${lines} off=${off} scale=${scale} />`)}</div>
    <${Tooltip} />`;
}

function Panel({ panel, lines, off, scale }) {
  const [large, setLarge] = useState(false);
  const [ends, setEnds] = useState(panel.settings);
  // What the view had for this chart alone holds until the scale of all is changed.
  const { low, high, ...first } = ends;
  const own = { ...scale, ...(scale === view.scale && first), low, high };
  return html`<figure class=${classes("panelchart", { large })} data-metric=${panel.metric}>
    <figcaption><h2 title=${panel.metric}>${panel.metric}</h2><span class="acts">
      <${Button} icon="expand" label=${t("share.wide", { name: panel.metric })} aria-pressed=${large} onClick=${() => setLarge(!large)} />
    </span></figcaption>
    <${Chart} panel=${panel} lines=${lines} off=${off} scale=${own} height=${large ? LARGE : HEIGHT} onEnds=${(next) => setEnds({ ...ends, ...next })} />
    <p class="foot faint">${panel.bars ? t("charts.bars") : axisFoot(panel.x, panel.curves[0]?.x[0])}${panel.curves.some((each) => each.every > 1) ? ` · ${t("charts.envelope")}` : ""}</p>
  </figure>`;
}
