// The address that gives the same view: what is in the address already, with the configuration's name and the selected runs.
import { configuration } from "../../lib/config.js";
import { selected } from "../../lib/view_state.js";

const MAX_IDS = 200; // selected runs that fit into an address

/** The whole address, below the base path. Without a name of a configuration each reader would see the one used last. */
export function linkToView() {
  const address = new URL(location.href);
  address.searchParams.set("config", configuration.peek()?.name ?? "default");
  const ids = [...selected.peek()].slice(0, MAX_IDS);
  for (const id of ids) address.searchParams.append("selected", id);
  return address.href;
}
