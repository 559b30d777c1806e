// The address that gives the same view: what is in the address already, with the configuration's name, its unsaved changes and
// the selected runs.
import { changed, configuration } from "../../lib/config.js";
import { linkedChanges } from "../../lib/linked_changes.js";
import { selected } from "../../lib/view_state.js";

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;
const MAX_IDS = 200; // selected runs that fit into an address
const MAX_CHANGES = 4000; // letters of changes that fit into an address

/** The whole address, below the base path, whether it carries all changes, and whether it opens on this machine alone. Without a name each reader would see the view used last. */
export function linkToView() {
  const address = new URL(location.href);
  const shown = configuration.peek();
  address.searchParams.set("config", shown?.name ?? "default");
  const changes = shown && changed.peek() ? linkedChanges(shown.values, shown.saved.values) : "";
  const complete = changes.length <= MAX_CHANGES;
  if (changes && complete) address.searchParams.set("draft", changes);
  for (const id of [...selected.peek()].slice(0, MAX_IDS)) address.searchParams.append("selected", id);
  return { href: address.href, complete, local: LOOPBACK.test(location.hostname) };
}
