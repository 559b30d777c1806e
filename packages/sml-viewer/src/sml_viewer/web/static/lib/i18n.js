// Translations in Chinese and English; the language is the browser's or the chosen one.
import { computed, signal } from "@preact/signals";

export const LANGUAGES = { zh: "中文", en: "English" };

const FILES = ["", ".plots", ".charts"]; // the words of the shell and the runs, of the plots, of the charts

const words = async (file) => (await fetch(new URL(`../locales/${file}`, import.meta.url))).json();

const root = document.documentElement;
const loaded = signal({});
const shown = signal("en");

/** The language that is shown: "zh" or "en". */
export const language = computed(() => shown.value);

/** Show a language. Which one this browser gets first, the server says in the page's `lang`. */
export async function showLanguage(name) {
  if (!loaded.peek()[name]) {
    const files = await Promise.all(FILES.map((file) => words(`${name}${file}.json`)));
    loaded.value = { ...loaded.peek(), [name]: Object.assign({}, ...files) };
  }
  shown.value = name;
  root.lang = name === "zh" ? "zh-Hans" : "en";
}

/** Load further words, of the files `locales/<language><file>.json`, for what is not part of the first view. */
export async function addWords(file) {
  if (FILES.includes(file)) return;
  FILES.push(file);
  const names = Object.keys(loaded.peek());
  const files = await Promise.all(names.map((name) => words(`${name}${file}.json`)));
  const extended = names.map((name, at) => [name, { ...loaded.peek()[name], ...files[at] }]);
  loaded.value = { ...loaded.peek(), ...Object.fromEntries(extended) };
}

/** The language of the page as it came from the server. */
export const firstLanguage = () => (root.lang.startsWith("zh") ? "zh" : "en");

/**
 * The words of a key, with `{names}` filled in. Where they are "one|many", the value `n` decides.
 * A key that nobody wrote words for is shown as it is.
 */
export function t(key, values = {}) {
  const words = loaded.value[language.value]?.[key] ?? key;
  const [one, many] = words.split("|");
  const form = many !== undefined && values.n !== 1 ? many : one;
  return form.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
