// Every metric of some runs as a chart, in sections by prefix; each is fetched when it is scrolled into view.
import { requestBody } from "../../lib/config.js";
import { useCompute } from "../../lib/compute.js";
import { groupKeys, look as lookNow, panelSettings, toggle } from "../../lib/look.js";
import { classes, html, useEffect, useMemo, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Icon } from "../../widgets/icon.js";
import { Progress } from "../../widgets/states.js";
import { queryError } from "../querybox.js";
import { Lines } from "./lines.js";
import { createLoader } from "./loader.js";
import { Panel } from "./panel.js";
import { cursor, pointed, tip, zoom } from "./state.js";
import { Toolbar, axes } from "./toolbar.js";
import { Tooltip } from "./tooltip.js";

const HEIGHTS = { s: 150, m: 190, l: 280 };
const PATIENCE = 600; // milliseconds after the last keystroke
const FEW = 60; // charts of a section that are there at once

/**
 * `fixed`: what is asked in place of what is looked at, such as the only runs of a page; `side` with the list of lines;
 * `empty(error)` is shown where nothing can be.
 * @param {{ fixed?: Record<string, any> | null, side?: boolean, empty: (error: any) => any }} props
 */
export function Wall({ fixed, side = true, empty }) {
  const look = lookNow();
  const by = fixed?.by ?? (look.by || (groupKeys().length ? "groups" : "auto"));
  const most = Number(look.most) || undefined;
  const { data, error, busy } = useCompute("/api/v1/charts", { ...fixed, by, ...(look.score && { score: look.score }), ...(most && { most }) });
  // Half a query is no reason to take the charts away: the search box says what is wrong with it.
  const halfTyped = typeof error?.where === "number";
  useEffect(() => {
    if (!halfTyped) return undefined;
    const patience = setTimeout(() => (queryError.value = error), PATIENCE);
    return () => clearTimeout(patience);
  }, [error]);
  if (error && !(data && (busy || halfTyped))) return empty(error);
  if (!data) return html`<${Progress} />`;
  return html`<${Charts} data=${data} look=${look} fixed=${fixed} side=${side} />`;
}

function Charts({ data, look, fixed, side }) {
  const loader = useMemo(createLoader, []);
  useEffect(() => () => {
    loader.stop();
    pointed.value = zoom.value = cursor.value = tip.value = null;
  }, []);
  const byKey = useMemo(() => new Map(data.lines.map((line) => [line.key, line])), [data]);
  const [on, off] = [look.on.join("\n"), look.off.join("\n")];
  const hidden = useMemo(() => new Set(look.off), [off]);
  const drawn = useMemo(() => data.lines.filter((line) => line.drawn || look.on.includes(line.key)).map((line) => line.key), [data, on]);
  const visible = useMemo(() => new Set(drawn.filter((key) => !hidden.has(key))), [drawn, hidden]);
  const x = look.x || data.x;
  useEffect(() => {
    loader.ask({ ...requestBody.value, ...fixed, by: data.by, score: data.score, x, lines: drawn, log: look.logx === "1" });
  }, [JSON.stringify(requestBody.value), JSON.stringify(fixed), data.by, data.score, x, drawn.join("\n"), look.logx]);
  const [test, wrong] = useMemo(() => matcher(look.find), [look.find]);
  const sections = useMemo(() => arranged(data.sections, look.pin, test), [data, look.pin.join("\n"), test]);
  const size = look.width in HEIGHTS ? look.width : "m";
  const wall = {
    loader, byKey, off: hidden, x, xs: axes(data.x_columns), drawn: visible.size, settings: panelSettings(),
    logx: look.logx === "1", logy: look.logy === "1", robust: look.robust === "1",
  }; // prettier-ignore
  const metrics = data.sections.flatMap((section) => section.metrics.map((metric) => metric.name));
  return html`<div class=${classes("wall", { alone: !side })}>
    ${side && html`<${Side}><${Lines} data=${data} visible=${visible} look=${look} metrics=${metrics} /><//>`}
    <div class="wallmain">
      <${Toolbar} data=${data} look=${look} fixed=${Boolean(fixed)} wrong=${wrong} />
      ${sections.map((section) => html`<${Section} key=${section.name} section=${section} wall=${wall} size=${size} shut=${look.shut.includes(section.key)} />`)}
      ${!sections.length && html`<p class="faint none">${t("charts.nometric")}</p>`}
    </div>
    <${Tooltip} />
  </div>`;
}

/** The list of lines; folded on a phone, where charts come first. */
function Side({ children }) {
  const narrow = matchMedia("(max-width: 800px)").matches;
  return html`<aside class="wallside">${narrow ? html`<details><summary>${t("charts.lines")}</summary>${children}</details>` : children}</aside>`;
}

function Section({ section, wall, size, shut }) {
  const [all, setAll] = useState(false);
  const shown = all ? section.metrics : section.metrics.slice(0, FEW);
  const titleOf = (name) => (section.prefix && name.startsWith(section.prefix) ? name.slice(section.prefix.length) : name);
  return html`<section class="wallsection" aria-label=${section.name}>
    <h2><button type="button" aria-expanded=${!shut} onClick=${() => toggle("shut", section.key)}>
      <${Icon} name=${shut ? "right" : "chevron"} size="14" />${section.icon && html`<${Icon} name=${section.icon} size="14" />`}${section.name} <small>${section.metrics.length}</small>
    </button></h2>
    ${!shut && html`<div class="panelgrid" data-size=${size}>
      ${shown.map((metric) => html`<${Panel} key=${metric.name} metric=${metric} wall=${{ ...wall, titleOf }} height=${HEIGHTS[size]} />`)}
    </div>`}
    ${!shut && shown.length < section.metrics.length && html`<p><button type="button" class="link" onClick=${() => setAll(true)}>${t("charts.allof", { n: section.metrics.length })}</button></p>`}
  </section>`;
}

/** The sections to show: pinned metrics first, then those that fit the pattern by prefix. */
function arranged(sections, pinned, test) {
  const fitting = sections
    .map((section) => ({ ...section, metrics: section.metrics.filter((metric) => test(metric.name)) }))
    .filter((section) => section.metrics.length);
  const known = new Map(fitting.flatMap((section) => section.metrics).map((metric) => [metric.name, metric]));
  const first = pinned.map((name) => known.get(name)).filter(Boolean);
  const rest = fitting
    .map(({ name, metrics }) => ({ key: `s/${name}`, name: name || t("charts.section.other"), prefix: name && `${name}/`, metrics: metrics.filter((metric) => !pinned.includes(metric.name)) }))
    .filter((section) => section.metrics.length);
  return first.length ? [{ key: "pinned", name: t("charts.pinned"), prefix: "", icon: "star", metrics: first }, ...rest] : rest;
}

/** A test by a regular expression, and whether it is none: then what contains the text fits. */
function matcher(pattern) {
  if (!pattern) return [() => true, false];
  try {
    const found = new RegExp(pattern, "i");
    return [(name) => found.test(name), false];
  } catch {
    return [(name) => name.toLowerCase().includes(pattern.toLowerCase()), true];
  }
}
