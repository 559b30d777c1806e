// Pages by address. Those of the tabs come with the first view; others are loaded when they are first shown.
import Adjust from "./adjust/adjust.js";
import Charts from "./charts/charts.js";
import Plots from "./plots/plot.js";
import RunList from "./runs/list.js";
import Tables from "./tables/table.js";

/**
 * `page` is the component, or `load` gives the module whose `default` it is. `words` is the key of its name, `tab` whether it
 * stands in the row of tabs, `digit` the key that opens it. Another page is one more line here.
 */
export const PARTS = [
  { path: "/charts", words: "tab.charts", icon: "curves", tab: true, digit: "5", page: Charts },
  { path: "/experiment", words: "tab.experiment", icon: "list", tab: true, digit: "1", page: RunList },
  { path: "/param_adjust", words: "tab.param_adjust", icon: "sliders", tab: true, digit: "2", page: Adjust },
  { path: "/plot", words: "tab.plot", icon: "chart", tab: true, digit: "3", page: Plots },
  { path: "/table", words: "tab.table", icon: "table", tab: true, digit: "4", page: Tables },
  { path: "/run", words: "tab.run", icon: "file", tab: false, under: "/experiment", load: () => import("./run/run.js") },
];

export const TABS = PARTS.filter((part) => part.tab);

/** The part that an address belongs to, or null. */
export const partOf = (path) => PARTS.find((part) => path === part.path || path.startsWith(`${part.path}/`)) ?? null;
