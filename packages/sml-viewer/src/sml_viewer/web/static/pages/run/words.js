// The words of the page of a run, which come with its scripts.
import { addTexts } from "../../lib/i18n.js";

await addTexts(".run");
