// What happened to runs: a bell with the latest ends and alerts, the page's title and icon, and notifications by choice.
import { connection, get, live } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { storedSignal } from "../lib/local_storage.js";
import { addressOf, param } from "../lib/route.js";
import { classes, computed, effect, html, signal, useEffect, useLayoutEffect } from "../lib/ui.js";
import { t } from "../lib/i18n.js";
import { Popover } from "../widgets/button.js";
import { Checkbox } from "../widgets/field.js";
import { toast } from "../widgets/toast.js";

const EVERY = 10_000;
const MOST_NOTIFIED = 3; // at once
const BAD = new Set(["failed", "killed", "lost"]);

/** @type {import("@preact/signals").Signal<import("../lib/answers.d.ts").EventsAnswer | null>} */
const answer = signal(null);
/** Until when events have been seen in this browser, by data folder. */
const seenUntil = storedSignal("events.seen", /** @type {Record<string, number>} */ ({}));
const wantsNotifications = storedSignal("events.notify", false);

const unseen = computed(() => {
  const seen = seenUntil.value[param("path")];
  return (answer.value?.events ?? []).filter((event) => seen !== undefined && event.time > seen);
});

/** How the title begins: failures before ends, nothing without either. */
export const titleSign = computed(() => {
  const bad = unseen.value.filter(isBad).length;
  return bad ? `✕ ${bad}` : unseen.value.length ? `✓ ${unseen.value.length}` : "";
});

const isBad = (event) => event.kind !== "finished";

const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="icon"]'));
const plainIcon = icon?.href;
effect(() => {
  if (!icon || !plainIcon) return;
  const kind = unseen.value.some(isBad) ? "-failed" : unseen.value.length ? "-ended" : "";
  const address = plainIcon.replace("icon.svg", `icon${kind}.svg`);
  if (icon.href !== address) icon.href = address;
});

const wordOf = (event) => event.title || t(`status.${event.kind}`);

async function load() {
  const before = answer.peek();
  try {
    const next = await get("/api/v1/events", {}, { quiet: true });
    if (next === before) return;
    answer.value = next;
    const path = param("path");
    // The first visit begins now: what ended earlier is no news.
    if (seenUntil.peek()[path] === undefined) seenUntil.value = { ...seenUntil.peek(), [path]: next.now };
    const latest = before?.now ?? Infinity;
    if (wantsNotifications.peek() && document.hidden) notify(next.events.filter((event) => event.time > latest));
  } catch {
    // The header tells that the server is away, and that no folder is shown.
  }
}

function notify(events) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  for (const event of events.slice(0, MOST_NOTIFIED)) new Notification(`${event.name}: ${wordOf(event)}`, { tag: `${event.id} ${event.kind}`, icon: plainIcon });
}

async function choose(on) {
  const permitted = on && "Notification" in window && (await Notification.requestPermission()) === "granted";
  if (on && !permitted) toast(t("events.refused"));
  wantsNotifications.value = Boolean(permitted);
}

/** Also while the page is not seen, which is when a title, an icon or a notification is of use. */
export function Bell() {
  const path = param("path");
  useEffect(() => {
    answer.value = null;
    load();
    const timer = setInterval(() => live.peek() && connection.peek() !== "closed" && load(), EVERY);
    return () => clearInterval(timer);
  }, [path]);
  const n = unseen.value.length;
  const label = n ? t("events.unseen", { n }) : t("events.title");
  return html`<span class=${classes("bell", { bad: unseen.value.some(isBad) })}>
    <${Popover} icon="bell" label=${label} align="end">${() => html`<${Events} />`}<//>
    ${n > 0 && html`<b aria-hidden="true">${n > 99 ? "99+" : n}</b>`}
  </span>`;
}

function Events() {
  const { now, events } = answer.value ?? { now: 0, events: [] };
  const fresh = new Set(unseen.peek());
  // Before the paint: also who opens and closes it quickly has seen them.
  useLayoutEffect(() => {
    const newest = Math.max(now, ...events.map((event) => event.time));
    return () => {
      seenUntil.value = { ...seenUntil.peek(), [param("path")]: newest };
    };
  }, [events]);
  return html`<div class="events">
    <h2>${t("events.title")}</h2>
    ${!events.length && html`<p class="faint">${t("events.none")}</p>`}
    <ul>${events.slice(0, 20).map((event) => html`<li key=${`${event.id} ${event.kind} ${event.time}`} class=${classes({ fresh: fresh.has(event) })}>
      <a href=${addressOf(`/run/${encodeURIComponent(event.id)}`)} title=${event.name}><span class="cut">${event.name}</span></a>
      <span class=${BAD.has(event.kind) ? "bad" : isBad(event) ? "warn" : "faint"}>${wordOf(event)}</span>
      <small class="faint">${ago(event.time)}</small>
    </li>`)}</ul>
    <${Checkbox} label=${t("events.notify")} checked=${wantsNotifications.value} onChange=${choose} />
  </div>`;
}
