// Load uPlot when the first chart is shown; a plain script, because the package has no small module.
let loading;

/** The class `uPlot`. */
export function loadUPlot() {
  loading ??= Promise.all([style("vendor/uplot/dist/uPlot.min.css"), script("vendor/uplot/dist/uPlot.iife.min.js")]).then(() => window.uPlot);
  return loading;
}

const urlOf = (name) => new URL(`../${name}`, import.meta.url).href;

function appendAndWait(element) {
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${element.src || element.href} could not be loaded`));
    document.head.append(element);
  });
}

const script = (name) => appendAndWait(Object.assign(document.createElement("script"), { src: urlOf(name) }));
const style = (name) => appendAndWait(Object.assign(document.createElement("link"), { rel: "stylesheet", href: urlOf(name) }));
