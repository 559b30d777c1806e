// Types of the JSON interface; written by scripts/references.py from web/schemas.

/** An array of a binary answer, as `unpack` puts it into place. */
export type Numbers = Float64Array | Float32Array | Uint32Array;

/** What an answer with an ETag also has: send it with the next request. */
export interface Tagged {
  etag: string;
}

/** What a computation answers, also with status 200, where there is nothing to compute. */
export interface Computed {
  error?: ErrorShown;
}

/** Aggregates by pair of columns; `largest` by index of `aggregates`. */
export interface AggregateAnswer {
  aggregates: AggregatesShown[];
  algorithms: AlgorithmShown[];
  common: string;
  largest: boolean[];
  own_names: Record<string, string>;
  reduced: boolean;
}

/** One algorithm over all tasks; each interval is estimate, low, high. */
export interface AggregateShown {
  algorithm: string;
  intervals: Record<string, (number | null)[]>;
  missing: string[];
  n: number;
  profile: number[];
}

/** The aggregates of one pair of columns. */
export interface AggregatesShown {
  aggregates: AggregateShown[];
  caption: string;
  details: string;
  pair: [string, string];
  tasks: string[];
  thresholds: number[];
}

/** An alert that was sent about a run; `recovered` is when its cause was gone. */
export interface AlertShown {
  cause: string;
  level: "info" | "warning" | "error";
  recovered: number | null;
  text: string;
  time: number | null;
  title: string;
}

/** The alerts, the latest first. */
export interface AlertsAnswer {
  alerts: AlertShown[];
}

/** `originals`: names before renaming; `pools`: title, and the parameters mixed in its group. */
export interface AlgorithmCount {
  colour: string;
  dashes: string;
  name: string;
  originals: string[];
  pools: [string, string][];
  runs: number;
}

/** An algorithm with its short label. */
export interface AlgorithmShown {
  colour: string;
  dashes: string;
  label: string;
  name: string;
}

/** A change of some runs; omitted fields keep their values. */
export interface AnnotationChange {
  add?: string[];
  hidden?: boolean;
  ids: string[];
  note?: string;
  remove?: string[];
}

/** Changes that are applied all or none. */
export interface AnnotationChanges {
  changes: AnnotationChange[];
}

/** What the user recorded about a run. */
export interface AnnotationShown {
  hidden: boolean;
  note: string;
  tags: string[];
}

/** `changed` runs; `undo` is the request that undoes it. */
export interface AnnotationsChanged {
  changed: number;
  revision: string;
  undo: AnnotationChanges;
}

/** Number of runs by tag, of hidden runs, of notes. */
export interface AnnotationsInUse {
  hidden: number;
  notes: number;
  revision: string;
  tags: Record<string, number>;
}

/** A file of an archive. */
export interface ArchiveMember {
  name: string;
  size: number;
}

/** Each run's code archive, null where it has none. */
export interface Archives {
  archives: (string | null)[];
}

/** An earlier attempt at a run. */
export interface Attempt {
  id: string;
  modified: number | null;
  name: string;
  rows: number | null;
  started: number | null;
  status: string;
}

/** A figure drawn in the background, and its time. */
export interface BackgroundFigure {
  name: string;
  time: number;
}

/** The figures of a configuration; `turned_away` counts attempts while the server was busy. */
export interface BackgroundFigures {
  error: string | null;
  figures: BackgroundFigure[];
  turned_away: number;
}

/** One sub-figure; heights are divided by `scale`. */
export interface BarGroup {
  cells: (ScoreCell | null)[];
  scale: number;
  title: string;
}

/** Bars by pair of columns; `largest` by index of `tables`. */
export interface BarsAnswer {
  algorithms: AlgorithmShown[];
  common: string;
  largest: boolean[];
  own_names: Record<string, string>;
  reduced: boolean;
  tables: BarsShown[];
}

/** The bars of one pair of columns. */
export interface BarsShown {
  algorithms: string[];
  caption: string;
  details: string;
  groups: BarGroup[];
  normalised: boolean;
  pair: [string, string];
  titles: string[];
}

/** One line of a chart. `low`, `high` and `n` are null for a single run; `ghost` is not smoothed. `broken` are the ends in x of runs that failed, were killed, or whose process is gone. */
export interface ChartCurve {
  broken: number[];
  center: Numbers;
  every: number;
  ghost: Ghost | null;
  high: Numbers | null;
  key: string;
  low: Numbers | null;
  n: Numbers | null;
  points: number;
  radius: number;
  x: Numbers;
}

/** One line of all charts: a run (`key` is its id), or the runs of one algorithm in one sub-figure. `runs` counts those with numbers; `broken` are the ids of runs that failed, were killed, or whose process is gone. */
export interface ChartLine {
  algorithm: string;
  broken: string[];
  colour: string;
  dashes: string;
  drawn: boolean;
  ids: string[];
  key: string;
  label: string;
  name: string;
  runs: number;
  score: number | null;
  seed: string;
  states: Record<string, number>;
  title: string;
}

