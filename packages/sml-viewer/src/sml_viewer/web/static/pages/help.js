// Help: keyboard shortcuts and query syntax.
import { html } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Dialog } from "../widgets/dialog.js";

const QUERIES = [
  ["hopper", "help.query.word"],
  ["env_name = Hopper-v4", "help.query.equal"],
  ["policy_lr < 1e-3 and seed != 3", "help.query.number"],
  ['name ~ "seed_1[0-9]$"', "help.query.pattern"],
  ["last.return > 200", "help.query.last"],
  ["status = failed or tag:paper", "help.query.status"],
  ["modified < 2h", "help.query.time"],
];

export function Help({ shortcuts, onClose }) {
  return html`<${Dialog} title=${t("help.title")} onClose=${onClose} wide>
    <div class="help">
      <section>
        <h3>${t("help.keys")}</h3>
        <dl>${shortcuts.map((each) => html`<dt><${Keys} keys=${each.keys} /></dt><dd>${each.label}</dd>`)}</dl>
      </section>
      <section>
        <h3>${t("help.query")}</h3>
        <dl>${QUERIES.map(([text, key]) => html`<dt><code>${text}</code></dt><dd>${t(key)}</dd>`)}</dl>
        <p class="faint">${t("help.query.rest")}</p>
      </section>
    </div>
  <//>`;
}

const NAMES = { ArrowUp: "↑", ArrowDown: "↓", Enter: "↵", " ": "␣", Escape: "Esc" };

function Keys({ keys }) {
  return keys.split(/(?<=.)\+/).map((key) => html`<kbd>${NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)}</kbd>`);
}
