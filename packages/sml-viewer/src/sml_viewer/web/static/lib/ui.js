// Preact with hooks and signals, and htm in place of JSX.
import { h } from "preact";
import htm from "htm";

export { Fragment, createRef, render } from "preact";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";

export const html = htm.bind(h);

/** Join class names; of an object those whose value is truthy: `classes("row", { chosen })`. */
export function classes(...names) {
  return names
    .flatMap((name) =>
      name && typeof name === "object" ? Object.keys(name).filter((each) => name[each]) : name || [],
    )
    .join(" ");
}

let counter = 0;

/** An id that is unique in the document. */
export const freshId = (prefix = "e") => `${prefix}-${++counter}`;
