// The smoothing that sliders set: a share of the range of x, so that it is the same for every metric.
import { setOptions } from "./config.js";
import { number } from "./format.js";

export const POSITIONS = 200; // of a slider
const WIDEST = 0.5;

// Narrow windows matter more: the share grows with the third power. Three digits distinguish all positions.
export const shareAt = (position) => Number((WIDEST * (position / POSITIONS) ** 3).toPrecision(3));
export const positionOf = (share) => Math.round(POSITIONS * Math.cbrt(Math.min(share, WIDEST) / WIDEST));
export const percent = (share) => `${number(100 * share, 3)} %`;

/** The share of the range of x over which curves were smoothed automatically, the largest of them. */
export const appliedShare = (curves) => Math.max(0, ...curves.map((curve) => (2 * curve.radius) / Math.max(1, curve.points - 1)));

/** Set the smoothing window as a share of the range of x; 0 switches it off. */
export const setSmoothing = (share) => setOptions(share ? { USE_SMOOTH: undefined, SMOOTH_WINDOW: share } : { USE_SMOOTH: false, SMOOTH_WINDOW: undefined });
