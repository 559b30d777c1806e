// Clock time along x: seconds since 1970 as dates and times of the browser's time zone.
import { language, t } from "./i18n.js";

/** The derived column of clock times. */
export const TIME = "(time)";

const AXES = { "(row)": "charts.x.row", "(hours)": "charts.x.hours", [TIME]: "charts.x.time", "(timesteps)": "charts.x.timesteps" };

/** The name of an x column: its own, or that of a derived one. */
export const axisLabel = (column) => (column in AXES ? t(AXES[column]) : column);

/** The same below a chart, where times name their zone. */
export function axisFoot(column, at = Date.now() / 1000) {
  return column === TIME ? `${axisLabel(column)} (${zone(at)})` : axisLabel(column);
}

/** The time zone at a moment as UTC±hours. */
function zone(seconds) {
  const minutes = -new Date(seconds * 1000).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

const locale = () => (language.value === "zh" ? "zh-CN" : "en-GB");

/** A moment in full, to the second. */
export function momentText(seconds) {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
  return new Date(seconds * 1000).toLocaleString(locale(), options);
}

const [MINUTE, HOUR, DAY] = [60, 3600, 86400];
// Steps of seconds that clocks are read by; longer ones are months.
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY, 10 * DAY];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];

/** At most about `count` round moments from `low` to `high`, with their labels; at midnight the date. */
export function timeTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const step = STEPS.find((each) => each >= rough);
  const moments = step ? within(low, high, step) : months(low, high, MONTHS.find((each) => each * 30 * DAY >= rough) ?? 240);
  // Without a midnight among them the first one tells the date.
  const dated = !step || step >= DAY || moments.some(isMidnight);
  return moments.map((each, index) => /** @type {[number, string]} */ ([each, `${dated || index ? "" : `${dayText(each)} `}${label(each, step ?? Infinity)}`]));
}

/** Multiples of a step, counted from midnight; several days from the first of the month. */
function within(low, high, step) {
  const moments = [];
  const day = new Date(low * 1000);
  day.setHours(0, 0, 0, 0);
  for (; day.getTime() / 1000 <= high && moments.length < 100; day.setDate(day.getDate() + 1)) {
    const midnight = day.getTime() / 1000;
    if (step >= DAY) {
      const every = step / DAY;
      if ((day.getDate() - 1) % every === 0 && midnight >= low && day.getDate() + every / 2 <= 32) moments.push(midnight);
      continue;
    }
    const end = Math.min(high, midnight + DAY - step / 2);
    for (let at = midnight + Math.max(0, Math.ceil((low - midnight) / step - 1e-6)) * step; at <= end && moments.length < 100; at += step) moments.push(at);
  }
  return moments;
}

function months(low, high, every) {
  const moments = [];
  const first = new Date(low * 1000);
  const start = new Date(first.getFullYear(), Math.floor(first.getMonth() / every) * every, 1);
  if (every >= 12) start.setFullYear(Math.floor(first.getFullYear() / (every / 12)) * (every / 12), 0, 1);
  for (let at = start; at.getTime() / 1000 <= high && moments.length < 100; at = new Date(at.getFullYear(), at.getMonth() + every, 1)) {
    if (at.getTime() / 1000 >= low) moments.push(at.getTime() / 1000);
  }
  return moments;
}

const dayText = (seconds) => new Date(seconds * 1000).toLocaleDateString(locale(), { month: "short", day: "numeric" });

function isMidnight(seconds) {
  const date = new Date(Math.round(seconds * 1000));
  return date.getHours() + date.getMinutes() + date.getSeconds() + date.getMilliseconds() === 0;
}

/** The label of a tick: as much of date and time as tells ticks of this step apart. */
function label(seconds, step) {
  const date = new Date(Math.round(seconds * 1000));
  if (step === Infinity) return date.toLocaleDateString(locale(), date.getMonth() === 0 ? { year: "numeric" } : { month: "short" });
  if (step >= DAY || isMidnight(seconds)) return dayText(seconds);
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { hour: "2-digit", minute: "2-digit", hour12: false, ...(step < MINUTE && { second: "2-digit" }), ...(step < 1 && { fractionalSecondDigits: 1 }) };
  return date.toLocaleTimeString(locale(), options);
}
