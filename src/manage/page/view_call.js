// One call: what was said as it left, what was found, what it cost, how long it took.

import { get, post } from "./api.js";
import { failure, make, pairs, table } from "./dom.js";
import { count, millis, moment, money } from "./format.js";
import { flags, link } from "./view_calls.js";

export const title = "Call";

// What stands in place of something that was found or withheld.
const MARKS = /(\[(?:[A-Z][A-Z0-9_]+)(?::[^\]\s]{1,64})?\])/;

export const show = async ({ span_id = "", trace_id }) => {
  const call = await get(`/v1/calls/${encodeURIComponent(span_id)}`, { trace_id });
  return make("article", {},
    make("p", {}, make("a", { href: "#/calls" }, "All calls")),
    make("h2", {}, call.name, " ", flags(call)),
    make("div", { class: "columns" },
      section("What", [["Service", call.service], ["Model asked", call.model], ["Model that answered", call.response_model], ["Provider", call.provider],
        ["Operation", call.operation], ["Kind", call.kind], ["Conversation", call.conversation_id && make("a", { href: `#/calls?${new URLSearchParams({ conversation_id: call.conversation_id })}` }, call.conversation_id)],
        ["Stopped because", call.finish_reasons?.join(", ")], ["Written by", call.dialects?.join(", ")]]),
      section("When", [["Started", moment(call.start_unix_nano)], ["Took", millis(call.duration_ms)], ["First token after", call.time_to_first_chunk_ms === null ? null : millis(call.time_to_first_chunk_ms)],
        ["Trace", trace(call)], ["Span", make("code", {}, call.span_id)]]),
      section("Tokens and cost", [["In", count(call.input_tokens)], ["Out", count(call.output_tokens)], ["Counted by", call.tokens_method], ["Cost", money(call.cost?.usd)],
        ["of it for input", call.cost && money(call.cost.input_usd)], ["of it for output", call.cost && money(call.cost.output_usd)], ["By prices of", call.cost?.price_version],
        ["Counts", call.usage_counted ? null : "no: a wrapper or a duplicate of a call that does"]]),
      section("Found", found(call))),
    make("h2", {}, "Messages, as they left"),
    messages(call.messages),
    make("div", { id: "similar" }, similar(call)));
};

const section = (heading, entries) => make("section", {}, make("h2", {}, heading), pairs(entries));

const trace = ({ trace_id, links }) => [
  make("a", { href: `#/calls?trace_id=${trace_id}` }, make("code", {}, trace_id)),
  links?.trace && /^https?:/.test(links.trace) && [" ", make("a", { href: links.trace, rel: "noreferrer" }, "see the trace")],
];

const found = ({ findings, injection_score, prompt_sha256, sampled }) => {
  const pii = findings?.pii ?? [];
  return [
    ["Personal data", pii.length ? pii.map(({ type, count: n }) => make("span", { class: "tag warn" }, `${type} × ${n}`)) : "none"],
    ["Done with it", pii.length ? findings.action : null],
    ["Injection", injection_score ? `score ${injection_score.toFixed(2)}` : "none"],
    ["By the rules", findings?.injection_rules?.map((rule) => make("span", { class: "tag bad" }, rule))],
    ["Sampled", sampled ? "yes" : "no"],
    ["Hash of the prompt", prompt_sha256 && make("code", {}, prompt_sha256)],
  ];
};

export const marked = (text) => text.split(MARKS).map((part, place) => (place % 2 ? make("mark", {}, part) : part));

const messages = (list) =>
  list?.length
    ? list.map(({ side, role, text }) => make("section", { class: `message ${side}` }, make("h3", {}, `${role || side}${side === "output" ? ", out" : ""}`), marked(text)))
    : make("p", { class: "quiet" }, "No text is kept of this call: the app does not send any, or it is older than the store keeps.");

// Calls whose prompts mean about the same. Only sampled calls have a vector, and none where there is no model.
const similar = (call) => {
  const asked = call.messages?.findLast(({ side, role }) => side === "input" && role === "user")?.text;
  const button = make("button", {
    onclick: async () => {
      button.disabled = true;
      button.replaceWith(await post("/v1/calls/similar", { text: asked, limit: 10 }).then(alike, failure));
    },
  }, "Find calls that ask about the same");
  return asked ? button : null;
};

const alike = ({ calls }) => {
  const columns = [
    ["When", (call) => link(call, moment(call.start_unix_nano)), "nowrap"],
    ["Alike", ({ similarity }) => similarity.toFixed(2), "number"],
    ["Service", ({ service }) => service],
    ["Model", ({ response_model, model }) => response_model ?? model],
    ["Cost", ({ cost_usd }) => money(cost_usd), "number"],
  ];
  return calls.length ? table(columns, calls, { caption: "Calls that ask about the same" }) : make("p", { class: "quiet" }, "None has a vector: only sampled calls without personal data do.");
};
