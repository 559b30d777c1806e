// Header: data folder, configuration, query, live switch, language, theme, help.
import { basePath } from "../lib/base_path.js";
import { connection, live, post, session } from "../lib/api.js";
import { refreshRefusal } from "../lib/folder.js";
import { html } from "../lib/ui.js";
import { theme, toggleTheme } from "../lib/theme.js";
import { language, showLanguage, t } from "../lib/i18n.js";
import { setViewState } from "../lib/view_state.js";
import { addressOf, param, params } from "../lib/route.js";
import { Button } from "../widgets/button.js";
import { Icon } from "../widgets/icon.js";
import { Bell } from "./bell.js";
import { changeDataPath } from "./data_folder.js";
import { QueryBox } from "./querybox.js";
import { SavedViews } from "./saved_views.js";

export function Header({ openPalette, openHelp }) {
  const isLive = live.value;
  const isLost = connection.value !== "up";
  return html`<header class="top">
    <a class="brand" href=${addressOf("/charts")} aria-label=${t("tab.charts")}><span aria-hidden="true" /></a>
    <${DataPath} />
    <${SavedViews} />
    <${QueryBox} />
    <${RestrictionNotice} />
    <${SwitchedOff} />
    <div class="tools">
      <button
        type="button" class=${`button live ${isLost ? "lost" : ""}`} aria-pressed=${isLive && !isLost} title=${t(isLost ? "live.lost" : isLive ? "live.on" : "live.off")}
        onClick=${() => (live.value = !isLive)}
      ><i aria-hidden="true"></i><span>${t(isLost ? "offline" : "live")}</span></button>
      <${Bell} />
      <${Button} icon="command" label=${`${t("palette.title")} (Ctrl K)`} onClick=${openPalette} class="wide-only" />
      <button type="button" class="button bare" lang=${language.value === "zh" ? "en" : "zh-Hans"} onClick=${switchLanguage}
        aria-label=${t("language.other")} title=${t("language.other")}>${language.value === "zh" ? "EN" : "中"}</button>
      <${Button} icon=${theme.value === "dark" ? "sun" : "moon"} label=${t("theme.toggle")} onClick=${toggleTheme} />
      <${Button} icon="help" label=${`${t("help.title")} (?)`} onClick=${openHelp} />
      ${session.value.login && session.value.login !== "free" && html`<${Button} icon="exit" label=${t("logout")} onClick=${logOut} />`}
    </div>
  </header>`;
}

/** A reminder that the view is restricted to some runs; a click lifts the restriction. */
function RestrictionNotice() {
  const n = params("runs").length;
  return n > 0 && html`<${Button} class="only" label=${t("only.what")} onClick=${() => setViewState({ runs: [], by: "" }, "runs")}>
    ${t("only.n", { n })}<${Icon} name="close" size="12" /><//>`;
}

/** That some runs are left out of everything. */
function SwitchedOff() {
  const n = params("without").length;
  return n > 0 && html`<${Button} class="only" label=${t("off.what")} onClick=${() => setViewState({ without: [] }, "without")}>
    ${t("off.n", { n })}<${Icon} name="close" size="12" /><//>`;
}

function DataPath() {
  const path = param("path") || (session.value.data?.roots ?? []).join(", ");
  return html`<button type="button" class="datapath" onClick=${changeDataPath} title=${`${path} — ${t("data.change")}`}>
    <${Icon} name="folder" /><bdi>${path || t("data.none")}</bdi><${Icon} name="chevron" size="12" />
  </button>`;
}

/** Switch to the other language, and remember it. */
export async function switchLanguage() {
  const other = language.peek() === "zh" ? "en" : "zh";
  await showLanguage(other);
  await post("/api/v1/language", { language: other }, { keepalive: true }); // also when the page is left at once
  await refreshRefusal();
}

async function logOut() {
  await post("/logout", {});
  location.assign(`${basePath}/login`);
}
