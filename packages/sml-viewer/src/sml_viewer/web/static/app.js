// The page: a header and tabs, and below them the part that the address names.
import { startSession } from "./lib/api.js";
import { showLast } from "./lib/config.js";
import { route, startRouter } from "./lib/route.js";
import { html, render } from "./lib/ui.js";
import { firstLanguage, showLanguage } from "./lib/words.js";
import "./lib/theme.js";
import { partOf } from "./pages/parts.js";
import { Shell } from "./pages/shell.js";

startRouter((path) => partOf(path) !== null);
// The header says that the server is away; so does whatever is asked next.
const known = startSession().then(showLast).catch(() => {});
await Promise.all([showLanguage(firstLanguage()), known]);
render(html`<${Shell} route=${route} />`, document.getElementById("app"));
