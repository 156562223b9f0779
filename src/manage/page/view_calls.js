// The latest LLM calls: filtered, paged, and live at the top.

import { get } from "./api.js";
import { card, failure, field, make, select, table } from "./dom.js";
import { compact, count, millis, moment, money } from "./format.js";

export const title = "Calls";

const FLAGS = [["pii", "personal data"], ["injection", "injection"], ["error", "error"], ["sampled", "sampled"]];
const RANGES = [["", "all that is kept"], ["15m", "15 minutes"], ["1h", "hour"], ["24h", "day"], ["7d", "7 days"]];
let state;

export const show = async (wanted) => {
  const { live, ...filter } = wanted;
  const [facets, page] = await Promise.all([get("/v1/calls/facets"), get("/v1/calls", { ...filter, totals: true })]);
  state = { filter, calls: page.calls, next: page.next, live: live !== "off", fresh: new Set(), list: make("div", {}), frame: make("div", {}) };
  state.frame.append(form(facets, wanted), totals(page.totals), state.list);
  refresh();
  return state.frame;
};

// New calls come in at the top while nobody has chosen some of them or paged on.
export const hear = (name, { calls }) => {
  if (name !== "calls" || !state?.frame.isConnected || !state.live || Object.keys(state.filter).length) return;
  const known = new Set(state.calls.map(id));
  const fresh = calls.filter((call) => !known.has(id(call))).reverse();
  if (!fresh.length || state.list.contains(document.activeElement)) return;
  state.fresh = new Set(fresh.map(id));
  state.calls = [...fresh, ...state.calls].slice(0, 500);
  refresh();
};

const id = ({ trace_id, span_id }) => `${trace_id}-${span_id}`;

const refresh = () => {
  const { calls, next, list } = state;
  if (!calls.length) {
    const nothing = Object.keys(state.filter).length ? "No call fits." : "No calls yet. Send some to see them here.";
    return list.replaceChildren(make("p", { class: "quiet" }, nothing));
  }
  list.replaceChildren(calls_table(calls, state.fresh), next ? make("p", {}, make("button", { onclick: more }, "Older calls")) : make("p", { class: "quiet" }, "These are all."));
};

export const link = ({ span_id, trace_id }, ...text) => make("a", { href: `#/call?${new URLSearchParams({ span_id, trace_id })}` }, ...text);

export const flags = (call) => [
  call.error && make("span", { class: "tag bad" }, "error"),
  call.injection && make("span", { class: "tag bad" }, "injection"),
  (call.pii_types ?? []).map((type) => make("span", { class: "tag warn" }, type)),
];

export const calls_table = (calls, fresh = new Set()) =>
  table([
    ["When", (call) => link(call, moment(call.start_unix_nano)), "nowrap"],
    ["Service", ({ service }) => service],
    ["Call", ({ kind, name }) => [name, name?.startsWith(kind) ? null : make("span", { class: "quiet" }, ` ${kind}`)]],
    ["Model", ({ response_model, model }) => response_model ?? model],
    ["Took", ({ duration_ms }) => millis(duration_ms), "number"],
    ["First token", ({ time_to_first_chunk_ms }) => millis(time_to_first_chunk_ms), "number"],
    ["In", ({ input_tokens }) => count(input_tokens), "number"],
    ["Out", ({ output_tokens }) => count(output_tokens), "number"],
    ["Cost", ({ cost_usd }) => money(cost_usd), "number"],
    ["Found", flags],
  ], calls, { rowClass: (call) => fresh.has(id(call)) && "new" });

const more = async ({ target }) => {
  target.disabled = true;
  try {
    const page = await get("/v1/calls", { ...state.filter, after: state.next });
    state.live = false;
    state.calls.push(...page.calls);
    state.next = page.next;
    refresh();
  } catch (error) {
    target.replaceWith(failure(error));
  }
};

const totals = (sums) =>
  make("div", { class: "cards" },
    card("Calls", count(sums?.calls ?? 0), `${count(sums?.errors ?? 0)} with errors`),
    card("Tokens in", compact(sums?.input_tokens ?? 0)),
    card("Tokens out", compact(sums?.output_tokens ?? 0)),
    card("Cost", money((sums?.cost_micro_usd ?? 0) / 1e6)),
    card("With personal data", count(sums?.with_pii ?? 0), null, sums?.with_pii ? "warn" : ""),
    card("Injection attempts", count(sums?.with_injection ?? 0), null, sums?.with_injection ? "bad" : ""));

const form = (facets, wanted) => {
  const names = (list) => [["", "all"], ...list.map(({ name, calls }) => [name, `${name} (${compact(calls)})`])];
  const chosen = (wanted.flag ?? "").split(",");
  const number = { type: "number", min: 0, step: "any", class: "short" };
  const filter = (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const entries = [...data].filter(([key, value]) => value && key !== "flag");
    const flag = data.getAll("flag").join(",");
    location.hash = `#/calls?${new URLSearchParams(flag ? [...entries, ["flag", flag]] : entries)}`;
  };
  return make("form", { onsubmit: filter, "aria-label": "Which calls" },
    select("since", "Of the last", RANGES, wanted.since ?? ""),
    select("service", "Service", names(facets.services), wanted.service ?? ""),
    select("model", "Model", names(facets.models), wanted.model ?? ""),
    select("kind", "Kind", names(facets.kinds), wanted.kind ?? ""),
    field("min_cost_usd", "Dearer than, $", wanted.min_cost_usd ?? "", number),
    field("min_latency_ms", "Longer than, ms", wanted.min_latency_ms ?? "", number),
    field("trace_id", "Trace", wanted.trace_id ?? "", { size: 12, spellcheck: "false" }),
    field("conversation_id", "Conversation", wanted.conversation_id ?? "", { size: 10, spellcheck: "false" }),
    FLAGS.map(([value, text]) => make("label", { class: "inline" }, make("input", { type: "checkbox", name: "flag", value, checked: chosen.includes(value) }), text)),
    make("button", { class: "main" }, "Show"),
    Object.keys(wanted).length ? make("a", { href: "#/calls" }, "Show all") : null);
};
