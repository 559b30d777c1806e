// Entry point of the page: header, tabs, and the part named by the address.
import { startSession, watchServer } from "./lib/api.js";
import { openLastUsed, startConfiguration } from "./lib/config.js";
import { route, startRouter } from "./lib/route.js";
import { html, render } from "./lib/ui.js";
import { firstLanguage, showLanguage } from "./lib/i18n.js";
import "./lib/theme.js";
import { partOf } from "./pages/routes.js";
import { Shell } from "./pages/shell.js";

watchServer();
startRouter((path) => partOf(path) !== null);
// The header says that the server is away; so does whatever is asked next.
const session = startSession().then(openLastUsed).catch(() => {});
await Promise.all([showLanguage(firstLanguage()), session]);
// The first page is shown with the folder of its configuration at once.
await startConfiguration();
render(html`<${Shell} route=${route} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
