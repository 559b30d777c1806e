// Publication figure, drawn by the engine on demand, and figures drawn in the background.
import { ApiError, post, repeat } from "../../lib/api.js";
import { requestBody, configuration } from "../../lib/config.js";
import { html, signal, useEffect } from "../../lib/ui.js";
import { language, t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Empty, Progress } from "../../widgets/states.js";
import { Background } from "./background.js";
import { Caption } from "./caption.js";
import { NoAnswer } from "./pending.js";

/** The figure that was drawn last: `{ key, figures, caption, what }`, its fault, and whether one is being drawn. */
const drawn = signal(null);
const fault = signal(null);
const drawing = signal(false);

const keyOf = (what) => {
  const { config, where } = requestBody.value ?? {};
  return JSON.stringify([config, where, what]);
};

/** Draw the figure as it is configured now. */
export async function draw(what, { save = false } = {}) {
  const key = keyOf(what);
  const spoken = language.peek();
  drawing.value = true;
  try {
    const answer = await post("/api/v1/figure", { ...requestBody.peek(), kind: "png", what, save });
    if (answer.error) throw new ApiError(answer.error.message, { status: 200, ...answer.error });
    drawn.value = { key, what, language: spoken, ...answer };
    fault.value = null;
    return answer;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    fault.value = error;
    return null;
  } finally {
    drawing.value = false;
  }
}

/** The figure, drawn when it is first looked at; `what` is plot, bar or aggregate. */
export function FigureView({ what }) {
  const shown = drawn.value;
  const stale = shown && shown.key !== keyOf(what);
  useEffect(() => {
    if (requestBody.value && !drawing.peek() && (shown?.what !== what || shown.language !== language.value)) draw(what);
  }, [requestBody.value !== null, what, language.value]);
  // The first run is waited for, and a fault may go while one looks on.
  useEffect(() => (fault.value ? repeat(() => drawing.peek() || draw(what), 2000) : undefined), [fault.value !== null, what]);
  return html`<div class="publication" aria-busy=${drawing.value}>
    ${stale && !drawing.value && html`<p class="stale"><span>${t("figure.stale")}</span><${Button} icon="refresh" onClick=${() => draw(what)}>${t("figure.draw")}<//></p>`}
    ${fault.value && html`<${NoAnswer} error=${fault.value} />`}
    ${drawing.value && !shown && html`<${Progress} label=${t("figure.drawing")} />`}
    ${shown && !fault.value && html`${shown.figures.map((each) => html`<img key=${each.name} class="paper" src=${`data:${each.type};base64,${each.data}`} alt=${shown.caption} />`)}
      <${Caption} caption=${shown.caption} details=${shown.details} />`}
    ${!shown && !drawing.value && !fault.value && html`<${Empty} icon="image" title=${t("figure.none")} />`}
    ${configuration.value?.values.AUTO_PLOTTING && html`<${Background} />`}
  </div>`;
}
