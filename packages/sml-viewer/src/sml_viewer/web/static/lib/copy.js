// Copy text to the clipboard; without HTTPS only localhost has a clipboard interface.
import { toast } from "../widgets/toast.js";
import { t } from "./i18n.js";

/** Copy text and confirm it with a message. */
export async function copy(text, message = t("copied")) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyBySelection(text)) return toast(t("copy.failed"), { kind: "error" });
  }
  return toast(message);
}

function copyBySelection(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
  field.className = "outside";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
