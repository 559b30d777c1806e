// State that begins as null or as an empty list is untyped where JSDoc gives it no type; without this, it could hold
// nothing else.
import type { Dispatch, MutableRef, StateUpdater } from "preact/hooks";
import type { Signal } from "@preact/signals";

declare module "preact/hooks" {
  export function useRef(initial: null): MutableRef<any>;
  export function useState(initial: null | never[]): [any, Dispatch<StateUpdater<any>>];
}

declare module "@preact/signals" {
  export function signal(initial: null | never[]): Signal<any>;
}

declare global {
  interface Window {
    /** The chart library, a plain script. */
    uPlot: typeof import("uplot").default;
  }
}
