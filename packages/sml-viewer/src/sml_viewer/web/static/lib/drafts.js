// Drafts: views with changes that are not saved. Each tab of the browser has its own; a new one starts with the latest, except
// for those that came with a link, which stay in their tab.
import { session } from "./api.js";

/** @typedef {{ values: Record<string, any>, tabs: Record<string, string>, revision: string, linked: boolean }} Draft */

// Several workspaces may be served at the same address, one after the other.
const keyOf = (name) => `sml-viewer.draft.${session.peek().workspace}.${name}`;
const stores = (linked = false) => (linked ? [sessionStorage] : [sessionStorage, localStorage]);

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
    for (const store of stores(draft.linked)) store.setItem(keyOf(name), JSON.stringify(draft));
  } catch {
    // Without storage a draft lasts as long as the page.
  }
}

/** Remove a draft; `linked`: only that of this tab. */
export function removeDraft(name, linked = false) {
  try {
    for (const store of stores(linked)) store.removeItem(keyOf(name));
  } catch {
    // as above
  }
}
