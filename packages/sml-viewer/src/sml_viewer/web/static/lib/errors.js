// Report failed requests to the user.
import { toastError } from "../widgets/toast.js";
import { ApiError } from "./api.js";

/** Run a request; shows its error as a message and returns null if it fails, or if it was aborted. */
export async function withErrorToast(request) {
  try {
    const answer = await request();
    if (answer?.error) throw new ApiError(answer.error.message, answer.error);
    return answer;
  } catch (error) {
    if (error.name === "AbortError") return null;
    toastError(error);
    return null;
  }
}
