// The page: a header and tabs, and below them the part that the address names.
import { startSession } from "./lib/api.js";
import { route, startRouter } from "./lib/route.js";
import { html, render } from "./lib/ui.js";
import { firstLanguage, showLanguage } from "./lib/words.js";
import "./lib/theme.js";
import { partOf } from "./pages/parts.js";
import { Shell } from "./pages/shell.js";

startRouter((path) => partOf(path) !== null);
startSession().catch(() => {}); // The header says that the server is away; so does whatever is asked next.
await showLanguage(firstLanguage());
render(html`<${Shell} route=${route} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
