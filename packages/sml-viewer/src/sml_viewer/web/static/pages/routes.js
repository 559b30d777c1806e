// Pages by address; each is a module, loaded when it is first shown.
const editor = () => import("./editor/editor.js");

/**
 * `load` imports the module, whose `default` is the component. `words` is the translation key of its name, `tab` whether it has
 * a tab, `digit` the key that opens it. Addresses of the same `page` show one component, which stays between them.
 */
export const PARTS = [
  { path: "/charts", words: "tab.charts", icon: "curves", tab: true, digit: "5", load: () => import("./charts/charts.js") },
  { path: "/experiment", words: "tab.experiment", icon: "list", tab: true, digit: "1", load: () => import("./runs/list.js") },
  { path: "/param_adjust", words: "tab.param_adjust", icon: "sliders", tab: true, digit: "2", page: "editor", load: editor },
  { path: "/plot", words: "tab.plot", icon: "chart", tab: true, digit: "3", page: "editor", load: editor },
  { path: "/table", words: "tab.table", icon: "table", tab: true, digit: "4", page: "editor", load: editor },
  { path: "/hyperparameters", words: "tab.hyper", icon: "axes", tab: true, digit: "6", load: () => import("./hyperparameters/hyperparameters.js") },
  { path: "/run", words: "tab.run", icon: "file", tab: false, under: "/experiment", load: () => import("./run/run.js") },
];

export const TABS = PARTS.filter((part) => part.tab);

/** The page of an address, or null. */
export const partOf = (path) => PARTS.find((part) => path === part.path || path.startsWith(`${part.path}/`)) ?? null;
