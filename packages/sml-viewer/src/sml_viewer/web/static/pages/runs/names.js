// Names of runs: cut in the middle, and what all runs in sight share is dim.
import { html } from "../../lib/ui.js";

const SEPARATOR = /([_/,= ·&-]+)/;
const KEY = /((?:^|(?<=[ ,]))[^\s,=·]+=)/; // of a parameter
const MOST = 84; // letters of a name in a legend
const SAMPLE = 400; // names that are compared
const SHORT = 24; // letters of a name that is not cut
const LONG = 44; // letters of a name of which shared parts are shortened
const SHARED = 16; // letters of a shared part that is not shortened
const TAIL = 14; // letters at its end that stay
const COMPACT_TAIL = 12; // of these where there is little room
const NEAR = 3; // letters that such an end may lose to begin with a separator

const COMPARED = 2000; // names whose last components are compared

const NOTHING_SHARED = { first: 0, last: 0, same: new Set(), endings: new Set() };

/**
 * Which parts all names of rows share: `{ first, last }` parts from the beginning and the end, or `same` by position.
 * `endings` are last components of paths that tell no names apart, such as `/record`.
 */
export function commonParts(rows, nameOf = (row) => row) {
  const step = Math.max(1, Math.ceil(rows.length / SAMPLE));
  /** @type {string[][]} */
  const split = [];
  for (let index = 0; index < rows.length; index += step) split.push(nameOf(rows[index]).split(SEPARATOR));
  if (split.length < 2) return NOTHING_SHARED;
  const [reference] = split;
  const equal = (index, from) => split.every((parts) => parts.at(from + index) === reference.at(from + index));
  const shortest = Math.min(...split.map((parts) => parts.length));
  const same = new Set();
  const endings = rows.length <= COMPARED ? idleEndings(rows.map(nameOf)) : new Set();
  if (split.every((parts) => parts.length === reference.length)) {
    for (let index = 0; index < reference.length; index += 1) if (equal(index, 0)) same.add(index);
    return { first: 0, last: 0, same, endings };
  }
  let [first, last] = [0, 0];
  while (first < shortest && equal(first, 0)) first += 1;
  while (last < shortest - first && equal(-last - 1, 0)) last += 1;
  return { first, last, same, endings };
}

/** The last components of several paths without a digit, each the only one below what is before it. */
function idleEndings(names) {
  /** @type {Map<string, string[]>} */
  const parents = new Map();
  const several = new Map();
  for (const name of names) {
    const ending = endingOf(name);
    const parent = name.slice(0, name.length - ending.length);
    parents.set(parent, [...(parents.get(parent) ?? []), ending]);
    several.set(ending, several.has(ending));
  }
  const distinguishing = new Set([...parents.values()].filter((endings) => endings.length > 1).flat());
  return new Set([...several.keys()].filter((ending) => several.get(ending) && ending && !distinguishing.has(ending) && !/\d/.test(ending)));
}

const endingOf = (name) => (name.includes("/") ? name.slice(name.lastIndexOf("/")) : "");

/** A name in pieces `{ text, dim }`. */
export function piecesOf(name, { first, last: shared, same, endings }) {
  const ending = endingOf(name);
  const last = endings.has(ending) ? Math.max(shared, ending.split(SEPARATOR).length - 1) : shared;
  const parts = name.split(SEPARATOR);
  const pieces = [];
  parts.forEach((text, index) => {
    const dim = same.has(index) || index < first || index >= parts.length - last;
    const before = pieces.at(-1);
    if (before && before.dim === dim) before.text += text;
    else if (text) pieces.push({ text, dim });
  });
  // A name of which everything is shared would be all dim.
  return pieces.every((piece) => piece.dim) ? [{ text: name, dim: false }] : pieces;
}

/** A name as it is shown in a line; where there is little room, only what differs. */
export function ShortName({ name, common = NOTHING_SHARED, compact = false }) {
  const pieces = piecesOf(name, common).map(compact ? separated : name.length > LONG ? shortened : (piece) => piece);
  const length = pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  if (length <= SHORT) return html`<span class="middle"><span>${pieces.map(Piece)}</span></span>`;
  const [head, tail] = cut(pieces, length - tailOf(pieces.map((piece) => piece.text).join(""), compact ? COMPACT_TAIL : TAIL));
  return html`<span class="middle"><span>${head.map(Piece)}</span><span>${tail.map(Piece)}</span></span>`;
}

/** The number of letters at the end of a name that stay: from a separator on, if one is near. */
function tailOf(name, most) {
  const at = name.slice(-most).search(SEPARATOR);
  return at >= 0 && at <= NEAR ? most - at : most;
}

/** A name in a legend: the names of parameters are dim; of a long one what all share is left out, and it wraps. */
export function LegendName({ name, common = NOTHING_SHARED, most = MOST }) {
  if (name.length <= SHORT) return html`<${ShortName} name=${name} common=${common} />`;
  const whole = piecesOf(name, common).map(separated).filter(({ text }) => text);
  const length = whole.reduce((sum, { text }) => sum + text.length, 0);
  const [head, rest] = cut(whole, most / 3);
  const short = length > most ? [...head, { text: "…", dim: true }, ...cut(rest, length - most)[1]] : whole;
  const pieces = short.flatMap((piece) => (piece.dim ? [piece] : piece.text.split(KEY).map((text, index) => ({ text, dim: index % 2 === 1 }))));
  return html`<span class="wrapped">${pieces.map(Piece)}</span>`;
}

/** A long part that all names share gives way to those that differ. */
const shortened = ({ text, dim }) => (dim && text.length > SHARED ? { text: `${text.slice(0, 5)}…${text.slice(-8)}`, dim } : { text, dim });

/** What all names share as a mark between the parts that differ. */
const separated = ({ text, dim }, index, all) => (dim ? { text: index && index < all.length - 1 ? " · " : "", dim } : { text, dim });

const Piece = ({ text, dim }) => (dim ? html`<i>${text}</i>` : text);

function cut(pieces, length) {
  /** @type {{ text: string, dim: boolean }[][]} */
  const [head, tail] = [[], []];
  let left = length;
  for (const { text, dim } of pieces) {
    if (left > 0) head.push({ text: text.slice(0, left), dim });
    if (text.length > left) tail.push({ text: text.slice(Math.max(0, left)), dim });
    left -= text.length;
  }
  return [head, tail];
}
