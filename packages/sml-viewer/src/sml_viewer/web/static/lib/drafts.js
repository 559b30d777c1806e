// Drafts: views with changes that are not saved. Each tab of the browser has its own; a new one starts with the latest.
import { session } from "./api.js";

/** @typedef {{ values: Record<string, any>, tabs: Record<string, string>, revision: string }} Draft */

// Several workspaces may be served at the same address, one after the other.
const keyOf = (name) => `sml-viewer.draft.${session.peek().workspace}.${name}`;
const stores = () => [sessionStorage, localStorage];

/** The draft of a view, or null. @returns {Draft | null} */
export function readDraft(name) {
  try {
    const text = stores().map((store) => store.getItem(keyOf(name))).find((each) => each !== null);
    const draft = JSON.parse(text ?? "null");
    return draft?.values && draft.tabs && typeof draft.revision === "string" ? draft : null;
  } catch {
    return null; // storage is disabled, or holds something else
  }
}

/** @param {string} name @param {Draft} draft */
export function writeDraft(name, draft) {
  try {
    for (const store of stores()) store.setItem(keyOf(name), JSON.stringify(draft));
  } catch {
    // Without storage a draft lasts as long as the page.
  }
}

export function removeDraft(name) {
  try {
    for (const store of stores()) store.removeItem(keyOf(name));
  } catch {
    // as above
  }
}
