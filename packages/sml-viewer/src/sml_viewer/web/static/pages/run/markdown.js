// Markdown as elements. There is no raw HTML: tags are shown as they are written, images as links, links only to the web.
import { html } from "../../lib/ui.js";

const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DEEPEST = 12;

export function Markdown({ text }) {
  return html`<div class="markdown">${blocks(text.replace(/\r\n?/g, "\n").split("\n"), 0)}</div>`;
}

function blocks(lines, depth) {
  const parts = [];
  let at = 0;
  while (at < lines.length) {
    const [element, next] = block(lines, at, depth);
    if (element) parts.push(element);
    at = next;
  }
  return parts;
}

/** The element that begins at a line, and the line after it. */
function block(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const fence = FENCE.exec(line);
  if (fence) return code(lines, at, fence[1]);
  const heading = HEADING.exec(line);
  // The page has its own first headings.
  if (heading) return [html`<${`h${Math.min(6, heading[1].length + 2)}`}>${inline(heading[2])}<//>`, at + 1];
  if (RULE.test(line)) return [html`<hr />`, at + 1];
  if (depth < DEEPEST && QUOTE.test(line)) {
    const end = endOf(lines, at, (each) => QUOTE.test(each));
    return [html`<blockquote>${blocks(lines.slice(at, end).map((each) => QUOTE.exec(each)?.[1] ?? ""), depth + 1)}</blockquote>`, end];
  }
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "") && lines[at + 1].includes("-")) return table(lines, at);
  const end = Math.max(at + 1, endOf(lines, at, (each) => each.trim() !== "" && ![FENCE, HEADING, RULE, QUOTE, ITEM].some((begin) => begin.test(each))));
  return [html`<p>${inline(lines.slice(at, end).join("\n"))}</p>`, end];
}

function endOf(lines, at, belongs) {
  let end = at;
  while (end < lines.length && belongs(lines[end])) end += 1;
  return end;
}

function code(lines, at, mark) {
  const end = endOf(lines, at + 1, (each) => !each.trim().startsWith(mark));
  return [html`<pre tabindex="0">${lines.slice(at + 1, end).join("\n")}</pre>`, end + 1];
}

function list(lines, at, depth) {
  const [, indent, bullet] = /** @type {RegExpExecArray} */ (ITEM.exec(lines[at]));
  const ordered = /\d/.test(bullet);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const item = ITEM.exec(lines[end]);
    if (!item || item[1].length > indent.length + 1 || item[1].length < indent.length || /\d/.test(item[2]) !== ordered) break;
    const width = item[0].length - item[3].length;
    const begin = end;
    end = endOf(lines, begin + 1, (each) => each.trim() === "" || each.search(/\S/) > indent.length);
    items.push([item[3], ...lines.slice(begin + 1, end).map((each) => each.slice(Math.min(width, Math.max(0, each.search(/\S/)))))]);
  }
  const elements = items.map((item) => html`<li>${item.length === 1 ? inline(item[0]) : blocks(item, depth + 1)}</li>`);
  return [ordered ? html`<ol start=${parseInt(bullet, 10)}>${elements}</ol>` : html`<ul>${elements}</ul>`, end];
}

function table(lines, at) {
  const end = endOf(lines, at + 2, (each) => each.includes("|"));
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => inline(cell.trim().replace(/\\\|/g, "|"))); // prettier-ignore
  return [
    html`<div class="scroll" tabindex="0"><table>
      <thead><tr>${cells(lines[at]).map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
      <tbody>${lines.slice(at + 2, end).map((line) => html`<tr>${cells(line).map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table></div>`,
    end,
  ];
}

const INLINE = /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|!?\[([^\]\n]{0,500})\]\(\s*<?([^\s<>()]{1,2000})>?(?:\s+"[^"\n]{0,500}")?\s*\)|(\*\*|__)(?=\S)([\s\S]{1,2000}?\S)\5|(?<![\w*_])([*_])(?=[^\s*_])([\s\S]{0,2000}?[^\s*_])\7(?!\w)|~~(?=\S)([\s\S]{1,2000}?\S)~~|\b(https?:\/\/[^\s<>()]{1,2000}[^\s<>().,;:!?'"])/;

/** The elements of a line: code, links, strong and emphasised text. */
function inline(text, depth = 0) {
  const parts = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match && depth < DEEPEST; match = INLINE.exec(rest)) {
    if (match.index) parts.push(rest.slice(0, match.index));
    parts.push(element(match, depth));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...parts, rest];
}

/** @param {RegExpExecArray} match */
function element(match, depth) {
  const [whole, , literal, label, address, , strong, , emphasis, struck, bareUrl] = match;
  if (literal !== undefined) return html`<code>${literal}</code>`;
  if (address !== undefined) return link(address, label ? inline(label, depth + 1) : address);
  if (strong !== undefined) return html`<strong>${inline(strong, depth + 1)}</strong>`;
  if (emphasis !== undefined) return html`<em>${inline(emphasis, depth + 1)}</em>`;
  if (struck !== undefined) return html`<s>${inline(struck, depth + 1)}</s>`;
  return bareUrl !== undefined ? link(bareUrl, bareUrl) : whole;
}

/** A link to the web; anything else, such as `javascript:`, is only its words. */
function link(address, words) {
  return /^https?:\/\//i.test(address) ? html`<a href=${address} target="_blank" rel="noopener noreferrer">${words}</a>` : html`<span title=${address}>${words}</span>`;
}