/** A metric, the number of runs that have numbers of it, and whether its best value is the largest. */
export interface ChartMetric {
  largest: boolean;
  name: string;
  runs: number;
}

/** The metrics with the same text before their first slash, "" for those without one. */
export interface ChartSection {
  metrics: ChartMetric[];
  name: string;
}

/** One metric; `x` is the row number where no run has the chosen column. `bars`: each run has one value, and each curve one point, whose x means nothing. */
export interface ChartShown {
  bars: boolean;
  curves: ChartCurve[];
  metric: string;
  notes: string[];
  x: string;
}

/** The metrics in sections, and the lines, best first; of very many, not all of the `total` are sent. */
export interface ChartsAnswer {
  band: string;
  by: "runs" | "groups";
  center: string;
  common: string;
  filtered: number;
  hidden: number;
  keys: string[];
  largest: boolean;
  lines: ChartLine[];
  notes: string[];
  own_names: Record<string, string>;
  parameters: string[];
  reading: Progress | null;
  runs: number;
  score: string;
  sections: ChartSection[];
  total: number;
  x: string;
  x_columns: string[];
}

/** `by`: a line per run, or per group; the `most` best by the last value of `score` are drawn. */
export interface ChartsRequest {
  by?: "auto" | "runs" | "groups";
  config?: Record<string, any>;
  etag?: string;
  language?: "zh" | "en";
  most?: number;
  runs?: string[];
  score?: string;
  where?: string;
  without?: string[];
}

/** A recorded checkpoint. `exists` is null outside of the run folder, where it is not looked for; `best` names the metrics of which it has the best value among those that may still exist. `deleted` is when it was pruned. */
export interface CheckpointShown {
  best: string[];
  bytes: number | null;
  deleted: number | null;
  exists: boolean | null;
  metrics: Record<string, number | null>;
  path: string;
  step: number | null;
  time: number | null;
}

/** The recorded checkpoints, the latest first; `smallest`: metrics of which the smallest value is best. */
export interface CheckpointsAnswer {
  checkpoints: CheckpointShown[];
  metrics: string[];
  smallest: string[];
}

/** The code of some runs compared with the first one. */
export interface CodeComparison {
  base: string;
  others: ComparedCode[];
}

/** Either `cells`, one per row, or distinct `values` with an index into them per row in `codes`. `share`: values may be in percent in some runs and fractions in others. */
export interface Column {
  best?: "smallest";
  cells?: (string | number | boolean | null | string[])[];
  codes?: number[];
  format?: "time" | "count" | "list" | "text";
  key: string;
  kind: string;
  label?: string;
  label_zh?: string;
  name: string;
  offered?: boolean;
  share?: "True";
  values?: (string | number | boolean | null | string[])[];
}

/** The command line. */
export interface CommandAnswer {
  command: string;
}

/** The kind of output of the command, and the file that it writes. */
export interface CommandRequest {
  config?: Record<string, any>;
  etag?: string;
  kind?: "plot" | "bar" | "aggregate" | "table" | "export";
  language?: "zh" | "en";
  output?: string;
  runs?: string[];
  where?: string;
  without?: string[];
}

/** The code of a run compared with the first one; `missing`: why it cannot be compared. */
export interface ComparedCode {
  files: FileDifference[];
  id: string;
  missing: string | null;
}

/** Last, best and least value of a metric for each run; `largest` is best, null for a step. */
export interface ComparedMetric {
  best: (string | number | boolean | null)[];
  largest: boolean | null;
  last: (string | number | boolean | null)[];
  least: (string | number | boolean | null)[];
  name: string;
  same: boolean;
}

/** A run in a comparison. */
export interface ComparedRun {
  id: string;
  name: string;
  status: string;
}

/** One value for each run; `same` if they do not differ. */
export interface ComparedValues {
  name: string;
  same: boolean;
  values: (string | number | boolean | null)[];
}

/** Several runs side by side. */
export interface Comparison {
  code: Archives;
  metrics: ComparedMetric[];
  parameters: ComparedValues[];
  provenance: ComparedValues[];
  runs: ComparedRun[];
  settings: ComparedValues[];
}

export interface Completion {
  at: number;
  from: number;
  options: string[];
}

/** `config` for new, `to` for copy and rename, `other` for merge, `keys` for split. */
export interface ConfigAction {
  action: "new" | "copy" | "rename" | "delete" | "restore" | "merge" | "reset" | "split";
  config?: Record<string, any>;
  keys?: string[];
  name: string;
  other?: string;
  to?: string;
}

/** `name` is the configuration to show next, null after a deletion. */
export interface ConfigDone {
  deleted: string[];
  name: string | null;
  names: string[];
}

/** The saved configurations and the recycle bin. */
export interface ConfigNames {
  deleted: string[];
  names: string[];
}

/** The configuration that the session answers as `config` from now on. */
export interface ConfigOpened {
  name: string;
}

