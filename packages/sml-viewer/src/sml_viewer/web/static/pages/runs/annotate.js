// Tag, annotate, hide and restore runs, each with undo.
import { post } from "../../lib/api.js";
import { html, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { openDialog } from "../../widgets/dialog.js";
import { Checkbox, TextArea, TextField } from "../../widgets/field.js";
import { toast, toastError } from "../../widgets/toast.js";

/** Post changes, say what happened, and offer to undo it. `done` is called after either. */
export async function annotate(changes, said, done) {
  try {
    const answer = await post("/api/v1/annotations", { changes });
    const undo = async () => {
      await post("/api/v1/annotations", answer.undo).catch(toastError);
      done();
    };
    toast(said, { undo });
    done();
  } catch (error) {
    toastError(error);
  }
}

export const hide = (ids, hidden, done) =>
  annotate([{ ids, hidden }], t(hidden ? "hidden.done" : "restored.done", { n: ids.length }), done);

/** Let the person tag runs: `runs` are `{ id, tags }`, `known` the tags that are in use. */
export async function editTags(runs, known, done) {
  const chosen = await openDialog(t("tags.title", { n: runs.length }), Tags, { runs, known });
  if (!chosen || (!chosen.add.length && !chosen.remove.length)) return;
  await annotate([{ ids: runs.map((run) => run.id), ...chosen }], t("tags.done", { n: runs.length }), done);
}

/** Let the person write a note to runs; `note` is what is there. */
export async function editNote(ids, note, done) {
  const text = await openDialog(t("note.title", { n: ids.length }), Note, { note });
  if (text !== null && text !== note) await annotate([{ ids, note: text }], t("note.done"), done);
}

function Tags({ runs, known, done }) {
  const [changed, setChanged] = useState({});
  const typed = useRef("");
  const share = (tag) => runs.filter((run) => (run.tags ?? []).includes(tag)).length / runs.length;
  const tags = [...new Set([...known, ...Object.keys(changed)])].sort();
  const split = (words) => words.split(/[,，]/).map((each) => each.trim()).filter(Boolean);
  const finish = (event) => {
    event.preventDefault();
    const all = { ...changed, ...Object.fromEntries(split(typed.current).map((tag) => [tag, true])) };
    const names = (on) => Object.keys(all).filter((tag) => all[tag] === on);
    done({ add: names(true), remove: names(false) });
  };
  return html`<form onSubmit=${finish}>
    ${tags.map((tag) => {
      const part = share(tag);
      const mixed = changed[tag] === undefined && part > 0 && part < 1;
      return html`<${Checkbox} key=${tag} label=${tag} checked=${changed[tag] ?? part === 1} indeterminate=${mixed}
        onChange=${(on) => setChanged({ ...changed, [tag]: on })} />`;
    })}
    <${TextField} label=${t("tags.new")} hint=${t("tags.hint")} autofocus onInput=${(text) => (typed.current = text)} />
    <footer><${Button} onClick=${() => done(null)}>${t("cancel")}<//><button type="submit" class="button primary">${t("save")}</button></footer>
  </form>`;
}

function Note({ note, done }) {
  const text = useRef(note);
  return html`<form onSubmit=${(event) => (event.preventDefault(), done(text.current))}>
    <${TextArea} label=${t("note")} value=${note} autofocus onInput=${(typed) => (text.current = typed)} />
    <footer><${Button} onClick=${() => done(null)}>${t("cancel")}<//><button type="submit" class="button primary">${t("save")}</button></footer>
  </form>`;
}
