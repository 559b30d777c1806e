// Every metric of some runs as a chart, in sections by prefix; each loaded when it is scrolled into view.
import { requestBody } from "../../lib/config.js";
import { startCompute, useCompute } from "../../lib/compute.js";
import { groupKeys, viewState, panelSettings, toggleItem } from "../../lib/view_state.js";
import { classes, html, useEffect, useMemo, useState } from "../../lib/ui.js";
import { language, t } from "../../lib/i18n.js";
import { useCommands } from "../../lib/keys.js";
import { Icon } from "../../widgets/icon.js";
import { Progress } from "../../widgets/states.js";
import { rememberAxes } from "../../lib/to_figure.js";
import { ViewNote, editViewNote } from "../notes/view_note.js";
import { queryError } from "../querybox.js";
import { Lines } from "./lines.js";
import { HEIGHTS, createSight, firstView } from "./layout.js";
import { createLoader } from "./loader.js";
import { Panel, requestFields } from "./panel.js";
import { Side } from "./side.js";
import { automaticShare, cursor, hovered, tooltip, zoom } from "./state.js";
import { Toolbar, axes } from "./toolbar.js";
import { Tooltip } from "./tooltip.js";

const ERROR_DELAY = 600; // milliseconds after the last keystroke
const INITIAL_CHARTS = 60; // charts of a section that are shown at first

/**
 * `fixed`: request fields that replace the view state, such as the runs of a page; `side`: with the list of lines;
 * `empty(error)`: rendered if there is nothing to show.
 * @param {{ fixed?: Record<string, any> | null, side?: boolean, empty: (error: any) => any }} props
 */
export function Wall({ fixed, side = true, empty }) {
  const view = viewState();
  const { data, error, busy } = useCompute(OVERVIEW, overview(view, fixed));
  // A half-typed query leaves the charts: the search box shows its error.
  const halfTyped = typeof error?.where === "number";
  useEffect(() => {
    if (!halfTyped) return undefined;
    const timer = setTimeout(() => (queryError.value = error), ERROR_DELAY);
    return () => clearTimeout(timer);
  }, [error]);
  if (error && !(data && (busy || halfTyped))) return empty(error);
  if (!data) return html`<${Progress} />`;
  return html`<${Charts} data=${data} view=${view} fixed=${fixed} side=${side} />`;
}

const OVERVIEW = "/api/v1/charts";

/** Request what the wall shows, before it is rendered. */
export const requestWall = () => startCompute(OVERVIEW, overview(viewState()));

/** @param {Record<string, any>} view @param {Record<string, any> | null} [fixed] */
function overview(view, fixed) {
  const by = fixed?.by ?? (view.by || (groupKeys().length ? "groups" : "auto"));
  const most = Number(view.most) || undefined;
  return { ...chosen(fixed), by, ...(view.score && { score: view.score }), ...(most && { most }) };
}

/** Runs that a page is about are drawn there, also those that are switched off elsewhere. */
const chosen = (fixed) => fixed && { ...fixed, without: [] };

