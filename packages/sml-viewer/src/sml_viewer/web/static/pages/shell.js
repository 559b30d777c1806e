// Frame of every page: header, tabs, toasts, and global shortcuts.
import { basePath, withoutBase } from "../lib/base_path.js";
import { connection, pendingRequests } from "../lib/api.js";
import { shortcuts, useCommands, useShortcuts } from "../lib/keys.js";
import { addressOf, go, param, route } from "../lib/route.js";
import { classes, html, signal, useEffect, useState } from "../lib/ui.js";
import { toggleTheme } from "../lib/theme.js";
import { redo, undo } from "../lib/undo.js";
import { language, t } from "../lib/i18n.js";
import { Icon } from "../widgets/icon.js";
import { Empty, Failed, Progress } from "../widgets/states.js";
import { Toasts, toast } from "../widgets/toast.js";
import { titleSign } from "./bell.js";
import { changeDataPath } from "./data_folder.js";
import { RefusedFolder } from "./folder_notice.js";
import { Header, switchLanguage } from "./header.js";
import { Help } from "./help.js";
import { Palette } from "./palette.js";
import { TABS, partOf } from "./routes.js";
import { saveView } from "./saved_views.js";

const overlay = signal(null);

export function Shell() {
  const part = partOf(route.value.path);
  useEffect(() => {
    document.title = [titleSign.value, part ? t(part.words) : "", "sml-viewer"].filter(Boolean).join(" · ");
  }, [part, language.value, titleSign.value]);
  const keys = globalKeys();
  useShortcuts(keys, [language.value]);
  useCommands(
    [
      ...TABS.map((tab) => ({ label: t(tab.words), hint: t("palette.tab"), act: () => go(addressOf(tab.path)) })),
      { label: t("theme.toggle"), act: toggleTheme },
      { label: t("language.other"), act: switchLanguage },
      { label: t("data.change"), act: changeDataPath },
      { label: t("help.title"), hint: "?", act: () => (overlay.value = "help") },
    ],
    [language.value],
  );
  const close = () => (overlay.value = null);
  return html`<a class="skip" href="#main">${t("skip")}</a>
    <${Header} openPalette=${() => (overlay.value = "palette")} openHelp=${() => (overlay.value = "help")} />
    <${Tabs} current=${part?.under ?? part?.path} />
    <${ConnectionState} />
    <${RefusedFolder} />
    <main id="main" tabindex="-1"><${Waiting} /><${Part} part=${part} /></main>
    <${Toasts} />
    ${overlay.value === "palette" && html`<${Palette} onClose=${close} />`}
    ${overlay.value === "help" && html`<${Help} shortcuts=${shortcuts.value} onClose=${close} />`}`;
}

function globalKeys() {
  return [
    { keys: "Ctrl+k", label: t("palette.title"), act: () => (overlay.value = "palette") },
    { keys: "/", label: t("search.title"), act: () => /** @type {HTMLInputElement | null} */ (document.getElementById("query"))?.select() },
    { keys: "?", label: t("help.title"), act: () => (overlay.value = "help") },
    ...TABS.map((tab) => ({ keys: tab.digit, label: t(tab.words), act: () => go(addressOf(tab.path)) })),
    { keys: "d", label: t("theme.toggle"), act: toggleTheme },
    { keys: "Ctrl+s", label: t("config.save"), act: saveView },
    { keys: "Ctrl+z", label: t("undo.settings"), act: undoOrRedo, outside: true },
    { keys: "Ctrl+y", label: t("undo.again"), act: undoOrRedo, outside: true },
  ];
}

/** Undo the last change of settings; with Shift redo it. */
function undoOrRedo(event) {
  const isRedo = event.shiftKey || event.key.toLowerCase() === "y";
  if ((isRedo ? redo() : undo()) === null) toast(t(isRedo ? "undo.nothing.again" : "undo.nothing"));
}

function Tabs({ current }) {
  return html`<nav class="tabs" aria-label=${t("tabs")}>
    ${TABS.map(
      (tab) => html`<a href=${addressOf(tab.path)} aria-current=${tab.path === current ? "page" : undefined}>
        <${Icon} name=${tab.icon} />${t(tab.words)}
      </a>`,
    )}
  </nav>`;
}

// A thin progress bar, only after half a second: quick requests need none.
function Waiting() {
  const [slow, setSlow] = useState(false);
  const busy = pendingRequests.value > 0;
  useEffect(() => {
    if (!busy) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), 400);
    return () => clearTimeout(timer);
  }, [busy]);
  return html`<div class=${classes("waiting", { slow })} role="progressbar" aria-label=${t("loading")} hidden=${!slow}></div>`;
}

function ConnectionState() {
  const state = connection.value;
  return html`${state === "down" && html`<p class="banner" role="alert">${t("down")}</p>`}
    ${state === "closed" &&
    html`<p class="banner" role="alert">
      ${t("closed")} <a href=${`${basePath}/login?next=${encodeURIComponent(withoutBase(location.pathname) + location.search)}`} target="_self">${t("login")}</a>
    </p>`}`;
}

const loaded = signal({});
const pageOf = (part) => part?.page ?? part?.path;

/** Load the module of a part; resolves to it. */
export async function loadPart(part) {
  const module = await part?.load();
  if (module) loaded.value = { ...loaded.peek(), [pageOf(part)]: module.default };
  return module;
}

function Part({ part }) {
  const [error, setError] = useState(null);
  const page = pageOf(part);
  const load = async () => {
    setError(null);
    try {
      await loadPart(part);
    } catch (failure) {
      setError(failure);
      throw failure;
    }
  };
  const Shown = part && loaded.value[page];
  useEffect(() => {
    if (part && !Shown) load();
  }, [part]);
  if (!part) return html`<h1 class="unseen">${t("nothing.here")}</h1><${Empty} title=${t("nothing.here")}><a href=${addressOf("/experiment")}>${t("tab.experiment")}</a><//>`;
  if (error) return html`<${Failed} error=${{ message: t("part.failed"), remedy: t("part.updated") }} retry=${() => location.reload()} />`;
  // A run and a comparison have a heading of their own.
  const heading = part.tab && !param("compare") && html`<h1 class="unseen">${t(part.words)}</h1>`;
  return html`${heading}${Shown ? html`<${Shown} key=${`${page} ${param("path")}`} />` : html`<${Progress} />`}`;
}
