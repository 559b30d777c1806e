// The page: a header and tabs, and below them the part that the address names.
import { startSession } from "./lib/api.js";
import { startConfiguration } from "./lib/config.js";
import { route, startRouter } from "./lib/route.js";
import { html, render } from "./lib/ui.js";
import { firstLanguage, showLanguage } from "./lib/words.js";
import "./lib/theme.js";
import { partOf } from "./parts/parts.js";
import { Shell } from "./parts/shell.js";

startRouter((path) => partOf(path) !== null);
startSession().catch(() => {}); // The header says that the server is away; so does whatever is asked next.
const words = showLanguage(firstLanguage());
// The first part is shown with the folder of its configuration at once.
await words.then(startConfiguration);
render(html`<${Shell} route=${route} />`, document.getElementById("app"));
