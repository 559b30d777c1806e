// The words of sharing and of notes, which come with their scripts.
import { addTexts } from "../../lib/i18n.js";

await addTexts(".share");
