// Menu of the configuration in the header.
import { runAction, configuration, conflict, load, names, save, saving } from "../../lib/config.js";
import { html, useEffect } from "../../lib/ui.js";
import { setParams } from "../../lib/route.js";
import { t } from "../../lib/i18n.js";
import { Button, Menu, Popover } from "../../widgets/button.js";
import { openDialog, promptText, confirm } from "../../widgets/dialog.js";
import { Icon } from "../../widgets/icon.js";
import { headerSlot } from "../header.js";
import { withErrorToast } from "../../lib/errors.js";

let users = 0;

/** Show the choice of configuration in the header as long as a part is shown that calls this. */
export function useConfigurationMenu() {
  useEffect(() => {
    users += 1;
    headerSlot.value = ConfigurationMenu;
    return () => {
      // Where one part takes the place of another, the new one may come before the old one goes.
      users -= 1;
      if (!users) headerSlot.value = null;
    };
  }, []);
}

function ConfigurationMenu() {
  const found = configuration.value;
  if (!found) return null;
  const all = [...new Set([found.name, ...names.value.names])].sort();
  const show = (close, name) => {
    close();
    setParams({ config: name === "default" ? "" : name }, { replace: false });
  };
  return html`<div class="configuration">
    <${Popover} kind="plain" label=${t("config")} text=${html`<${Icon} name="sliders" /><span class="cut">${found.name}</span><${Icon} name="chevron" size="12" />`}>
      ${(close) => html`<div class="menu">
        ${all.map((name) => html`<button key=${name} type="button" aria-current=${name === found.name ? "true" : undefined} onClick=${() => show(close, name)}>
          <${Icon} name=${name === found.name ? "check" : "file"} /><span class="cut">${name}</span>
        </button>`)}
      </div>`}
    <//>
    <${Menu} icon="menu" kind="plain" label=${t("config.actions")} items=${actions(found)} />
    <${State} />
  </div>`;
}

function State() {
  const now = saving.value;
  if (now === "conflict") return html`<${Button} kind="danger" icon="warning" onClick=${settle}>${t("config.conflict")}<//>`;
  return html`<span class="saved faint" role="status" title=${t("config.state")}>${now === "failed" ? t("config.failed") : now ? "…" : html`<${Icon} name="check" size="12" /><span class="unseen">${t("config.kept")}</span>`}</span>`;
}

function actions(found) {
  const { name } = found;
  const others = names.value.names.filter((each) => each !== name);
  const keys = found.values.DATA_MERGER ?? [];
  const kept = names.value.names.includes(name);
  const named = (key, run) => async () => {
    const to = await promptText(t(key), { label: t("config.name"), value: key === "config.rename" ? name : t("config.copyof", { name }), check: taken });
    if (to) await withErrorToast(() => run(to));
  };
  return [
    { label: t("config.new"), icon: "plus", act: async () => {
      const to = await promptText(t("config.new"), { label: t("config.name"), check: taken });
      if (to) await withErrorToast(() => runAction("new", to, { config: {} }));
    } },
    { label: t("config.copy"), icon: "copy", act: named("config.copy", async (to) => runAction("new", to, { config: found.values })) },
    { label: t("config.rename"), icon: "note", disabled: !kept, act: named("config.rename", (to) => runAction("rename", name, { to })) },
    { label: t("config.merge"), icon: "compare", disabled: !others.length || !kept, act: async () => {
      const other = await openDialog(t("config.merge"), Choice, { options: others, hint: t("config.merge.hint") });
      if (other) await withErrorToast(() => runAction("merge", name, { other }));
    } },
    { label: t("config.split"), icon: "group", disabled: !keys.length || !kept, act: async () => {
      if (await confirm(t("config.split"), t("config.split.what", { names: keys.map((key) => `${name}_gs_${key}`).join(", ") }), t("config.split.yes"))) await withErrorToast(() => runAction("split", name, { keys }));
    } },
    { label: t("config.reset"), icon: "undo", disabled: !kept, danger: true, act: async () => {
      if (await confirm(t("config.reset"), t("config.reset.what", { name }), t("config.reset"), { danger: true })) await withErrorToast(() => runAction("reset", name));
    } },
    { label: t("config.delete"), icon: "trash", disabled: !kept, danger: true, act: async () => {
      if (await confirm(t("config.delete"), t("config.delete.what", { name }), t("config.delete"), { danger: true })) await withErrorToast(() => runAction("delete", name));
    } },
    { label: t("config.restore"), icon: "archive", disabled: !names.value.deleted.length, act: async () => {
      const chosen = await openDialog(t("config.restore"), Choice, { options: names.value.deleted });
      if (chosen) await withErrorToast(() => runAction("restore", chosen));
    } },
  ];
}

const taken = (text) => {
  if (!text.trim()) return t("config.name.empty");
  return names.peek().names.includes(text) ? t("config.name.taken") : null;
};

function Choice({ done, options, hint }) {
  return html`${hint && html`<p class="soft">${hint}</p>`}
    <div class="menu choice">${options.map((each) => html`<button key=${each} type="button" onClick=${() => done(each)}>${each}</button>`)}</div>`;
}

/** Somebody else saved: theirs, mine, or mine under another name. */
async function settle() {
  const { name, values } = /** @type {import("../../lib/config.js").Configuration} */ (configuration.peek());
  const answer = await openDialog(t("config.conflict"), Settle, { name });
  if (answer === "theirs") await load(name);
  if (answer === "mine") await save({ overwrite: true });
  if (answer === "copy") {
    const to = await promptText(t("config.copy"), { label: t("config.name"), value: t("config.copyof", { name }), check: taken });
    if (to) await withErrorToast(() => runAction("new", to, { config: values }));
  }
}

function Settle({ done, name }) {
  const theirs = conflict.value?.config ?? {};
  const mine = configuration.value?.values ?? {};
  const differing = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])].filter((each) => JSON.stringify(theirs[each]) !== JSON.stringify(mine[each]));
  return html`<p>${t("config.conflict.what", { name })}</p>
    <table class="differences"><thead><tr><td></td><th>${t("config.mine")}</th><th>${t("config.theirs")}</th></tr></thead>
      <tbody>${differing.map((each) => html`<tr key=${each}><th><code>${each}</code></th><td class="wrap">${JSON.stringify(mine[each]) ?? "–"}</td><td class="wrap">${JSON.stringify(theirs[each]) ?? "–"}</td></tr>`)}</tbody>
    </table>
    <footer>
      <${Button} onClick=${() => done("theirs")}>${t("config.take.theirs")}<//>
      <${Button} onClick=${() => done("copy")}>${t("config.copy")}<//>
      <${Button} kind="danger" onClick=${() => done("mine")}>${t("config.take.mine")}<//>
    </footer>`;
}
