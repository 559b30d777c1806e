// Tag, annotate, hide and restore runs, each with undo.
import { post } from "../../lib/api.js";
import { html, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { openDialog } from "../../widgets/dialog.js";
import { Checkbox, TextField } from "../../widgets/field.js";
import { toast, toastError } from "../../widgets/toast.js";

/** Post changes and show a message with undo. `done` is called after the change, and after its undo. */
export async function annotate(changes, message, done) {
  try {
    const answer = await post("/api/v1/annotations", { changes });
    const undo = async () => {
      await post("/api/v1/annotations", answer.undo).catch(toastError);
      done();
    };
    toast(message, { undo });
    done();
  } catch (error) {
    toastError(error);
  }
}

export const setHidden = (ids, hidden, done) =>
  annotate([{ ids, hidden }], t(hidden ? "hidden.done" : "restored.done", { n: ids.length }), done);

/** Let the user tag runs: `runs` are `{ id, tags }`, `known` the tags in use. */
export async function editTags(runs, known, done) {
  const chosen = await openDialog(t("tags.title", { n: runs.length }), Tags, { runs, known });
  if (!chosen || (!chosen.add.length && !chosen.remove.length)) return;
  await annotate([{ ids: runs.map((run) => run.id), ...chosen }], t("tags.done", { n: runs.length }), done);
}

/** Let the user write a note to runs; `note` is the current one. */
export async function editNote(ids, note, done) {
  const { writeNote } = await import("../notes/editor.js");
  const text = await writeNote(t("note.title", { n: ids.length }), note);
  if (text !== null && text !== note) await annotate([{ ids, note: text }], t("note.done"), done);
}

function Tags({ runs, known, done }) {
  const [changed, setChanged] = useState({});
  const typed = useRef("");
  const fractionOf = (tag) => runs.filter((run) => (run.tags ?? []).includes(tag)).length / runs.length;
  const tags = [...new Set([...known, ...Object.keys(changed)])].sort();
  const split = (words) => words.split(/[,，]/).map((each) => each.trim()).filter(Boolean);
  const submit = (event) => {
    event.preventDefault();
    const all = { ...changed, ...Object.fromEntries(split(typed.current).map((tag) => [tag, true])) };
    const names = (on) => Object.keys(all).filter((tag) => all[tag] === on);
    done({ add: names(true), remove: names(false) });
  };
  return html`<form onSubmit=${submit}>
    ${tags.map((tag) => {
      const fraction = fractionOf(tag);
      const mixed = changed[tag] === undefined && fraction > 0 && fraction < 1;
      return html`<${Checkbox} key=${tag} label=${tag} checked=${changed[tag] ?? fraction === 1} indeterminate=${mixed}
        onChange=${(on) => setChanged({ ...changed, [tag]: on })} />`;
    })}
    <${TextField} label=${t("tags.new")} hint=${t("tags.hint")} autofocus onInput=${(text) => (typed.current = text)} />
    <footer><${Button} onClick=${() => done(null)}>${t("cancel")}<//><button type="submit" class="button primary">${t("save")}</button></footer>
  </form>`;
}
