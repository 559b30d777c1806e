// Translations in Chinese and English; the language is the browser's or the chosen one.
import { computed, signal } from "@preact/signals";

export const LANGUAGES = { zh: "中文", en: "English" };

const FILES = ["", ".plots", ".charts", ".hyper"]; // the shell and the runs, the plots, the charts, hyper-parameters

const fetchTexts = async (file) => (await fetch(new URL(`../locales/${file}`, import.meta.url))).json();

const root = document.documentElement;
const loaded = signal({});
const shown = signal("en");

/** The language that is shown: "zh" or "en". */
export const language = computed(() => shown.value);

/** Show a language. The server chooses the first one and puts it into the page's `lang`. */
export async function showLanguage(name) {
  if (!loaded.peek()[name]) {
    const texts = {};
    for (let count = 0; count < FILES.length; ) {
      const files = FILES.slice(count); // a part of the page may ask for more meanwhile
      count = FILES.length;
      Object.assign(texts, ...(await Promise.all(files.map((file) => fetchTexts(`${name}${file}.json`)))));
    }
    loaded.value = { ...loaded.peek(), [name]: texts };
  }
  shown.value = name;
  root.lang = name === "zh" ? "zh-Hans" : "en";
}

/** Show a language with these texts, where none can be loaded. */
export function setTexts(name, texts) {
  loaded.value = { ...loaded.peek(), [name]: texts };
  shown.value = name;
}

/** Load more texts, of the files `locales/<language><file>.json`, for what is not part of the first view. */
export async function addTexts(file) {
  if (FILES.includes(file)) return;
  FILES.push(file);
  const names = Object.keys(loaded.peek());
  const files = await Promise.all(names.map((name) => fetchTexts(`${name}${file}.json`)));
  const extended = names.map((name, at) => [name, { ...loaded.peek()[name], ...files[at] }]);
  loaded.value = { ...loaded.peek(), ...Object.fromEntries(extended) };
}

/** The language that the server chose. */
export const firstLanguage = () => (root.lang.startsWith("zh") ? "zh" : "en");

/**
 * The text of a key, with `{names}` filled in. A text "singular|plural" is chosen by the value `n`.
 * A key without a text is shown itself. What counts things gets separators of thousands.
 */
export function t(key, values = {}) {
  const text = loaded.value[language.value]?.[key] ?? key;
  const [singular, plural] = text.split("|");
  const template = plural !== undefined && values.n !== 1 ? plural : singular;
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? written(name, values[name]) : whole));
}

/** @type {Record<string, Record<string, string>>} */
const ownNames = {}; // by language

/** Keep the texts of names that are keys and ours, such as `all runs`; the engine's answers have them in the page's language. */
export const keepNames = (names = {}) => Object.assign((ownNames[shown.peek()] ??= {}), names);

/** A name of an algorithm or a sub-figure as it is shown. */
export const nameText = (name) => ownNames[language.value]?.[name] ?? name;

// The values that count things, by their names in texts.
const COUNTS = ["n", "all", "total", "most"];

const written = (name, value) => (typeof value === "number" && COUNTS.includes(name) ? value.toLocaleString("en-GB") : String(value));
