// Publication figure, drawn by the engine on demand, and figures drawn in the background.
import { ApiError, post, repeat } from "../../lib/api.js";
import { requestBody, configuration } from "../../lib/config.js";
import { html, signal, useEffect } from "../../lib/ui.js";
import { language, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Empty, Progress } from "../../widgets/states.js";
import { Background } from "./background.js";
import { Caption } from "./caption.js";
import { Paper, SizeChoice } from "./paper.js";
import { Saved } from "./saved.js";
import { Unavailable } from "./pending.js";

/** The last figure, `{ key, figures, caption, figureKind }`, its error, and whether one is being drawn. */
const drawn = signal(null);
const failure = signal(null);
const drawing = signal(false);

const keyOf = (figureKind) => {
  const { config, where, runs, without } = requestBody.value ?? {};
  return JSON.stringify([config, where, runs, without, figureKind]);
};

/** Draw the figure of the current configuration. */
export async function draw(figureKind, { save = false } = {}) {
  const key = keyOf(figureKind);
  const startLanguage = language.peek();
  drawing.value = true;
  try {
    const answer = await post("/api/v1/figure", { ...requestBody.peek(), kind: "png", what: figureKind, save });
    if (answer.error) throw new ApiError(answer.error.message, { status: 200, ...answer.error });
    drawn.value = { key, figureKind, language: startLanguage, ...answer };
    failure.value = null;
    return answer;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    failure.value = error;
    return null;
  } finally {
    drawing.value = false;
  }
}

/** The figure, drawn when it is opened and differs from the last one; `figureKind` is plot, bar or aggregate. */
export function FigureView({ figureKind }) {
  const shown = drawn.value;
  const stale = shown?.key !== keyOf(figureKind);
  useEffect(() => {
    if (requestBody.value && !drawing.peek() && (stale || shown?.language !== language.value)) draw(figureKind);
  }, [requestBody.value !== null, figureKind, language.value]);
  // Retry after an error: the first run may appear, or the cause may go away.
  useEffect(() => (failure.value ? repeat(() => drawing.peek() || draw(figureKind), 2000) : undefined), [failure.value !== null, figureKind]);
  return html`<div class="publication" aria-busy=${drawing.value}>
    ${shown && stale && !drawing.value && html`<p class="stale"><span>${t("figure.stale")}</span><${Button} icon="refresh" onClick=${() => draw(figureKind)}>${t("figure.draw")}<//></p>`}
    ${failure.value && html`<${Unavailable} error=${failure.value} />`}
    ${drawing.value && !shown && html`<${Progress} label=${t("figure.drawing")} />`}
    ${shown && !failure.value && html`<div class="bar"><${SizeChoice} /></div>
      ${shown.figures.map((each) => html`<${Paper} key=${each.name} figure=${each} alt=${shown.caption} />`)}
      <${Caption} caption=${shown.caption} details=${shown.details} />`}
    ${!shown && !drawing.value && !failure.value && html`<${Empty} icon="image" title=${t("figure.none")} />`}
    <${Saved} revision=${shown?.saved.join("\n")} />
    ${configuration.value?.values.AUTO_PLOTTING && html`<${Background} />`}
  </div>`;
}
