// Load uPlot when the first chart is shown; it is a plain script, because its package has no small module.
let coming;

/** The class `uPlot`. */
export function loadUPlot() {
  coming ??= Promise.all([style("vendor/uplot/dist/uPlot.min.css"), script("vendor/uplot/dist/uPlot.iife.min.js")]).then(() => window.uPlot);
  return coming;
}

const at = (name) => new URL(`../${name}`, import.meta.url).href;

function arrived(element) {
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${element.src || element.href} could not be loaded`));
    document.head.append(element);
  });
}

const script = (name) => arrived(Object.assign(document.createElement("script"), { src: at(name) }));
const style = (name) => arrived(Object.assign(document.createElement("link"), { rel: "stylesheet", href: at(name) }));
