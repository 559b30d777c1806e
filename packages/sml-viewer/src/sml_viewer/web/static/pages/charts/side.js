// What stands beside the charts: their lines, or the list of runs; it can be folded away.
import { storedSignal } from "../../lib/local_storage.js";
import { html, useEffect, useLayoutEffect, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Segments } from "../../widgets/button.js";
import { Failed, Progress } from "../../widgets/states.js";
import { DrawnCount } from "./lines.js";

const WIDE = "(min-width: 1200px)"; // has room for the list of runs

/** "lines", "runs", or "" where it is folded away. */
const shown = storedSignal("charts.side", "lines");
const isShut = storedSignal("charts.side.shut", false);

/** The side of the charts: `children` are their lines; `data` of the charts tells the colours of runs; `view` the view state; `fixed`: of chosen runs. */
export function Side({ data, view, fixed, children }) {
  const wide = useMedia(WIDE) && !fixed;
  if (matchMedia("(max-width: 800px)").matches) {
    return html`<aside class="wallside"><details><summary>${t("charts.lines")}</summary>${children}</details></aside>`;
  }
  if (isShut.value) {
    return html`<aside class="wallside shut"><${Button} icon="right" label=${t("side.open")} aria-expanded="false" onClick=${() => (isShut.value = false)} /></aside>`;
  }
  const runs = wide && shown.value === "runs";
  return html`<aside class=${`wallside ${runs ? "listed" : ""}`}>
    <div class="sidehead">
      ${wide && html`<${Segments} label=${t("side.title")} value=${shown.value} options=${[["lines", t("side.lines")], ["runs", t("side.runs")]]} onChange=${(each) => (shown.value = each)} />`}
      <${Button} icon="left" label=${t("side.shut")} aria-expanded="true" onClick=${() => (isShut.value = true)} />
    </div>
    ${runs ? html`<${DrawnCount} data=${data} view=${view} /><${Runs} data=${data} />` : children}
  </aside>`;
}

/** The list of runs, loaded when it is first shown. */
function Runs({ data }) {
  const [loaded, setLoaded] = useState(/** @type {{ List?: any, error?: any }} */ ({}));
  useEffect(() => {
    import("../runs/sidebar.js").then(
      (module) => setLoaded({ List: module.default }),
      () => setLoaded({ error: { message: t("part.failed"), remedy: t("part.updated") } }),
    );
  }, []);
  if (loaded.error) return html`<${Failed} error=${loaded.error} retry=${() => location.reload()} />`;
  return loaded.List ? html`<${loaded.List} data=${data} />` : html`<${Progress} />`;
}

function useMedia(query) {
  const media = matchMedia(query);
  const [matches, setMatches] = useState(media.matches);
  useLayoutEffect(() => {
    const changed = () => setMatches(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return matches;
}
