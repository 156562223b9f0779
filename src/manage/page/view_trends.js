// Cost, tokens, calls, latency and findings over time.

import { get } from "./api.js";
import { chart } from "./chart.js";
import { make, select } from "./dom.js";
import { compact, count, millis, money } from "./format.js";

export const title = "Trends";

// Each with a step that gives some sixty points.
const RANGES = { "1h": ["hour", "1m"], "6h": ["6 hours", "5m"], "24h": ["day", "30m"], "7d": ["7 days", "3h"] };
const BY = [["model", "model"], ["service", "service"], ["provider", "provider"]];

export const show = async ({ since = "24h", by = "model", service = "" }) => {
  const [, step] = RANGES[since] ?? RANGES["24h"];
  const [facets, { times, series, latency }] = await Promise.all([get("/v1/calls/facets"), get("/v1/series", { since, step, by, service })]);
  const of = (key) => series.map(({ name, ...values }) => ({ name: name || "unknown", values: values[key] }));
  const stacked = (show) => ({ stacked: true, show });
  const both = series.map(({ name, input_tokens, output_tokens }) => ({ name: name || "unknown", values: input_tokens.map((n, place) => n + output_tokens[place]) }));
  const percentiles = [["half", "p50_ms"], ["slowest in twenty", "p95_ms"]].map(([name, key]) => ({ name, values: latency[key] }));
  const first = [["half", "ttft_p50_ms"], ["slowest in twenty", "ttft_p95_ms"]].map(([name, key]) => ({ name, values: latency[key] }));
  return make("div", {},
    form(since, by, service, facets),
    series.length ? make("div", { class: "columns" },
      chart("Cost", times, of("cost_usd"), stacked(money)),
      chart("Tokens, in and out", times, both, stacked(compact)),
      chart("Calls", times, of("calls"), stacked(count)),
      chart("Errors", times, of("errors"), stacked(count)),
      chart("How long calls take", times, percentiles, { show: millis }),
      chart("Time to the first token", times, first, { show: millis }),
      chart("Calls with personal data", times, of("pii"), stacked(count)),
      chart("Injection attempts", times, of("injection"), stacked(count))) : make("p", { class: "quiet" }, "No calls in this time."));
};

const form = (since, by, service, facets) => {
  const choose = (event) => {
    location.hash = `#/trends?${new URLSearchParams(new FormData(event.currentTarget))}`;
  };
  return make("form", { onchange: choose, "aria-label": "What is shown" },
    select("since", "Of the last", Object.entries(RANGES).map(([value, [text]]) => [value, text]), since),
    select("by", "Told apart by", BY, by),
    select("service", "Service", [["", "all"], ...facets.services.map(({ name }) => [name, name])], service));
};
