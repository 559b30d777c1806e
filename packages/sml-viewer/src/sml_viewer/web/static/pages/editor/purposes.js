// What each option is for: the section of the settings that holds it, and the options that a search finds.

/** Sections of the figure's settings; the first matching pattern decides. @type {[string, RegExp][]} */
const SECTIONS = [
  ["curves", /^(USE_SMOOTH|SMOOTH_|CURVE_|LINE_WIDTH|MARKER_SIZE|SHADING_ALPHA)/],
  ["axes", /^(XMAX|XMIN|YMAX|YMIN|X_AXIS|Y_AXIS|FIXED_Y_LABEL)/],
  ["data", /^(PLOT_FIGURE_SAVING_PATH|PLOT_MODE|MINIMUM_DATA_POINT_NUM|REQUIRE_RESAMPLE|PLOT_FOR_EVERY|EQUAL_PARAMETERS|MAX_ALGORITHMS)$/],
  ["titles", /TITLE|RECORD_DATE_TIME|REPORT_PCA_EVAL/],
  ["legend", /LEGEND|SHOW_SEED_NUM|SORT_BY_PERFORMANCE|MIN_RELATIVE/],
  ["layout", /^(MAX_COLUMN|SUBFIGURE|SUBPLOT|FIGURE_PRESET|FIGURE_LANGUAGE|FONTSIZE|PNG_DPI)/],
  ["bars", /BAR/],
  ["files", /^(FINAL_OUTPUT_NAME|OUTPUT_FILE)/],
  ["background", /AUTO/],
];

/** Options of tables, in the order of the form. */
const TABLE = ["TABLE_SCORE", "TABLE_LAST_K", "XMAX", "TABLE_ERROR", "TABLE_TEST", "TABLE_BOLD_MAX", "TABLE_VALID_BITS", "TABLE_ALG_SORT_BY_ROW", "TABLE_SHOW_AVERAGE", "BAR_MAXIMUM_EXCLUDE", "TABLE_NORMALIZE"];

/** Cards and fields that edit an option in their own way, by their id. @type {[string, RegExp][]} */
const CARDS = [
  ["logpath", /^PLOT_LOG_PATH$/],
  ["pairs", /^PLOTTING_XY$/],
  ["rules", /^(DATA_(IGNORE|SELECT)|USE_IGNORE_RULE)/],
  ["merge", /^DATA_MERGER$/],
  ["names", /^SHORT_NAME_FROM_CONFIG/],
  ["order", /^(PLOTTING_ORDER|CURVE_COLORS)$/],
  ["legendorder", /^LEGEND_ORDER$/],
  ["separators", /^FIGURE_SEPARATION$/],
  ["columns", /^DATA_KEY_RENAME_CONFIG$/],
  ["parameters", /^DATA_PARAMETER_RENAME_CONFIG$/],
];

/** What the older tool's page kept of its own state. */
const INTERNAL = /^FOCUS_/;

const first = (list, name) => list.find(([, pattern]) => pattern.test(name))?.[0];

/**
 * The options of a search by any of their names, in either language; all without `words`. Each is found once.
 * Returns `[section, options]` of the figure, the options of tables, and `[option, id]` of those that a card edits.
 * @param {import("../../lib/answers.d.ts").OptionShown[]} options
 * @param {string[]} words in lower case
 * @param {string} letter the scope to which the options shall apply
 */
export function byPurpose(options, words, letter) {
  const matching = options.filter((each) => words.every((part) => `${each.name} ${each.label} ${each.label_zh}`.toLowerCase().includes(part)));
  const cards = matching.map((each) => /** @type {const} */ ([each, first(CARDS, each.name)])).filter(([, id]) => id);
  const applicable = matching.filter((each) => !first(CARDS, each.name) && !INTERNAL.test(each.name) && (letter === "F" || each.scope.includes(letter)));
  const isTable = (each) => each.name.startsWith("TABLE");
  const sections = SECTIONS.map(([name]) => /** @type {const} */ ([name, applicable.filter((each) => !isTable(each) && first(SECTIONS, each.name) === name)])).filter(([, list]) => list.length);
  const table = TABLE.flatMap((name) => applicable.find((each) => each.name === name) ?? []).filter((each) => isTable(each) || !words.length);
  return { sections, table, cards };
}
