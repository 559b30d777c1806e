// Publication figure, drawn by the engine on demand, and figures drawn in the background.
import { ApiError, post, repeat } from "../../lib/api.js";
import { requestBody, configuration } from "../../lib/config.js";
import { classes, html, signal, useEffect } from "../../lib/ui.js";
import { language, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Empty, Progress } from "../../widgets/states.js";
import { toast } from "../../widgets/toast.js";
import { Background } from "./background.js";
import { Caption } from "./caption.js";
import { Paper, SizeChoice } from "./paper.js";
import { Saved } from "./saved.js";
import { Unavailable } from "./pending.js";

/** The last figure, `{ key, language, figures, caption, figureKind }`, its error, and what is being drawn, `{ key, language }`. */
const drawn = signal(null);
const failure = signal(null);
const drawing = signal(null);
/** The key of a figure that is to be saved, until it is: the first try fails while the runs are still being read. */
let unsaved = /** @type {string | null} */ (null);
/** The number of the latest request; an earlier one that ends later does not replace its figure. */
let latest = 0;

const keyOf = (figureKind) => {
  const { config, where, runs, without } = requestBody.value ?? {};
  return JSON.stringify([config, where, runs, without, figureKind]);
};

/** Draw the figure of the current configuration; with `save` also save it, at a later try if this one fails. */
export async function draw(figureKind, { save = false } = {}) {
  const key = keyOf(figureKind);
  const startLanguage = language.peek();
  const number = (latest += 1);
  if (save) unsaved = key;
  drawing.value = { key, language: startLanguage };
  try {
    const answer = await post("/api/v1/figure", { ...requestBody.peek(), kind: "png", what: figureKind, save });
    if (answer.error) throw new ApiError(answer.error.message, { status: 200, ...answer.error });
    if (save) {
      unsaved = null;
      toast([t("figure.saved", { path: answer.saved.join(", ") }), answer.note].filter(Boolean).join(" — "));
    }
    if (number !== latest) return;
    drawn.value = { key, figureKind, language: startLanguage, ...answer };
    failure.value = null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (number === latest) failure.value = error;
  } finally {
    if (number === latest) drawing.value = null;
  }
}

/** The figure, drawn when it is opened and differs from the last one; `figureKind` is plot, bar or aggregate. */
export function FigureView({ figureKind }) {
  const shown = drawn.value;
  const foreign = shown && shown.language !== language.value;
  const stale = shown?.key !== keyOf(figureKind) || foreign;
  useEffect(() => {
    const pending = drawing.peek();
    const same = pending?.key === keyOf(figureKind) && pending.language === language.value;
    if (requestBody.value && stale && !same) draw(figureKind);
  }, [requestBody.value !== null, figureKind, language.value]);
  // Retry after an error: the first run may appear, or the cause may go away.
  useEffect(() => (failure.value ? repeat(() => drawing.peek() || draw(figureKind, { save: unsaved === keyOf(figureKind) }), 2000) : undefined), [failure.value !== null, figureKind]);
  return html`<div class="publication" aria-busy=${drawing.value !== null}>
    ${shown && stale && drawing.value && !failure.value && html`<p class="stale" role="status">${t("figure.redrawing")}</p>`}
    ${shown && stale && !drawing.value && html`<p class="stale"><span>${t("figure.stale")}</span><${Button} icon="refresh" onClick=${() => draw(figureKind)}>${t("figure.draw")}<//></p>`}
    ${failure.value && html`<${Unavailable} error=${failure.value} />`}
    ${drawing.value && !shown && html`<${Progress} label=${t("figure.drawing")} />`}
    ${shown && !failure.value && html`<div class="bar"><${SizeChoice} /></div>
      <div class=${classes("drawn", { outdated: stale })}>
        ${shown.figures.map((each) => html`<${Paper} key=${each.name} figure=${each} alt=${foreign ? each.name : shown.caption} />`)}
        ${!foreign && html`<${Caption} caption=${shown.caption} details=${shown.details} />`}
      </div>`}
    ${!shown && !drawing.value && !failure.value && html`<${Empty} icon="image" title=${t("figure.none")} />`}
    <${Saved} revision=${shown?.saved.join("\n")} />
    ${configuration.value?.values.AUTO_PLOTTING && html`<${Background} />`}
  </div>`;
}