/** The new revision. */
export interface ConfigSaved {
  name: string;
  revision: string;
}

/** One configuration; `old` if an older tool saved it, `notes` list what could not be converted. */
export interface ConfigShown {
  config: Record<string, any>;
  name: string;
  notes: string[];
  old: boolean;
  revision: string;
}

/** A configuration, and the revision at which it was opened. */
export interface ConfigToSave {
  config: Record<string, any>;
  revision: string;
}

/** The effect of a configuration on the runs. */
export interface CountsAnswer {
  algorithm_count: number;
  algorithms: AlgorithmCount[];
  all_columns: string[];
  automatic: string[];
  automatic_pairs: boolean;
  bin: Record<string, RuleCount[]>;
  columns: string[];
  duplicates: DuplicateNames[];
  filtered: FilteredRuns;
  hidden: number;
  kept: KeptRuns;
  keys: string[];
  legend: string[];
  made_columns: string[];
  order: ([string, string | null])[];
  own_names: Record<string, string>;
  pairs: [string, string][];
  pairs_fault: string | null;
  parameters: Key[];
  renames: Rename[];
  rules: Record<string, RuleCount[]>;
  runs: RunCounts;
  separators: string[];
  titles: [string, number][];
  x_columns: string[];
  y_columns: string[];
}

/** Which drawn and filtered runs to list: those whose names contain `search`, at most `limit`. */
export interface CountsRequest {
  config?: Record<string, any>;
  etag?: string;
  language?: "zh" | "en";
  limit?: number;
  runs?: string[];
  search?: string;
  where?: string;
  without?: string[];
}

/** Method × environment × seed; `plan`, `missing` and `command` are null without a plan. */
export interface CoverageAnswer {
  cells: CoverageCell[];
  command: string | null;
  complete: boolean;
  counts: Record<string, number>;
  environment: string | null;
  environments: string[];
  hidden: number;
  method: string[];
  methods: string[];
  missing: number | null;
  plan: string | null;
  plans: PlanShown[];
  seed: string | null;
  seeds: string[];
}

/** One method on one environment with one seed, as indices; `runs` are ids. */
export interface CoverageCell {
  environment: number;
  method: number;
  runs: string[];
  seed: number;
  state: string;
  task: string | null;
}

/** One algorithm in one panel; each point stands for `every` rows of `points`. */
export interface CurveShown {
  algorithm: string;
  center: Numbers;
  every: number;
  ghost: Ghost | null;
  high: Numbers;
  interpolated: boolean;
  low: Numbers;
  n: Numbers;
  points: number;
  pools: string | null;
  radius: number;
  repeats: number;
  runs: number;
  states: Record<string, number>;
  unfinished: UnfinishedRun[];
  width: number;
  x: Numbers;
}

/** The header of the live charts; `largest` and `legend` are by index of `pairs`. `bars` says why bars suit better than curves, and is empty if curves do. */
export interface CurvesAnswer {
  algorithms: AlgorithmShown[];
  automatic: string[];
  bars: string;
  caption: string;
  common: string;
  details: string;
  etag: string;
  filtered: number;
  hidden: number;
  keys: string[];
  largest: boolean[];
  legend: string[][];
  notes: string[];
  own_names: Record<string, string>;
  pairs: [string, string][];
  panels: PanelShown[];
  reduced: boolean;
  runs: number;
  separators: string[];
  titles: string[];
}

/** `points`: width of the chart in pixels; `from`, `to`: visible range of x; `log`: logarithmic x. */
export interface CurvesRequest {
  config?: Record<string, any>;
  etag?: string;
  from?: number;
  language?: "zh" | "en";
  log?: boolean;
  points?: number;
  runs?: string[];
  to?: number;
  where?: string;
  without?: string[];
}

/** The folders of the server, and those of this request, or the reason for none. */
export interface DataFolders {
  changeable: boolean;
  fault: string | null;
  indexing: Progress | null;
  roots: string[];
  shown: string[];
}

/** Names of runs that are duplicates. */
export interface DuplicateNames {
  kept: string;
  others: string[];
}

/** Runs that count as one, and why; `kept` is the id of the one that counts. */
export interface Duplicates {
  kept: string;
  note: string;
  others: string[];
}

/** For each `n`: the number after ± in standard deviations (ddof=1); null for one run. */
export interface ErrorFactors {
  factors: (number | null)[];
  kind: string;
  n: number[];
}

/** `remedy`: what to do; `where`: column from 1 in a query; `login`: address of the form. */
export interface ErrorShown {
  login?: string;
  message: string;
  remedy?: string;
  where?: number;
}

/** The end of a run, or an alert; `kind` is the state or the cause, `title` the words of the alert. */
export interface Event {
  id: string;
  kind: string;
  name: string;
  time: number;
  title: string;
}

/** The latest events, the newest first, and the number of runs per state. */
export interface EventsAnswer {
  counts: Record<string, number>;
  events: Event[];
  now: number;
}

