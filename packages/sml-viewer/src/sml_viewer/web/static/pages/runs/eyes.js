// Eyes, pins and the baseline of the list: in the address, obeyed by charts, figures and tables.
import { setViewState, toggleItem } from "../../lib/view_state.js";
import { param, params } from "../../lib/route.js";
import { t } from "../../lib/i18n.js";
import { toast } from "../../widgets/toast.js";

const MAX_IDS = 400; // ids that fit into an address

/** Switch runs off everywhere, in charts, figures and tables, or on again if all of them are off. */
export function toggleEye(ids) {
  const off = params("without");
  const on = ids.length > 0 && ids.every((id) => off.includes(id));
  const next = on ? off.filter((id) => !ids.includes(id)) : [...new Set([...off, ...ids])];
  if (next.length > MAX_IDS) toast(t("charts.toomany", { n: MAX_IDS }));
  else if (ids.length) setViewState({ without: next }, `eye ${ids[0]}`);
}

/** Pin runs to the top of the list, or unpin them if all of them are pinned. */
export function togglePins(ids) {
  const pinned = params("top");
  const all = ids.every((id) => pinned.includes(id));
  const next = all ? pinned.filter((id) => !ids.includes(id)) : [...new Set([...pinned, ...ids])];
  if (next.length > MAX_IDS) toast(t("charts.toomany", { n: MAX_IDS }));
  else if (ids.length === 1) toggleItem("top", ids[0]);
  else setViewState({ top: next }, "top");
}

/** Show differences to a run or group, or no longer. */
export const toggleBaseline = (id) => setViewState({ baseline: param("baseline") === id ? "" : id }, "baseline");
