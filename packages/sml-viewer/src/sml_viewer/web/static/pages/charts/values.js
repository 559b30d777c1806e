// The numbers of a point as text.
import { number } from "../../lib/format.js";

/** The text for a point of a curve: value, band, and number of runs. */
export function valueOf({ center, low, high, n }, index) {
  const [value, below, above] = [center[index], low?.[index], high?.[index]];
  let band = "";
  if (Number.isFinite(below) && Number.isFinite(above)) {
    const symmetric = Math.abs(above - value - (value - below)) <= 1e-4 * (above - below);
    band = symmetric ? `± ${number((above - below) / 2, 3)}` : `[${number(below)}, ${number(above)}]`;
  }
  return { value: number(value), band, n: n?.[index] ?? null };
}
