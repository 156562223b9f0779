// Is it working? Troubles with their remedy, what comes in, what goes out, what waits.

import { get } from "./api.js";
import { card, make, pairs, refill, table } from "./dom.js";
import { bytes, clock, count, plural, seconds } from "./format.js";

export const title = "Now";

const STATES = { delivering: "good", retrying: "warn", held: "bad" };
let frame;
let before;

export const show = async () => {
  frame = make("div", {});
  before = undefined;
  const [status, queue] = await Promise.all([get("/v1/status"), get("/v1/queue")]);
  fill(status, queue);
  return frame;
};

export const hear = async (name, status) => {
  if (name === "status" && frame?.isConnected) fill(status, await get("/v1/queue").catch(() => null));
};

const sum = (values) => values.reduce((a, b) => a + b, 0);
const refusals = (received) => sum(received.flatMap(({ refused }) => Object.values(refused)));

const fill = (status, queue) => {
  const accepted = sum(status.received.map((line) => line.accepted));
  const at = performance.now();
  const rate = before && at > before.at ? ((accepted - before.accepted) / (at - before.at)) * 1000 : null;
  if (!before || at - before.at > 900) before = { accepted, at };
  // A table that somebody is reading with the keyboard is not to be torn away for nothing.
  const open = frame.contains(document.activeElement) ? document.activeElement.id : "";
  refill(frame,
    troubles(status.troubles),
    make("div", { class: "cards" },
      card("Accepted since the start", count(accepted), rate === null ? "spans, log records, points" : `${count(rate)} a second now`),
      card("Refused at the door", count(refusals(status.received)), "senders of busy or full come back", refusals(status.received) ? "warn" : ""),
      queue && card("In the queue", bytes(queue.bytes), `of ${bytes(queue.max_bytes)}, ${queue.durability}`),
      queue && card("Waiting", count(Math.max(0, ...queue.lanes.map(({ items }) => items))), oldest(queue.lanes)),
      card("Up for", seconds(status.uptime_seconds), `version ${status.version}, ${status.health}`)),
    make("h2", {}, "Exporters"),
    exporters(status.exporters),
    make("h2", {}, "Received"),
    received(status.received),
    make("h2", {}, "Listening"),
    pairs(status.listening.map(({ what, at }) => [what, make("code", {}, at)])));
  if (open) document.getElementById(open)?.focus();
};

const oldest = (lanes) => {
  const age = Math.max(0, ...lanes.map((lane) => lane.oldest_seconds ?? 0));
  return age ? `the oldest for ${seconds(age)}` : "nothing is late";
};

const troubles = (list) =>
  list.length
    ? list.map(({ level, about, says, remedy }) => make("section", { class: `trouble ${level}` }, make("p", {}, make("b", {}, about), ": ", says), make("p", {}, "What to do: ", remedy)))
    : [make("p", { class: "good" }, "Nothing is in the way: what comes in goes out.")];

const total = (ledger, of) => sum(Object.values(ledger).map(of));
const reasons = (ledger, key) => {
  const all = {};
  for (const line of Object.values(ledger)) for (const [reason, n] of Object.entries(line[key])) all[reason] = (all[reason] ?? 0) + n;
  return all;
};
const listed = (counts) => Object.entries(counts).filter(([, n]) => n).map(([reason, n]) => `${count(n)} ${reason.replaceAll("_", " ")}`).join(", ") || "0";

const exporters = (list) => {
  const of = (key) => ({ ledger }) => count(total(ledger, (line) => line[key]));
  const rows = [
    ["Exporter", ({ id }) => make("b", {}, id)],
    ["State", ({ state, since }) => make("span", { class: STATES[state] }, state, since && ` since ${clock(new Date(since))}`)],
    ["Accepted", of("accepted"), "number"],
    ["Found at start", of("recovered"), "number"],
    ["Replayed", of("replayed"), "number"],
    ["Sent", of("sent"), "number"],
    ["Waiting", ({ ledger, oldest_seconds }) => [count(total(ledger, (line) => line.waiting)), oldest_seconds ? ` (${seconds(oldest_seconds)})` : ""], "number"],
    ["Dropped", ({ ledger }) => listed(reasons(ledger, "dropped")), "number wraps"],
    ["Dead", ({ ledger }) => listed(reasons(ledger, "dead")), "number wraps"],
    ["Last error", ({ last_error: error }) => error && [make("span", { class: "quiet" }, `${clock(new Date(error.at))} `), error.said]],
  ];
  return [table(rows, list), make("p", { class: "quiet" }, "Accepted + found at start + replayed = sent + waiting + dropped + dead, for each exporter, at every moment. ",
    "“not carried” is what an exporter has no place for, such as metrics in the local store.")];
};

const received = (list) => {
  const seen = list.filter(({ accepted, refused }) => accepted || Object.keys(refused).length);
  if (!seen.length) return make("p", { class: "quiet" }, "Nothing yet. Point an SDK here with OTEL_EXPORTER_OTLP_ENDPOINT.");
  return table([
    ["Signal", ({ signal }) => signal],
    ["By", ({ transport }) => transport],
    ["Accepted", ({ accepted }) => count(accepted), "number"],
    ["Refused", ({ refused }) => (Object.keys(refused).length ? Object.entries(refused).map(([reason, n]) => plural(n, reason.replaceAll("_", " "), reason.replaceAll("_", " "))).join(", ") : "0"), "number wraps"],
  ], seen);
};
