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

/** Show the configuration menu in the header while the calling page is mounted. */
export function useConfigurationMenu() {
  useEffect(() => {
    users += 1;
    headerSlot.value = ConfigurationMenu;
    return () => {
      // On a change of pages the new one may mount before the old one unmounts.
      users -= 1;
      if (!users) headerSlot.value = null;
    };
  }, []);
}

function ConfigurationMenu() {
  const current = configuration.value;
  if (!current) return null;
  const all = [...new Set([current.name, ...names.value.names])].sort();
  const show = (close, name) => {
    close();
    setParams({ config: name === "default" ? "" : name }, { replace: false });
  };
  return html`<div class="configuration">
    <${Popover} kind="plain" label=${t("config")} text=${html`<${Icon} name="sliders" /><span class="cut">${current.name}</span><${Icon} name="chevron" size="12" />`}>
      ${(close) => html`<div class="menu">
        ${all.map((name) => html`<button key=${name} type="button" aria-current=${name === current.name ? "true" : undefined} onClick=${() => show(close, name)}>
          <${Icon} name=${name === current.name ? "check" : "file"} /><span class="cut">${name}</span>
        </button>`)}
      </div>`}
    <//>
    <${Menu} icon="menu" kind="plain" label=${t("config.actions")} items=${actions(current)} />
    <${SaveState} />
  </div>`;
}

function SaveState() {
  const state = saving.value;
  if (state === "conflict") return html`<${Button} kind="danger" icon="warning" onClick=${resolveConflict}>${t("config.conflict")}<//>`;
  return html`<span class="saved faint" role="status" title=${t("config.state")}>${state === "failed" ? t("config.failed") : state ? "…" : html`<${Icon} name="check" size="12" /><span class="unseen">${t("config.kept")}</span>`}</span>`;
}

function actions(current) {
  const { name } = current;
  const otherNames = names.value.names.filter((each) => each !== name);
  const keys = current.values.DATA_MERGER ?? [];
  const saved = names.value.names.includes(name);
  const promptName = (key, run) => async () => {
    const to = await promptText(t(key), { label: t("config.name"), value: key === "config.rename" ? name : t("config.copyof", { name }), check: nameError });
    if (to) await withErrorToast(() => run(to));
  };
  return [
    { label: t("config.new"), icon: "plus", act: async () => {
      const to = await promptText(t("config.new"), { label: t("config.name"), check: nameError });
      if (to) await withErrorToast(() => runAction("new", to, { config: {} }));
    } },
    { label: t("config.copy"), icon: "copy", act: promptName("config.copy", async (to) => runAction("new", to, { config: current.values })) },
    { label: t("config.rename"), icon: "note", disabled: !saved, act: promptName("config.rename", (to) => runAction("rename", name, { to })) },
    { label: t("config.merge"), icon: "compare", disabled: !otherNames.length || !saved, act: async () => {
      const other = await openDialog(t("config.merge"), Choice, { options: otherNames, hint: t("config.merge.hint") });
      if (other) await withErrorToast(() => runAction("merge", name, { other }));
    } },
    { label: t("config.split"), icon: "group", disabled: !keys.length || !saved, act: async () => {
      if (await confirm(t("config.split"), t("config.split.what", { names: keys.map((key) => `${name}_gs_${key}`).join(", ") }), t("config.split.yes"))) await withErrorToast(() => runAction("split", name, { keys }));
    } },
    { label: t("config.reset"), icon: "undo", disabled: !saved, danger: true, act: async () => {
      if (await confirm(t("config.reset"), t("config.reset.what", { name }), t("config.reset"), { danger: true })) await withErrorToast(() => runAction("reset", name));
    } },
    { label: t("config.delete"), icon: "trash", disabled: !saved, danger: true, act: async () => {
      if (await confirm(t("config.delete"), t("config.delete.what", { name }), t("config.delete"), { danger: true })) await withErrorToast(() => runAction("delete", name));
    } },
    { label: t("config.restore"), icon: "archive", disabled: !names.value.deleted.length, act: async () => {
      const chosen = await openDialog(t("config.restore"), Choice, { options: names.value.deleted });
      if (chosen) await withErrorToast(() => runAction("restore", chosen));
    } },
  ];
}

const nameError = (text) => {
  if (!text.trim()) return t("config.name.empty");
  return names.peek().names.includes(text) ? t("config.name.taken") : null;
};

function Choice({ done, options, hint }) {
  return html`${hint && html`<p class="soft">${hint}</p>`}
    <div class="menu choice">${options.map((each) => html`<button key=${each} type="button" onClick=${() => done(each)}>${each}</button>`)}</div>`;
}

/** Resolve a conflict with what somebody else saved: keep theirs, mine, or mine under another name. */
async function resolveConflict() {
  const { name, values } = /** @type {import("../../lib/config.js").Configuration} */ (configuration.peek());
  const answer = await openDialog(t("config.conflict"), ConflictDialog, { name });
  if (answer === "theirs") await load(name);
  if (answer === "mine") await save({ overwrite: true });
  if (answer === "copy") {
    const to = await promptText(t("config.copy"), { label: t("config.name"), value: t("config.copyof", { name }), check: nameError });
    if (to) await withErrorToast(() => runAction("new", to, { config: values }));
  }
}

function ConflictDialog({ done, name }) {
  const remote = conflict.value?.config ?? {};
  const local = configuration.value?.values ?? {};
  const differing = [...new Set([...Object.keys(remote), ...Object.keys(local)])].filter((each) => JSON.stringify(remote[each]) !== JSON.stringify(local[each]));
  return html`<p>${t("config.conflict.what", { name })}</p>
    <table class="differences"><thead><tr><td></td><th>${t("config.mine")}</th><th>${t("config.theirs")}</th></tr></thead>
      <tbody>${differing.map((each) => html`<tr key=${each}><th><code>${each}</code></th><td class="wrap">${JSON.stringify(local[each]) ?? "–"}</td><td class="wrap">${JSON.stringify(remote[each]) ?? "–"}</td></tr>`)}</tbody>
    </table>
    <footer>
      <${Button} onClick=${() => done("theirs")}>${t("config.take.theirs")}<//>
      <${Button} onClick=${() => done("copy")}>${t("config.copy")}<//>
      <${Button} kind="danger" onClick=${() => done("mine")}>${t("config.take.mine")}<//>
    </footer>`;
}
