// Format numbers, times and sizes for display.
import { language, t } from "./i18n.js";

const NOT_FINITE = { NaN: "NaN", Infinity: "∞", "-Infinity": "−∞" };

/** Format a measured number to `digits` significant digits; non-finite ones arrive as text. `even` keeps trailing zeros. */
export function number(value, digits = 4, even = false) {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "string") return NOT_FINITE[value] ?? value;
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e7)) return minus(String(value));
  if (size >= 1e7 || size < 1e-4) return minus(value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e"));
  if (size >= 10 ** (digits - 1)) return minus(String(Math.round(value)));
  return minus(even ? value.toPrecision(digits) : String(Number(value.toPrecision(digits))));
}

const UNITS = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]; // prettier-ignore

/** Format a value of an axis: 40k, 1.2M, 0.05. */
export function tick(value) {
  const size = Math.abs(value);
  const unit = size >= 1e4 && size < 1e15 ? UNITS.find(([each]) => size >= Number(each)) : null;
  return unit ? minus(String(Number((value / Number(unit[0])).toPrecision(6)))) + unit[1] : number(value, 6);
}

const minus = (text) => text.replace(/^-/, "−").replace("e-", "e−");

/** Format a parameter's value as it was written. */
export function value(raw) {
  if (raw === null || raw === undefined) return "";
  if (typeof raw === "string") return raw;
  if (typeof raw === "object") return JSON.stringify(raw);
  if (typeof raw === "number" && raw !== 0 && Math.abs(raw) < 1e-4) return raw.toExponential();
  return String(raw);
}

/** Format a fact about a run: its start, recorded in seconds since the epoch or as ISO 8601, as a date. */
export function fact({ name, value: raw }) {
  const seconds = name !== "start_time" ? NaN : typeof raw === "number" ? raw : Date.parse(raw) / 1000;
  return Number.isFinite(seconds) ? moment(seconds) : value(raw);
}

/** The number by which a value is sorted; null for text. */
export function sortable(raw) {
  if (typeof raw === "number") return raw;
  if (typeof raw === "boolean") return Number(raw);
  if (raw === "Infinity") return Infinity;
  if (raw === "-Infinity") return -Infinity;
  return null;
}

export function count(value) {
  return value === null || value === undefined ? "" : value.toLocaleString(locale());
}

export function bytes(size) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** Format a length of time in its two largest units. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  /** @type {[string, number][]} */
  const parts = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]; // prettier-ignore
  const first = parts.findIndex(([, size]) => whole >= size);
  if (first < 0) return t("time.s", { n: 0 });
  const [unit, size] = parts[first];
  const next = parts[first + 1];
  const rest = next ? Math.floor((whole % size) / next[1]) : 0;
  const head = t(`time.${unit}`, { n: Math.floor(whole / size) });
  return rest ? `${head} ${t(`time.${next[0]}`, { n: rest })}` : head;
}

/** Format how long ago a time (seconds since the epoch) was. */
export function ago(moment, now = Date.now() / 1000) {
  const elapsed = now - moment;
  if (elapsed < 45) return t("time.now");
  /** @type {[string, number][]} */
  const parts = [["d", 86400], ["h", 3600], ["m", 60]]; // prettier-ignore
  const [unit, size] = parts.find(([, each]) => elapsed >= each) ?? parts[2];
  const n = Math.max(1, Math.floor(elapsed / size));
  return unit === "d" && n > 30 ? date(moment) : t("time.ago", { time: t(`time.${unit}`, { n }) });
}

export function date(moment) {
  return new Date(moment * 1000).toLocaleDateString(locale(), { year: "numeric", month: "short", day: "numeric" });
}

export function moment(seconds) {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Date(seconds * 1000).toLocaleString(locale(), options);
}

const locale = () => (language.value === "zh" ? "zh-CN" : "en-GB");