function Charts({ data, view, fixed, side }) {
  const loader = useMemo(createLoader, []);
  const sight = useMemo(createSight, []);
  // The charts of the window are rendered and requested first, the others while the server works on these.
  const [whole, setWhole] = useState(false);
  useEffect(() => whenIdle(() => setWhole(true)), []);
  useEffect(() => () => {
    loader.stop();
    hovered.value = zoom.value = cursor.value = tooltip.value = null;
    automaticShare.value = 0;
  }, []);
  const byKey = useMemo(() => new Map(data.lines.map((line) => [line.key, line])), [data]);
  const [on, off] = [view.on.join("\n"), view.off.join("\n")];
  const hidden = useMemo(() => new Set(view.off), [off]);
  const drawn = useMemo(() => data.lines.filter((line) => line.drawn || view.on.includes(line.key)).map((line) => line.key), [data, on]);
  const visible = useMemo(() => new Set(drawn.filter((key) => !hidden.has(key))), [drawn, hidden]);
  const x = view.x || data.x;
  rememberAxes({ x: data.x, score: data.score });
  const [test, wrong] = useMemo(() => matcher(view.find), [view.find]);
  const sections = useMemo(() => arrange(data, view.pin, test), [data, view.pin.join("\n"), test]);
  const size = view.width in HEIGHTS ? view.width : "m";
  const first = useMemo(() => firstView(sections, { size, collapsed: view.shut, side }), []);
  loader.setRequest({ ...requestBody.value, ...chosen(fixed), by: data.by, score: data.score, x, lines: drawn, log: view.logx === "1" });
  useMemo(() => {
    const metrics = sections.flatMap((section) => section.metrics.slice(0, first.counts.get(section.key) ?? 0).map((metric) => metric.name));
    loader.start(metrics, first.width, (metric) => requestFields(panelSettings()[metric] ?? {}));
  }, []);
  const wall = {
    loader, sight, byKey, off: hidden, x, xs: axes(data.x_columns), drawn: visible.size, settings: panelSettings(),
    logx: view.logx === "1", logy: view.logy === "1", robust: view.robust === "1",
  }; // prettier-ignore
  const share = async () => {
    const inSight = sections.filter((section) => !view.shut.includes(section.key)).flatMap((section) => section.metrics.map((metric) => metric.name));
    const shared = { metrics: inSight, lines: [...visible], by: data.by, x, score: data.score, logx: wall.logx, logy: wall.logy, robust: wall.robust, panels: panelSettings() };
    const off = data.lines.filter((line) => hidden.has(line.key)).flatMap((line) => line.ids);
    const { openShare } = await import("../share/share.js");
    openShare(shared, off);
  };
  useCommands(fixed ? [] : [{ label: t("share.title"), act: share }, { label: t("view.note.edit"), act: editViewNote }], [data, view, visible, language.value]);
  const metrics = data.sections.flatMap((section) => section.metrics.map((metric) => metric.name));
  return html`<div class=${classes("wall", { alone: !side })}>
    ${side && html`<${Side} data=${data} view=${view} fixed=${Boolean(fixed)}><${Lines} data=${data} visible=${visible} view=${view} metrics=${metrics} /><//>`}
    <div class="wallmain">
      <${Toolbar} data=${data} view=${view} fixed=${Boolean(fixed)} wrong=${wrong} onShare=${fixed ? undefined : share} />
      ${data.reading?.total > 0 && html`<${Progress} label=${t("charts.reading", { n: data.reading.done, total: data.reading.total })} done=${data.reading.done} total=${data.reading.total} />`}
      ${!fixed && html`<${ViewNote} />`}
      ${sections.map((section) => html`<${Section} key=${section.name} section=${section} wall=${wall} size=${size} collapsed=${view.shut.includes(section.key)} first=${first.counts.get(section.key) ?? 0} whole=${whole} />`)}
      ${!sections.length && html`<p class="faint none">${t("charts.nometric")}</p>`}
    </div>
    <${Tooltip} />
  </div>`;
}

/** `first`: how many charts are likely in the window from the start; `whole`: whether the others are rendered, too. */
function Section({ section, wall, size, collapsed, first, whole }) {
  const [all, setAll] = useState(false);
  const most = Math.min(INITIAL_CHARTS, whole ? INITIAL_CHARTS : first);
  const shown = all ? section.metrics : section.metrics.slice(0, most);
  const titleOf = (name) => (section.prefix && name.startsWith(section.prefix) ? name.slice(section.prefix.length) : name);
  return html`<section class="wallsection" aria-label=${section.name}>
    <h2><button type="button" aria-expanded=${!collapsed} onClick=${() => toggleItem("shut", section.key)}>
      <${Icon} name=${collapsed ? "right" : "chevron"} size="14" />${section.icon && html`<${Icon} name=${section.icon} size="14" />`}${section.name} <small>${section.metrics.length}</small>
    </button></h2>
    ${!collapsed && html`<div class="panelgrid" data-size=${size}>
      ${shown.map((metric, at) => html`<${Panel} key=${metric.name} metric=${metric} wall=${{ ...wall, titleOf }} height=${HEIGHTS[size]} first=${!whole && at < first} />`)}
    </div>`}
    ${!collapsed && whole && shown.length < section.metrics.length && html`<p><button type="button" class="link" onClick=${() => setAll(true)}>${t("charts.allof", { n: section.metrics.length })}</button></p>`}
  </section>`;
}

/** The sections to show: pinned metrics first, then those that match the pattern, by prefix. */
function arrange({ sections, score }, pinned, test) {
  const unprefixed = t(score.includes("/") ? "charts.section.other" : "charts.section.main");
  const fitting = sections
    .map((section) => ({ ...section, metrics: section.metrics.filter((metric) => test(metric.name)) }))
    .filter((section) => section.metrics.length);
  const known = new Map(fitting.flatMap((section) => section.metrics).map((metric) => [metric.name, metric]));
  const first = pinned.map((name) => known.get(name)).filter(Boolean);
  const rest = fitting
    .map(({ name, metrics }) => ({ key: `s/${name}`, name: name || unprefixed, prefix: name && `${name}/`, metrics: metrics.filter((metric) => !pinned.includes(metric.name)) }))
    .filter((section) => section.metrics.length);
  return first.length ? [{ key: "pinned", name: t("charts.pinned"), prefix: "", icon: "star", metrics: first }, ...rest] : rest;
}

/** Call `act` when the browser has nothing else to do, within a second; returns a function that prevents it. */
function whenIdle(act) {
  if (!("requestIdleCallback" in window)) {
    const timer = setTimeout(act, 100); // Safari
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(act, { timeout: 1000 });
  return () => cancelIdleCallback(handle);
}

/** A test for a pattern, and whether the pattern is an invalid regular expression: then it matches as plain text. */
function matcher(pattern) {
  if (!pattern) return [() => true, false];
  try {
    const regexp = new RegExp(pattern, "i");
    return [(name) => regexp.test(name), false];
  } catch {
    return [(name) => name.toLowerCase().includes(pattern.toLowerCase()), true];
  }
}