/** Why a run ended badly; `source` is the file that holds the traceback. */
export interface Failure {
  error: string | null;
  exit_status: number | null;
  source: string | null;
  traceback: string | null;
}

/** The figures, one per pair of columns; `saved` are paths. `note` says why they are not in PLOT_FIGURE_SAVING_PATH, or is empty. */
export interface FigureAnswer {
  caption: string;
  details: string;
  figures: FigureFile[];
  note: string;
  runs: number;
  saved: string[];
}

/** A figure; `data` is base64. */
export interface FigureFile {
  data: string;
  name: string;
  type: string;
}

/** `kind`: png, pdf, svg, csv, or another registered format; `save` also writes the files. */
export interface FigureRequest {
  config?: Record<string, any>;
  etag?: string;
  kind?: string;
  language?: "zh" | "en";
  runs?: string[];
  save?: boolean;
  what?: "plot" | "bar" | "aggregate";
  where?: string;
  without?: string[];
}

/** One file that differs; `diff` is null, and `note` says why, where it cannot be shown. */
export interface FileDifference {
  added: number | null;
  change: "added" | "removed" | "changed";
  diff: string | null;
  name: string;
  note: string | null;
  removed: number | null;
}

/** A run that the rules leave out; `rules`: indices of those that catch it. */
export interface FilteredRun {
  id: string;
  name: string;
  rules: number[];
}

/** Number of runs, and the first of them. */
export interface FilteredRuns {
  count: number;
  runs: FilteredRun[];
}

/** What a folder without runs holds, in words. */
export interface FolderContent {
  folder: string;
  holds: string;
}

/** The folders in a folder. */
export interface FoldersAnswer {
  folders: string[];
  path: string;
}

/** The centre before smoothing. */
export interface Ghost {
  x: Numbers;
  y: Numbers;
}

/** Counts between edges, of which there is one more. */
export interface HistogramContent {
  counts: number[];
  edges: number[];
}

/** Trials, axes, and importance, the most important parameter first. Of fewer than `least` configurations nothing is claimed. */
export interface HyperparametersAnswer {
  axes: ParameterAxis[];
  caption: string;
  colours: string[];
  filtered: number;
  hidden: number;
  importance: ParameterImportance[];
  largest: boolean;
  least: number;
  metrics: string[];
  notes: string[];
  own_names: Record<string, string>;
  score: string;
  title: string;
  titles: string[];
  trials: Trials;
  x: string;
}

/** `score`: the metric that is scored as in tables; `title`: only the runs of this sub-figure. */
export interface HyperparametersRequest {
  config?: Record<string, any>;
  etag?: string;
  language?: "zh" | "en";
  runs?: string[];
  score?: string;
  title?: string;
  where?: string;
  without?: string[];
}

/** A run that is drawn. */
export interface KeptRun {
  algorithm: string;
  id: string;
  name: string;
  title: string;
}

/** Number of runs, and the first of them. */
export interface KeptRuns {
  count: number;
  runs: KeptRun[];
}

/** A parameter that may distinguish algorithms. */
export interface Key {
  distinct: number;
  examples: string[];
  name: string;
  runs: number;
  unique: boolean;
}

/** `differs`: has several values; `unique`: another one in each run; `seed`: tells repetitions apart. */
export interface KnownParameter {
  differs: boolean;
  name: string;
  seed: boolean;
  unique: boolean;
}

/** The language to remember, and the answer. */
export interface LanguageChosen {
  language: "zh" | "en";
}

/** A line of a log: offset of its first byte, its number from 1 if it is known, and its text. */
export interface LogMatch {
  at: number;
  line: number | null;
  text: string;
}

/** The lines that match; `cut` if there are more, or if the beginning of a long log was not searched. */
export interface LogMatches {
  cut: boolean;
  matches: LogMatch[];
  size: number;
}

/** A part of a log; offsets are bytes; `line` is the index in `text` of the line that `at` asked for. */
export interface LogPart {
  cut: boolean;
  from: number;
  line: number | null;
  mark: string;
  masked: number;
  name: string;
  partial: string;
  restarted: boolean;
  size: number;
  text: string;
  to: number;
}

/** Everything that a run stored; `cut` if the oldest files are left out. */
export interface MediaAnswer {
  count: number;
  cut: boolean;
  keys: MediaKey[];
}

/** The content of a text, a table or a histogram; `more` if it is cut. */
export interface MediaContent {
  columns?: string[];
  high?: number | null;
  histogram?: HistogramContent;
  kind: "text" | "table" | "histogram";
  low?: number | null;
  mean?: number | null;
  more?: boolean;
  not_finite?: number | null;
  number?: number | null;
  row_count?: number;
  rows?: ((string | number | boolean | null)[])[];
  text?: string;
}

/** One stored file; `id` addresses it. */
export interface MediaItem {
  caption: string | null;
  id: number;
  step: number | null;
}

