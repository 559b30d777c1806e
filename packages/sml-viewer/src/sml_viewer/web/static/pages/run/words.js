// The words of the page of a run, which come with its scripts.
import { addWords } from "../../lib/i18n.js";

await addWords(".run");
