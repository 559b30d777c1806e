// Dialog for a note in markdown, with a preview.
import { html, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button, Segments } from "../../widgets/button.js";
import { openDialog } from "../../widgets/dialog.js";
import { TextArea } from "../../widgets/field.js";
import { Markdown } from "../run/markdown.js";
import "./words.js";

/** Let the user write a note; resolves to its text, null if the dialog was closed. */
export const writeNote = (title, note) => openDialog(title, Editor, { note });

function Editor({ note, done }) {
  const text = useRef(note);
  const [preview, setPreview] = useState(false);
  const submit = (event) => (event.preventDefault(), done(text.current));
  return html`<form class="note-editor" onSubmit=${submit}>
    <${Segments} label=${t("note")} value=${preview} options=${[[false, t("note.write")], [true, t("note.preview")]]} onChange=${setPreview} />
    ${preview
      ? html`<div class="note-preview" tabindex="0" role="region" aria-label=${t("note.preview")}>${text.current.trim() ? html`<${Markdown} text=${text.current} />` : html`<p class="faint">${t("note.empty")}</p>`}</div>`
      : html`<${TextArea} label=${t("note")} hint=${t("note.markdown")} value=${text.current} rows="8" autofocus onInput=${(typed) => (text.current = typed)} />`}
    <footer><${Button} onClick=${() => done(null)}>${t("cancel")}<//><button type="submit" class="button primary">${t("save")}</button></footer>
  </form>`;
}
