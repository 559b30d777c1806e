// The note of the shown configuration, in markdown.
import { option, setOptions } from "../../lib/config.js";
import { html, useEffect, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";

export const viewNote = () => option("VIEW_NOTE", "") ?? "";

/** Let the user write the note; Ctrl-Z takes the change back. */
export async function editViewNote() {
  const { writeNote } = await import("./editor.js");
  const note = viewNote();
  const text = await writeNote(t("view.note"), note);
  if (text !== null && text !== note) setOptions({ VIEW_NOTE: text.trim() ? text : undefined });
}

export function ViewNote() {
  const note = viewNote();
  const [View, setView] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (note && !View) import("../run/markdown.js").then((module) => setView(() => module.Markdown));
  }, [note]);
  return note && View && html`<section class="view-note" aria-label=${t("view.note")}>
    <${View} text=${note} /><${Button} icon="note" label=${t("view.note.edit")} onClick=${editViewNote} />
  </section>`;
}
