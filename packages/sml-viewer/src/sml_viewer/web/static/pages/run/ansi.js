// Text with a terminal's colours (SGR) as elements, with the parts that match a search marked.
import { html } from "../../lib/ui.js";

const SEQUENCE = /\x1b\[([\d;]*)m/g; // eslint-disable-line no-control-regex
const MOST_MARKS = 2000;

/** Whether there is anything but plain text. */
const isColoured = (text) => text.includes("\x1b[");

/** The elements of a text; `query` in upper or lower case is marked. */
export function coloured(text, query = "") {
  if (!isColoured(text)) return marked(text, query);
  const parts = [];
  let style = NORMAL;
  let from = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    if (match.index > from) parts.push(styled(text.slice(from, match.index), style, query));
    style = changed(style, match[1]);
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push(styled(text.slice(from), style, query));
  return parts;
}

const NORMAL = { ink: /** @type {string | null} */ (null), ground: /** @type {string | null} */ (null), bold: false, dim: false, italic: false, line: false };

function styled(text, style, query) {
  const content = marked(text, query);
  if (style === NORMAL) return content;
  const { ink, ground, bold, dim, italic, line } = style;
  const names = [bold && "bold", dim && "dim", italic && "italic", line && "underline", isNamed(ink) && `ink${ink}`, isNamed(ground) && `ground${ground}`];
  const own = { ...(ink && !isNamed(ink) && { color: ink }), ...(ground && !isNamed(ground) && { background: ground }) };
  return html`<span class=${names.filter(Boolean).map((name) => `ansi-${name}`).join(" ")} style=${own}>${content}</span>`;
}

/** Whether a colour is one of the sixteen that the page has of its own. */
const isNamed = (colour) => colour !== null && colour !== undefined && /^\d+$/.test(colour);

/** The style after a sequence of codes. */
function changed(style, codes) {
  let next = style;
  const numbers = codes.split(";").map((code) => Number(code || 0));
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at];
    if (code === 38 || code === 48) {
      const [colour, used] = extended(numbers.slice(at + 1));
      next = { ...next, [code === 38 ? "ink" : "ground"]: colour };
      at += used;
    } else next = single(next, code);
  }
  return next;
}

function single(style, code) {
  if (code === 0) return NORMAL;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, line: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 23) return { ...style, italic: false };
  if (code === 24) return { ...style, line: false };
  if (code === 39) return { ...style, ink: null };
  if (code === 49) return { ...style, ground: null };
  const bright = code >= 90 ? 8 : 0;
  const [tens, unit] = [Math.floor((code - (bright && 60)) / 10), code % 10];
  if (tens === 3 && unit < 8) return { ...style, ink: String(unit + bright) };
  if (tens === 4 && unit < 8) return { ...style, ground: String(unit + bright) };
  return style;
}

/**
 * The colour of `5;n` or `2;r;g;b`, and how many numbers tell it.
 * @returns {[string | null, number]}
 */
function extended([kind, ...rest]) {
  if (kind === 2) return [`rgb(${rest.slice(0, 3).map((each) => each & 255).join(" ")})`, 4];
  if (kind !== 5) return [null, 1];
  const n = rest[0] & 255;
  if (n < 16) return [String(n), 2];
  if (n > 231) return [`rgb(${Array(3).fill(8 + 10 * (n - 232)).join(" ")})`, 2]; // prettier-ignore
  const level = (each) => (each ? 55 + 40 * each : 0);
  return [`rgb(${level(Math.floor((n - 16) / 36))} ${level(Math.floor((n - 16) / 6) % 6)} ${level((n - 16) % 6)})`, 2];
}

function marked(text, query) {
  if (!query) return text;
  const [lower, word] = [text.toLowerCase(), query.toLowerCase()];
  if (lower.length !== text.length) return text; // letters whose lower case is longer
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(word); at >= 0 && parts.length < MOST_MARKS; at = lower.indexOf(word, from)) {
    parts.push(text.slice(from, at), html`<mark>${text.slice(at, at + word.length)}</mark>`);
    from = at + word.length;
  }
  return parts.length ? [...parts, text.slice(from)] : text;
}
