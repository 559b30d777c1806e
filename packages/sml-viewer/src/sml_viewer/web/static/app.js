// Entry point of the page: header, tabs, and the part named by the address.
import { startSession, watchServer } from "./lib/api.js";
import { openLastUsed, startConfiguration } from "./lib/config.js";
import { forgetAnswers } from "./lib/first_answers.js";
import { route, startRouter } from "./lib/route.js";
import { html, render } from "./lib/ui.js";
import { firstLanguage, showLanguage } from "./lib/i18n.js";
import "./lib/theme.js";
import { partOf } from "./pages/routes.js";
import { Shell, loadPart } from "./pages/shell.js";

watchServer();
startRouter((path) => partOf(path) !== null);
start();

// Not awaited by the module itself: in the bundle the scripts of other pages import from this one.
async function start() {
  const texts = showLanguage(firstLanguage());
  // The shell tells of a page that could not be loaded.
  const module = loadPart(partOf(route.peek().path)).catch(() => null);
  // The header says that the server is away; so does whatever is asked next.
  await startSession().then(openLastUsed).catch(() => {});
  // The first page is shown with the folder of its configuration at once.
  await startConfiguration();
  forgetAnswers();
  // What it shows is requested before it is rendered.
  module.then((loaded) => loaded?.request?.());
  await Promise.all([texts, module]);
  render(html`<${Shell} route=${route} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
}