/** The files of one kind that were stored under a key, by step. */
export interface MediaKey {
  items: MediaItem[];
  key: string;
  kind: "image" | "video" | "audio" | "text" | "table" | "histogram" | "file";
}

/** One setting or one fact of provenance. */
export interface Named {
  name: string;
  value: string | number | boolean | null;
}

/** A request without fields; the address is sufficient. */
export interface Nothing {
}

/** One plot option; `unset` is its value if it is not set, unless it `adapts` to the data. */
export interface OptionShown {
  adapts: boolean;
  automatic: string | number | boolean | null | any[] | Record<string, any>;
  choices: string[];
  default: string | number | boolean | null | any[] | Record<string, any>;
  high: number | null;
  kind: string;
  label: string;
  label_zh: string;
  low: number | null;
  name: string;
  optional: boolean;
  scope: string;
  unset: string | number | boolean | null | any[] | Record<string, any>;
}

/** Every plot option. */
export interface OptionsAnswer {
  options: OptionShown[];
}

/** One sub-figure. */
export interface PanelShown {
  curves: CurveShown[];
  group: string[];
  pair: [string, string];
  scale: Scale;
  title: string;
}

/** The header of the charts. */
export interface PanelsAnswer {
  etag: string;
  panels: ChartShown[];
}

/** The charts of some `metrics`, with the `lines` of these keys. */
export interface PanelsRequest {
  by?: "auto" | "runs" | "groups";
  config?: Record<string, any>;
  etag?: string;
  from?: number;
  language?: "zh" | "en";
  lines?: string[];
  log?: boolean;
  metrics?: string[];
  points?: number;
  runs?: string[];
  score?: string;
  to?: number;
  where?: string;
  without?: string[];
  x?: string;
}

/** One parameter by run; of a category, `cells` are indexes of `texts`. null where a run has none. */
export interface ParameterAxis {
  cells: (number | null)[];
  kind: "number" | "category";
  log: boolean;
  name: string;
  texts: string[];
}

/** `n` configurations have the parameter, with which `share` of the variance of their ranks goes. All but `name`, `n`, `same_as` and `by_value` are null or empty if there is too little to tell. `better` and `best` are empty unless the corrected `p_value` is below 0.05. */
export interface ParameterImportance {
  best: string;
  better: "larger" | "smaller" | "between" | "ends" | "";
  by_value: ValueScore[];
  n: number;
  name: string;
  p_value: number | null;
  rho: number | null;
  same_as: string[];
  share: number | null;
}

/** `default` and `changed` where a default was recorded; `absent` where the run did not record a value. */
export interface ParameterRow {
  absent?: boolean;
  changed?: boolean;
  default?: string | number | boolean | null;
  name: string;
  type: string;
  value: string | number | boolean | null;
}

/** A plan file of sml-launch; `tasks` is null if it cannot be read. */
export interface PlanShown {
  directory: string;
  file: string;
  id: string;
  modified: number;
  tasks: number | null;
}

/** Fields of all computations: only these `runs`, none of `without`; `etag` is that of the last answer. */
export interface PlotRequestBody {
  config?: Record<string, any>;
  etag?: string;
  language?: "zh" | "en";
  runs?: string[];
  where?: string;
  without?: string[];
}

/** Points of a metric: x and y of the same length; y is null in a gap. */
export interface Points {
  x: (string | number | boolean | null)[];
  y: (string | number | boolean | null)[];
}

/** The beginning of a file. */
export interface Preview {
  fault?: string;
  from?: number;
  head?: string;
  header?: string[];
  href?: string;
  kind: "text" | "table" | "json" | "image" | "archive" | "binary";
  label: string;
  masked?: number;
  member?: string;
  members?: ArchiveMember[];
  more?: boolean;
  name: string;
  rows?: string[][];
  size: number;
  text?: string;
  to?: number;
}

/** How far the first read is: `done` of `total` runs, or of tables that grew. 0 of 0 while runs are searched. */
export interface Progress {
  done: number;
  ready: boolean;
  total: number;
  waiting: string | null;
}

/** A rename rule; `runs`: how many runs it renames. */
export interface Rename {
  new: string;
  old: string;
  runs: number;
  wildcard: boolean;
}

/** Runs that a rule catches; `alone`: that no other rule of the same side catches. */
export interface RuleCount {
  alone: number;
  caught: number;
}

/** One run, and the revision of all runs. */
export interface RunAnswer {
  annotation: AnnotationShown;
  attempt_of: string | null;
  attempts: Attempt[];
  contains: string[];
  duplicates: Duplicates | null;
  failure: Failure | null;
  heard: number | null;
  host: string | null;
  id: string;
  inside: string | null;
  logs: string[];
  modified: number | null;
  name: string;
  notes: string[];
  parameter_file: string | null;
  parameters: ParameterRow[];
  path: string;
  peaks: Record<string, number>;
  progress: RunProgress | null;
  provenance: Named[];
  revision: string;
  rows: number | null;
  settings: Named[];
  started: number | null;
  status: string;
  step: number | null;
  superseded: boolean;
  superseded_rows: string[];
}

