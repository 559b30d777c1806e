// Preact with hooks and signals, and htm in place of JSX.
import { h } from "preact";
import htm from "htm";

export { Fragment, createRef, render } from "preact";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";

export const html = htm.bind(h);

/** Class names: those that are given and true. `classes("row", { chosen })` */
export function classes(...names) {
  return names
    .flatMap((name) =>
      name && typeof name === "object" ? Object.keys(name).filter((each) => name[each]) : name || [],
    )
    .join(" ");
}

let numbers = 0;

/** An id that no other element of the document has. */
export const freshId = (word = "e") => `${word}-${++numbers}`;
