// Dialog that gives the charts away: as an interactive file, as a report, as a link.
import { post } from "../../lib/api.js";
import { requestBody } from "../../lib/config.js";
import { copy } from "../../lib/copy.js";
import { decodeBase64, download } from "../../lib/download.js";
import { withErrorToast } from "../../lib/errors.js";
import { bytes } from "../../lib/format.js";
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { openDialog } from "../../widgets/dialog.js";
import { Checkbox, TextField } from "../../widgets/field.js";
import { toast } from "../../widgets/toast.js";
import { editViewNote, viewNote } from "../notes/view_note.js";
import "../notes/words.js";
import { linkToView } from "./link.js";

/** `view` are the fields of a request for what is shared; `without` ids of runs whose lines are off. */
export const openShare = (view, without) => openDialog(t("share.title"), Share, { view, without });

function Share({ view, without, done }) {
  const [title, setTitle] = useState("");
  const [noted, setNoted] = useState(false);
  const [busy, setBusy] = useState("");
  const save = async (kind) => {
    setBusy(kind);
    const base = requestBody.peek();
    // A figure has no switched-off lines: their runs are left out.
    const left = kind === "report" ? [...new Set([...(base.without ?? []), ...without])] : base.without;
    const answer = await withErrorToast(() => post("/api/v1/share", { ...base, ...view, kind, title, ...(left?.length && { without: left }), ...(noted && { note: viewNote() }) }));
    setBusy("");
    if (!answer) return;
    const content = decodeBase64(answer.data);
    download({ name: answer.name, type: answer.type, content });
    toast(t("share.done", { name: answer.name, size: bytes(content.length) }));
    if (answer.left) toast(t("share.more", { n: view.metrics.length - answer.left }));
    done(null);
  };
  const note = viewNote();
  const copyLink = () => {
    const { href, complete, local } = linkToView();
    const words = [t(complete ? "share.copied" : "share.copied.saved"), local && t("share.copied.local")].filter(Boolean);
    copy(href, words.join(t("share.and")));
  };
  return html`<div class="share">
    <p class="soft">${t("share.what")}</p>
    <${TextField} label=${t("share.name")} placeholder=${t("share.untitled")} value=${title} onInput=${setTitle} autofocus />
    ${note
      ? html`<${Checkbox} label=${t("share.notes")} checked=${noted} onChange=${setNoted} />`
      : html`<p><button type="button" class="link" onClick=${() => (done(null), editViewNote())}>${t("share.write")}</button></p>`}
    <footer>
      <${Button} icon="copy" label=${t("share.link.what")} onClick=${copyLink}>${t("share.link")}<//>
      <${Button} icon="zip" label=${t("share.report.what")} disabled=${busy !== ""} onClick=${() => save("report")}>${busy === "report" ? "…" : t("share.report")}<//>
      <${Button} kind="primary" icon="download" disabled=${busy !== ""} onClick=${() => save("html")}>${busy === "html" ? "…" : t("share.html")}<//>
    </footer>
  </div>`;
}