/** Number of runs after each step. */
export interface RunCounts {
  all: number;
  asked: number;
  counted: number;
  duplicates: number;
  filtered: number;
  kept: number;
  superseded: number;
}

/** A file: `name` addresses it, `label` shows it. */
export interface RunFile {
  kind: "text" | "table" | "json" | "image" | "archive" | "binary";
  label: string;
  modified: number;
  name: string;
  size: number;
}

/** All files that may be shown; `cut` if there are more. */
export interface RunFiles {
  bytes: number;
  count: number;
  cut: boolean;
  files: RunFile[];
  left_out: string[];
}

/** The runs by column; `base` null is a complete list, otherwise the changes since that revision. */
export interface RunList {
  base: string | null;
  columns: Column[];
  count: number;
  counts: Record<string, number>;
  default_columns: string[];
  folders: string[];
  hidden: number;
  metrics: string[];
  missing: number | null;
  new: number[];
  now: number;
  parameters: KnownParameter[];
  peaks: string[];
  reading: Progress | null;
  removed: string[];
  revision: string;
  tags: Record<string, number>;
  x: string | null;
  y: string | null;
}

/** How far a run has come: its x column, and the last value in it. */
export interface RunProgress {
  last: number;
  name: string;
}

/** One metric for a chart; `rows` counts the values, `thinned` if `points` are fewer. */
export interface RunSeries {
  note: string | null;
  points: Points;
  rows: number;
  thinned: boolean;
  x: string;
  y: string;
}

/** The ids of one or more runs. */
export interface RunsToZip {
  ids: string[];
}

/** A saved figure, and what it was drawn from: `kind` is plot, bar or aggregate, `where` the query. `runs` counts its runs; `time` is in seconds since 1970. */
export interface SavedFigure {
  config: Record<string, any>;
  kind: string;
  name: string;
  runs: number;
  time: number;
  where: string;
}

/** The figures in the folder for figures, newest first. */
export interface SavedFigures {
  figures: SavedFigure[];
}

/** Axis limits set by options. */
export interface Scale {
  XMAX: number | null;
  XMIN: number | null;
  YMAX: number | null;
  YMIN: number | null;
}

/** One algorithm on one sub-figure, with a score per run. */
export interface ScoreCell {
  best: boolean;
  error: number | null;
  mean: number | null;
  n: number;
  pools: string | null;
  repeats: number;
  runs: ScoredRun[];
  scores: (number | null)[];
  text: string;
  unfinished: number;
  with_best: boolean;
}

/** A run of a cell. */
export interface ScoredRun {
  id: string;
  name: string;
  state: string | null;
}

/** The runs that match, by `key`; `asks_hidden`: whether the query asks for hidden runs. */
export interface SearchAnswer {
  asks_hidden: boolean;
  count: number;
  keys: number[];
  q: string;
  revision: string;
}

/** How much was searched for runs, "" while that is unknown; `much`: more than the folders of some runs. If there are no runs, `contents` says what the folders hold; `run` says what a run is; `closed` names the folders that could not be read, "" without any. */
export interface SearchedAnswer {
  closed: string;
  contents: FolderContent[];
  much: boolean;
  run: string;
  searched: string;
}

/** The runs of one algorithm in one panel; `same_x` if they share their x. */
export interface SeedGroup {
  adjustable: boolean;
  algorithm: string;
  center: string;
  error: string;
  factor: number | null;
  group: string[];
  runs: SeedRun[];
  same_x: boolean;
  x_range: number;
}

/** One run of a group. */
export interface SeedRun {
  every: number;
  id: string;
  name: string;
  note: string | null;
  points: number;
  state: string | null;
  x: Numbers;
  y: Numbers;
}

/** The header of the single runs. */
export interface SeedsAnswer {
  groups: SeedGroup[];
  pair: [string, string];
}

/** The runs of a pair of columns, of one algorithm or all; `smoothed` as their curve. */
export interface SeedsRequest {
  algorithm?: string;
  config?: Record<string, any>;
  etag?: string;
  from?: number;
  language?: "zh" | "en";
  log?: boolean;
  pair?: string[] | null;
  points?: number;
  runs?: string[];
  smoothed?: boolean;
  to?: number;
  where?: string;
  without?: string[];
}

/** User and data folders; `config` was opened last by this user, `workspace` is the workspace's id. */
export interface SessionAnswer {
  config: string | null;
  csrf: string;
  data: DataFolders;
  language: "zh" | "en";
  login: "free" | "token" | "password";
  title: string;
  user: string | null;
  version: string;
  workspace: string;
}

/** A file in base64; `left` metrics were too many for it. */
export interface ShareAnswer {
  data: string;
  left: number;
  name: string;
  type: string;
}

