// Files of a run: preview and download.
import { href, useLive } from "../../lib/api.js";
import { bytes, moment } from "../../lib/format.js";
import { param, setParams } from "../../lib/route.js";
import { html, useState } from "../../lib/ui.js";
import { t } from "../../lib/i18n.js";
import { LinkButton } from "../../widgets/button.js";
import { Icon } from "../../widgets/icon.js";
import { Failed, Progress } from "../../widgets/states.js";
import { Preview } from "./preview.js";

const MANY = 12; // files of a folder that is shown closed

const ICONS = { table: "table", image: "image", archive: "archive" };

export function Files({ base }) {
  const { data, error, reload } = useLive(`${base}/files`, {}, { every: 10000 });
  const chosen = param("file");
  const show = (name) => setParams({ file: name === chosen ? "" : name });
  const file = data?.files.find((each) => each.name === chosen);
  return html`<section class="panel files">
    <header><h2>${t("run.files")} <small>${data?.count}</small></h2>${data && html`<span class="faint">${bytes(data.bytes)}</span>`}</header>
    ${error && html`<${Failed} error=${error} retry=${reload} />`}
    ${!error && !data && html`<${Progress} />`}
    ${data && html`<${Folder} tree=${treeOf(data.files)} base=${base} chosen=${chosen} show=${show} />`}
    ${data?.cut && html`<p class="body faint">${t("files.cut", { n: data.files.length, all: data.count })}</p>`}
    ${data?.left_out.length > 0 && html`<p class="body faint wrap">${t("files.leftout", { names: data.left_out.join(", ") })}</p>`}
    ${file && html`<${Preview} key=${file.name} base=${base} file=${file} close=${() => show(file.name)} />`}
  </section>`;
}

/** The tree of folders: `{ folders: Map, files: [] }`. */
function treeOf(files) {
  /** @type {{ folders: Map<string, any>, files: any[] }} */
  const root = { folders: new Map(), files: [] };
  for (const file of files) {
    const parts = file.label.split("/");
    const leaf = parts.pop();
    let folder = root;
    for (const part of parts) {
      if (!folder.folders.has(part)) folder.folders.set(part, { folders: new Map(), files: [] });
      folder = folder.folders.get(part);
    }
    folder.files.push({ ...file, leaf });
  }
  return root;
}

const sizeOf = ({ folders, files }) => files.length + [...folders.values()].reduce((sum, inside) => sum + sizeOf(inside), 0);

function Folder({ tree, base, chosen, show }) {
  return html`<ul class="tree">
    ${[...tree.folders].map(([name, inside]) => html`<${SubFolder} key=${name} ...${{ name, inside, base, chosen, show }} />`)}
    ${tree.files.map((file) => html`<li key=${file.name} class="file">
      <button type="button" aria-expanded=${file.name === chosen} onClick=${() => show(file.name)}>
        <${Icon} name=${ICONS[file.kind] ?? "file"} /><span>${file.leaf}</span>
      </button>
      <small title=${moment(file.modified)}>${bytes(file.size)}</small>
      <${LinkButton} icon="download" label=${t("download.name", { name: file.label })} href=${href(`${base}/download`, { name: file.name })} download />
    </li>`)}
  </ul>`;
}

function SubFolder({ name, inside, ...rest }) {
  // Checkpoints and media by step would hide what lies below them.
  const [open, setOpen] = useState(() => sizeOf(inside) <= MANY || `/${rest.chosen}`.includes(`/${name}/`));
  return html`<li>
    <button type="button" class="folder" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <${Icon} name=${open ? "chevron" : "right"} size="12" /><${Icon} name="folder" /><span>${name}</span>
    </button>
    ${open && html`<${Folder} tree=${inside} ...${rest} />`}
  </li>`;
}
