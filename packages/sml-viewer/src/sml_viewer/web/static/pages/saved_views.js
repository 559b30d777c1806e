// The view in the header: saved views, whether this one is changed, and what can be done with it.
import {
  changed, configuration, conflict, content, discard, load, names, openView, reset, runAction, save, saveAs, saving,
} from "../lib/config.js"; // prettier-ignore
import { withErrorToast } from "../lib/errors.js";
import { useCommands } from "../lib/keys.js";
import { tabViews } from "../lib/tab_views.js";
import { html } from "../lib/ui.js";
import { language, t } from "../lib/i18n.js";
import { undo } from "../lib/undo.js";
import { Button, Menu, Popover } from "../widgets/button.js";
import { confirm, openDialog, promptText } from "../widgets/dialog.js";
import { Icon } from "../widgets/icon.js";
import { toast } from "../widgets/toast.js";

export function SavedViews() {
  const current = configuration.value;
  const isChanged = changed.value;
  useCommands(
    [
      { label: t("config.save"), hint: "Ctrl S", act: saveView },
      { label: t("config.saveas"), act: saveAsNew },
      ...(isChanged ? [{ label: t("config.discard"), act: discardChanges }] : []),
    ],
    [isChanged, language.value],
  );
  if (!current) return null;
  const { name } = current;
  const all = [...new Set(["default", name, ...names.value.names])].sort();
  const mark = isChanged && html`<span class="changed" title=${t("config.changed")}></span>`;
  return html`<div class="configuration">
    <${Popover} kind="plain" label=${t("config")} aria-label=${`${t("config")}: ${name}${isChanged ? `, ${t("config.changed")}` : ""}`} text=${html`<${Icon} name="sliders" /><span class="cut">${name}</span>${mark}<${Icon} name="chevron" size="12" />`}>
      ${(close) => html`<div class="menu">
        ${all.map((each) => html`<button key=${each} type="button" aria-current=${each === name ? "true" : undefined} onClick=${() => (close(), each !== name && openView(each))}>
          <${Icon} name=${each === name ? "check" : "file"} /><span class="cut">${each}</span>
        </button>`)}
        <button type="button" onClick=${() => (close(), saveAsNew())}><${Icon} name="plus" />${t("config.saveas")}</button>
      </div>`}
    <//>
    <${Menu} icon="menu" kind="plain" label=${t("config.actions")} items=${actions(current)} />
    <${State} isChanged=${isChanged} name=${name} />
  </div>`;
}

function State({ isChanged, name }) {
  if (saving.value === "conflict") return html`<${Button} kind="danger" icon="warning" onClick=${resolveConflict}>${t("config.conflict")}<//>`;
  if (!isChanged) {
    const text = saving.value === "saving" ? "…" : html`<${Icon} name="check" size="12" /><span class="unseen">${t("config.kept")}</span>`;
    return html`<span class="saved faint" role="status" title=${t("config.kept")}>${text}</span>`;
  }
  return html`<${Button} icon="save" class="saveview" label=${t("config.save.what", { name })} disabled=${saving.value === "saving"} onClick=${saveView}><span>${t("config.save")}</span><//>
    <${Button} icon="undo" kind="plain" label=${t("config.discard.what", { name })} onClick=${discardChanges}><span>${t("config.discard")}</span><//>`;
}

/** Save what is looked at under the name of the view. */
export async function saveView() {
  const shown = configuration.peek();
  if (shown && (await save())) toast(t("config.saved", { name: shown.name }));
}

async function saveAsNew() {
  const name = configuration.peek()?.name ?? "";
  const to = await promptText(t("config.saveas"), { label: t("config.name"), value: t("config.copyof", { name }), yes: t("save"), check: nameError });
  if (to) await withErrorToast(() => saveAs(to));
}

function discardChanges() {
  discard();
  toast(t("config.discarded", { name: configuration.peek()?.name }), { undo });
}

function resetSettings() {
  reset();
  toast(t("config.reset.done"), { undo });
}

/** Delete a view; the server has it in its recycle bin, from where it is restored. */
async function deleteView(name) {
  const before = names.peek().deleted;
  const answer = await withErrorToast(() => runAction("delete", name));
  const deleted = answer?.deleted.find((each) => !before.includes(each));
  if (answer) toast(t("config.deleted", { name }), { undo: deleted ? () => withErrorToast(() => runAction("restore", deleted)) : null });
}

function actions({ name, values }) {
  const otherNames = names.value.names.filter((each) => each !== name);
  const keys = values.DATA_MERGER ?? [];
  const saved = names.value.names.includes(name);
  return [
    { label: t("config.new"), icon: "plus", act: async () => {
      const to = await promptText(t("config.new"), { label: t("config.name"), check: nameError });
      if (to) await withErrorToast(() => runAction("new", to, { config: {} }));
    } },
    { label: t("config.saveas"), icon: "copy", act: saveAsNew },
    { label: t("config.rename"), icon: "note", disabled: !saved, act: async () => {
      const to = await promptText(t("config.rename"), { label: t("config.name"), value: name, check: nameError });
      if (to) await withErrorToast(() => runAction("rename", name, { to }));
    } },
    { label: t("config.merge"), icon: "compare", disabled: !otherNames.length || !saved, act: async () => {
      const other = await openDialog(t("config.merge"), Choice, { options: otherNames, hint: t("config.merge.hint") });
      if (other) await withErrorToast(() => runAction("merge", name, { other }));
    } },
    { label: t("config.split"), icon: "group", disabled: !keys.length || !saved, act: async () => {
      if (await confirm(t("config.split"), t("config.split.what", { names: keys.map((key) => `${name}_gs_${key}`).join(", ") }), t("config.split.yes"))) await withErrorToast(() => runAction("split", name, { keys }));
    } },
    { label: t("config.reset"), icon: "undo", act: resetSettings },
    { label: t("config.delete"), icon: "trash", disabled: !saved, danger: true, act: () => deleteView(name) },
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
  const name = /** @type {string} */ (configuration.peek()?.name);
  const answer = await openDialog(t("config.conflict"), ConflictDialog, { name });
  if (answer === "theirs") await load(name, { fresh: true });
  if (answer === "mine") await save({ overwrite: true });
  if (answer === "copy") await saveAsNew();
}

function ConflictDialog({ done, name }) {
  const remote = conflict.value?.config ?? {};
  const local = content(configuration.value?.values ?? {}, tabViews());
  const differing = [...new Set([...Object.keys(remote), ...Object.keys(local)])].filter((each) => JSON.stringify(remote[each]) !== JSON.stringify(local[each]));
  return html`<p>${t("config.conflict.what", { name })}</p>
    <table class="differences"><thead><tr><td></td><th>${t("config.mine")}</th><th>${t("config.theirs")}</th></tr></thead>
      <tbody>${differing.map((each) => html`<tr key=${each}><th><code>${each}</code></th><td class="wrap">${JSON.stringify(local[each]) ?? "–"}</td><td class="wrap">${JSON.stringify(remote[each]) ?? "–"}</td></tr>`)}</tbody>
    </table>
    <footer>
      <${Button} onClick=${() => done("theirs")}>${t("config.take.theirs")}<//>
      <${Button} onClick=${() => done("copy")}>${t("config.saveas")}<//>
      <${Button} kind="danger" onClick=${() => done("mine")}>${t("config.take.mine")}<//>
    </footer>`;
}