/** The charts of some `metrics` with the `lines` of these keys as a file, with a title and a note. `panels` are the settings of single charts by metric: x, low, high, logy, robust. */
export interface ShareRequest {
  by?: "auto" | "runs" | "groups";
  config?: Record<string, any>;
  etag?: string;
  kind?: "html" | "report";
  language?: "zh" | "en";
  lines?: string[] | null;
  logx?: boolean;
  logy?: boolean;
  metrics?: string[];
  note?: string;
  panels?: Record<string, Record<string, any>>;
  robust?: boolean;
  runs?: string[];
  score?: string;
  title?: string;
  where?: string;
  without?: string[];
  x?: string;
}

/** A few points of a metric of the run with this `key`; `x` from 0 to 1. */
export interface SmallCurve {
  key: number;
  x: number[];
  y: (string | number | boolean | null)[];
}

/** A few points of one metric, of the runs that have it. */
export interface SmallCurvesAnswer {
  curves: SmallCurve[];
  metric: string | null;
}

/** The runs in sight of a list by their ids, at most 200, and the metric; without one, the main one. */
export interface SmallCurvesRequest {
  config?: Record<string, any>;
  ids?: string[];
  metric?: string;
}

/** One metric at a glance; `values` counts the cells that are not blank, null where unknown. */
export interface Sparkline {
  high: string | number | boolean | null;
  last: string | number | boolean | null;
  low: string | number | boolean | null;
  name: string;
  points: Points;
  values: number | null;
}

/** All metrics of a run along one x. */
export interface Sparklines {
  metrics: Sparkline[];
  rows: number | null;
  x: string;
}

/** The use of CPU, memory, disks, network and GPUs; `samples` rows, none without system.csv. */
export interface SystemAnswer {
  curves: SystemCurve[];
  samples: number;
  start: number | null;
}

/** One column of system.csv, downsampled: seconds since the epoch, and values, null where not measured. */
export interface SystemCurve {
  last: number | null;
  name: string;
  peak: number | null;
  time: number[];
  values: (number | null)[];
}

/** Tables by pair of columns; `texts` by the requested `kind`; `largest` by index of `tables`. */
export interface TableAnswer {
  algorithms: AlgorithmShown[];
  common: string;
  largest: boolean[];
  own_names: Record<string, string>;
  reduced: boolean;
  tables: TableShown[];
  texts: Record<string, string>;
}

/** One algorithm on one sub-figure. */
export interface TableCell {
  algorithm: string;
  best: boolean;
  error: number | null;
  mean: number | null;
  n: number;
  pools: string | null;
  repeats: number;
  runs: ScoredRun[];
  scores: (number | null)[];
  text: string;
  title: string;
  unfinished: number;
  with_best: boolean;
}

/** `kind`: also answer the tables as text: md, tex, html, csv, or another registered format. */
export interface TableRequest {
  config?: Record<string, any>;
  etag?: string;
  kind?: string;
  language?: "zh" | "en";
  runs?: string[];
  where?: string;
  without?: string[];
}

/** A row as it is printed. */
export interface TableRow {
  cells: TableText[];
  name: string;
}

/** The table of one pair of columns. */
export interface TableShown {
  algorithms: string[];
  caption: string;
  cells: TableCell[];
  details: string;
  head: string[];
  notes: string[];
  pair: [string, string];
  rows: TableRow[];
  titles: string[];
  transposed: boolean;
}

/** A cell as it is printed. */
export interface TableText {
  bold: boolean;
  text: string;
}

/** The runs by column. `titles` index those of the answer; equal `configurations` differ in the seed. */
export interface Trials {
  configurations: number[];
  ids: string[];
  names: string[];
  scores: (number | null)[];
  states: (string | null)[];
  titles: number[];
}

/** A run that is running or has failed; `end` is the x of its last row. */
export interface UnfinishedRun {
  end: number | null;
  id: string;
  name: string;
  state: string | null;
}

/** Mean score of `n` configurations with a value, and their standard deviation; `title` as in trials. */
export interface ValueScore {
  deviation: number | null;
  mean: number | null;
  n: number;
  title: number;
  value: string;
}

/** The number of values, and the first of them with their runs. */
export interface ValuesAnswer {
  count: number;
  values: [string, number][];
}

/** The parameter whose values are listed. */
export interface ValuesRequest {
  config?: Record<string, any>;
  etag?: string;
  language?: "zh" | "en";
  limit?: number;
  parameter: string;
  runs?: string[];
  search?: string;
  where?: string;
  without?: string[];
}

/** The address of the download. */
export interface ZipReady {
  href: string;
  runs: number;
}

