// Preview of a file by its kind. Content is never executed: text is set as text, images by address.
import { get, href, useLive } from "../../lib/api.js";
import { bytes } from "../../lib/format.js";
import { html, useEffect, useRef, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { Button } from "../../widgets/button.js";
import { Failed, Progress } from "../../widgets/states.js";
import { toastError } from "../../widgets/toast.js";
import { Markdown } from "./markdown.js";

const MARKDOWN = /\.(md|markdown)$/i;

export function Preview({ base, file, close }) {
  const [member, setMember] = useState("");
  const { data, error, reload } = useLive(`${base}/preview`, { name: file.name, member }, { every: 5000 });
  const [source, setSource] = useState(false);
  const box = useRef(null);
  useEffect(() => box.current.scrollIntoView({ block: "nearest" }), [Boolean(data)]);
  const isMarkdown = data?.kind === "text" && MARKDOWN.test(member || file.label);
  const View = data && (isMarkdown && !source ? Rendered : KINDS[data.kind]);
  return html`<div class="preview" ref=${box} role="region" aria-label=${file.label}>
    <header>
      <code>${file.label}${member && ` › ${member}`}</code>
      ${data?.masked > 0 && html`<span class="chip">${t("preview.masked", { n: data.masked })}</span>`}
      ${isMarkdown && html`<button type="button" class="link" onClick=${() => setSource(!source)}>${t(source ? "preview.rendered" : "preview.source")}</button>`}
      ${member && html`<button type="button" class="link" onClick=${() => setMember("")}>${t("preview.members")}</button>`}
      <${Button} icon="close" label=${t("close")} onClick=${close} />
    </header>
    ${error && html`<${Failed} error=${error} retry=${reload} />`}
    ${!error && !data && html`<${Progress} />`}
    ${View && html`<${View} key=${member} data=${data} base=${base} file=${file} member=${member} setMember=${setMember} />`}
  </div>`;
}

function Text({ data, base, file, member }) {
  const [more, setMore] = useState({ text: "", to: data.to, more: data.more });
  const loadMore = async () => {
    try {
      const next = await get(`${base}/preview`, { name: file.name, member, from: more.to }, { keep: false });
      setMore({ text: more.text + next.text, to: next.to, more: next.more });
    } catch (error) {
      toastError(error);
    }
  };
  return html`<pre tabindex="0">${data.text}${more.text}</pre>
    ${more.more && html`<p class="foot"><button type="button" class="link" onClick=${loadMore}>${t("preview.more")}</button>
      <span class="faint">${t("preview.part", { part: bytes(more.to), all: bytes(data.size) })}</span></p>`}`;
}

function Rendered({ data }) {
  return html`<${Markdown} text=${data.text} />${data.more && html`<p class="foot faint">${t("preview.part", { part: bytes(data.to), all: bytes(data.size) })}</p>`}`;
}

function Table({ data }) {
  return html`<div class="scroll" tabindex="0"><table>
      <thead><tr>${data.header.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${data.rows.map((row) => html`<tr>${row.map((each) => html`<td>${each}</td>`)}</tr>`)}</tbody>
    </table></div>
    ${data.more && html`<p class="foot faint">${t("preview.rows", { n: data.rows.length })}</p>`}`;
}

function Image({ data, file }) {
  return html`<div class="image"><img src=${href(data.href)} alt=${file.label} /></div>`;
}

function Archive({ data, setMember }) {
  return html`<ul class="members">${data.members.map((each) => html`<li><button type="button" class="link" onClick=${() => setMember(each.name)}>${each.name}</button> <small>${bytes(each.size)}</small></li>`)}</ul>
    ${data.more && html`<p class="foot faint">${t("preview.someMembers", { n: data.members.length })}</p>`}`;
}

function Binary({ data }) {
  return html`<pre class="faint" tabindex="0">${`${t("preview.binary", { size: bytes(data.size) })}\n\n${data.head.replace(/(..)/g, "$1 ")}`}</pre>`;
}

const KINDS = { text: Text, json: Text, table: Table, image: Image, archive: Archive, binary: Binary };