/** What a GET of an address answers. */
export type GetAnswer<P extends string> =
  P extends `/api/v1/error-factors` ? ErrorFactors & Tagged
  : P extends `/api/v1/compare/code` ? CodeComparison
  : P extends `/api/v1/annotations` ? AnnotationsInUse & Tagged
  : P extends `/api/v1/searched` ? SearchedAnswer
  : P extends `/api/v1/complete` ? Completion
  : P extends `/api/v1/coverage` ? CoverageAnswer & Tagged
  : P extends `/api/v1/session` ? SessionAnswer
  : P extends `/api/v1/folders` ? FoldersAnswer
  : P extends `/api/v1/compare` ? Comparison & Tagged
  : P extends `/api/v1/figures` ? SavedFigures
  : P extends `/api/v1/options` ? OptionsAnswer & Tagged
  : P extends `/api/v1/configs` ? ConfigNames
  : P extends `/api/v1/search` ? SearchAnswer & Tagged
  : P extends `/api/v1/events` ? EventsAnswer & Tagged
  : P extends `/api/v1/drawn` ? BackgroundFigures
  : P extends `/api/v1/runs` ? RunList & Tagged
  : P extends `/api/v1/runs/${string}/media/<int:number>/content` ? MediaContent
  : P extends `/api/v1/runs/${string}/checkpoints` ? CheckpointsAnswer
  : P extends `/api/v1/runs/${string}/log/search` ? LogMatches
  : P extends `/api/v1/runs/${string}/metrics` ? Sparklines & Tagged
  : P extends `/api/v1/runs/${string}/preview` ? Preview
  : P extends `/api/v1/runs/${string}/series` ? RunSeries & Tagged
  : P extends `/api/v1/runs/${string}/system` ? SystemAnswer & Tagged
  : P extends `/api/v1/runs/${string}/alerts` ? AlertsAnswer & Tagged
  : P extends `/api/v1/runs/${string}/media` ? MediaAnswer & Tagged
  : P extends `/api/v1/runs/${string}/files` ? RunFiles
  : P extends `/api/v1/runs/${string}/log` ? LogPart
  : P extends `/api/v1/configs/${string}` ? ConfigShown
  : P extends `/api/v1/runs/${string}` ? RunAnswer & Tagged
  : any;

/** What a POST of an address answers. */
export type PostAnswer<P extends string> =
  P extends `/api/v1/hyperparameters` ? HyperparametersAnswer & Tagged & Computed
  : P extends `/api/v1/charts/panels` ? PanelsAnswer & Computed
  : P extends `/api/v1/annotations` ? AnnotationsChanged
  : P extends `/api/v1/sparklines` ? SmallCurvesAnswer
  : P extends `/api/v1/aggregate` ? AggregateAnswer & Tagged & Computed
  : P extends `/api/v1/language` ? LanguageChosen
  : P extends `/api/v1/command` ? CommandAnswer & Computed
  : P extends `/api/v1/configs` ? ConfigDone
  : P extends `/api/v1/counts` ? CountsAnswer & Tagged & Computed
  : P extends `/api/v1/values` ? ValuesAnswer & Computed
  : P extends `/api/v1/charts` ? ChartsAnswer & Tagged & Computed
  : P extends `/api/v1/curves` ? CurvesAnswer & Computed
  : P extends `/api/v1/figure` ? FigureAnswer & Computed
  : P extends `/api/v1/share` ? ShareAnswer & Computed
  : P extends `/api/v1/seeds` ? SeedsAnswer & Computed
  : P extends `/api/v1/table` ? TableAnswer & Tagged & Computed
  : P extends `/api/v1/bars` ? BarsAnswer & Tagged & Computed
  : P extends `/api/v1/zip` ? ZipReady
  : P extends `/api/v1/configs/${string}/opened` ? ConfigOpened
  : P extends `/api/v1/configs/${string}` ? ConfigSaved
  : any;

/** What a POST to an address takes. */
export type Body<P extends string> =
  P extends `/api/v1/hyperparameters` ? HyperparametersRequest
  : P extends `/api/v1/charts/panels` ? PanelsRequest
  : P extends `/api/v1/annotations` ? AnnotationChanges
  : P extends `/api/v1/sparklines` ? SmallCurvesRequest
  : P extends `/api/v1/aggregate` ? PlotRequestBody
  : P extends `/api/v1/language` ? LanguageChosen
  : P extends `/api/v1/command` ? CommandRequest
  : P extends `/api/v1/configs` ? ConfigAction
  : P extends `/api/v1/counts` ? CountsRequest
  : P extends `/api/v1/values` ? ValuesRequest
  : P extends `/api/v1/charts` ? ChartsRequest
  : P extends `/api/v1/curves` ? CurvesRequest
  : P extends `/api/v1/figure` ? FigureRequest
  : P extends `/api/v1/share` ? ShareRequest
  : P extends `/api/v1/seeds` ? SeedsRequest
  : P extends `/api/v1/table` ? TableRequest
  : P extends `/api/v1/bars` ? PlotRequestBody
  : P extends `/api/v1/zip` ? RunsToZip
  : P extends `/api/v1/configs/${string}/opened` ? Nothing
  : P extends `/api/v1/configs/${string}` ? ConfigToSave
  : any;

/** Addresses that answer a JSON header and arrays. */
export type Binary = "/api/v1/charts/panels" | "/api/v1/curves" | "/api/v1/seeds";
