#!/usr/bin/env python3
"""Writes the dashboards of this folder from the tables below: `python3 build.py`, or `--check` to see whether they are current.

A panel is a row of (kind, width in 24ths, title, unit, queries, description). A query is PromQL with the legend beside it, or TraceQL.
`$filter` stands for the choice of services and models, `$service_only` for that of services; every rate runs over `$__rate_interval`,
every total over the range that is shown.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent / "dashboards"
FILTER = 'service_name=~"$service", model=~"$model"'
SERVICE_ONLY = 'service_name=~"$service"'
HEIGHT = {"stat": 4, "gauge": 8, "table": 10}
TRACE_COLUMNS = "| select(resource.service.name, span.gen_ai.request.model, span.sidelight.cost.usd, span.sidelight.pii.types, span.sidelight.injection.rules)"


def quantiles(metric, by):
    """The middle, the slow twentieth and the slow hundredth."""
    query = "histogram_quantile({q}, sum(rate({metric}_bucket{{$filter}}[$__rate_interval])) by (le, {by}))"
    return [(query.format(q=q, metric=metric, by=by), f"p{q * 100:g} {{{{{by}}}}}") for q in (0.5, 0.95, 0.99)]


def mean(metric, by):
    of = "sum(increase({metric}_{part}{{$filter}}[$__range])) by ({by})"
    return " / ".join(of.format(metric=metric, part=part, by=by) for part in ("sum", "count"))


LATENCY = [
    ("timeseries", 12, "Latency", "ms", quantiles("llm_latency_ms_total", "model"), "How long a call took, until its last byte."),
    ("timeseries", 12, "Time to the first token", "ms", quantiles("llm_latency_ms_ttft", "model"), "Streamed calls only."),
    ("barchart", 12, "Mean latency and time to the first token", "ms",
     [(mean("llm_latency_ms_total", "model"), "latency"), (mean("llm_latency_ms_ttft", "model"), "first token")],
     "Over the range that is shown."),
    ("timeseries", 12, "Calls", "reqps", [("sum(rate(llm_spans_total{$filter}[$__rate_interval])) by (model)", "{{model}}")], "Calls a second."),
    ("traces", 24, "Slowest calls", None, "{ span.sidelight.usage_counted = true && resource.service.name =~ \"$service\" && duration > 2s } " + TRACE_COLUMNS,
     "Open one to see it in Tempo."),
]

COST = [
    ("stat", 6, "Cost", "currencyUSD", [("sum(increase(llm_cost_usd_micro_total{$filter}[$__range])) / 1e6", "cost")], "Over the range that is shown."),
    ("stat", 6, "Cost a day at this rate", "currencyUSD", [("sum(rate(llm_cost_usd_micro_total{$filter}[1h])) * 86400 / 1e6", "a day")], "The last hour, for a day."),
    ("stat", 6, "Mean cost of a call", "currencyUSD",
     [("sum(increase(llm_cost_usd_micro_total{$filter}[$__range])) / 1e6 / sum(increase(llm_spans_total{$filter}[$__range]))", "a call")], "Calls without a known price count as calls."),
    ("stat", 6, "Calls without a price", "short", [("sum(increase(sidelight_enrich_unpriced_calls_total[$__range]))", "calls")],
     "Their model is in no price list, or their usage is not known: see `sidelight prices show MODEL`."),
    ("timeseries", 24, "Cost by service and model", "currencyUSD",
     [("sum(increase(llm_cost_usd_micro_total{$filter}[$__rate_interval])) by (service_name, model) / 1e6", "{{service_name}} {{model}}")], "US dollars in each step of the graph, not summed up."),
    ("piechart", 12, "Cost by model", "currencyUSD", [("sum(increase(llm_cost_usd_micro_total{$filter}[$__range])) by (model) / 1e6", "{{model}}")], "Over the range that is shown."),
    ("bargauge", 12, "Cost by service", "currencyUSD", [("sum(increase(llm_cost_usd_micro_total{$filter}[$__range])) by (service_name) / 1e6", "{{service_name}}")], "Over the range that is shown."),
    ("traces", 24, "Dearest calls", None, "{ span.sidelight.cost.usd > 0.01 && resource.service.name =~ \"$service\" } " + TRACE_COLUMNS, "Open one to see it in Tempo."),
]

ERRORS = [
    ("timeseries", 12, "Calls by status", "reqps", [("sum(rate(llm_spans_total{$filter}[$__rate_interval])) by (status, service_name)", "{{service_name}} {{status}}")], "Calls a second."),
    ("timeseries", 12, "Share of errors", "percentunit",
     [('sum(rate(llm_spans_total{$filter, status="error"}[$__rate_interval])) by (service_name) / sum(rate(llm_spans_total{$filter}[$__rate_interval])) by (service_name)', "{{service_name}}")], "Of all calls."),
    ("barchart", 12, "Why models stopped", "short", [("sum(increase(llm_finish_reason_total{$filter}[$__range])) by (finish_reason, model)", "{{finish_reason}} {{model}}")],
     "`length` means that answers are cut off."),
    ("gauge", 6, "Share of errors", "percentunit", [('sum(increase(llm_spans_total{$filter, status="error"}[$__range])) / sum(increase(llm_spans_total{$filter}[$__range]))', "errors")], "Over the range that is shown."),
    ("gauge", 6, "Share of calls with retries", "percentunit",
     [('sum(increase(llm_spans_total{$filter, has_retries="true"}[$__range])) / sum(increase(llm_spans_total{$filter}[$__range]))', "retried")],
     "Of calls that tell: most instrumentation writes nothing of retries, and then this is empty."),
    ("traces", 24, "Failed calls", None, "{ span.sidelight.kind != nil && status = error && resource.service.name =~ \"$service\" } " + TRACE_COLUMNS, "Open one to see it in Tempo."),
]

SECURITY = [
    ("stat", 6, "Calls with personal data", "short", [("sum(increase(llm_pii_detected_total{$service_only}[$__range]))", "calls")], "Over the range that is shown."),
    ("stat", 6, "Injection attempts", "short", [("sum(increase(llm_injection_attempts_total{$service_only}[$__range]))", "calls")], "Over the range that is shown."),
    ("stat", 6, "Both together", "short",
     [("sum(increase(llm_pii_detected_total{$service_only}[$__range])) + sum(increase(llm_injection_attempts_total{$service_only}[$__range]))", "calls")], "What the earlier dashboard called violations."),
    ("stat", 6, "Texts withheld", "short", [("sum(increase(sidelight_enrich_withheld_items_total[$__range]))", "spans")], "A scan failed, so the text did not leave. Should be 0."),
    ("timeseries", 12, "Personal data", "reqps", [("sum(rate(llm_pii_detected_total{$service_only}[$__rate_interval])) by (service_name)", "{{service_name}}")], "Calls a second in which some was found."),
    ("timeseries", 12, "Injection attempts", "reqps", [("sum(rate(llm_injection_attempts_total{$service_only}[$__rate_interval])) by (service_name)", "{{service_name}}")], "Calls a second."),
    ("timeseries", 12, "Both over time", "short",
     [("sum(increase(llm_pii_detected_total{$service_only}[$__rate_interval])) by (service_name)", "personal data {{service_name}}"),
      ("sum(increase(llm_injection_attempts_total{$service_only}[$__rate_interval])) by (service_name)", "injection {{service_name}}")], "Calls in each step of the graph."),
    ("bargauge", 12, "What was found", "short", [("topk(20, sum(increase(sidelight_pii_findings_total[$__range])) by (type))", "{{type}}")], "Findings by type, of all services."),
    ("traces", 12, "Calls with personal data", None, "{ span.sidelight.pii.detected = true && resource.service.name =~ \"$service\" } " + TRACE_COLUMNS, "Open one to see it in Tempo."),
    ("traces", 12, "Injection attempts", None, "{ span.sidelight.injection.attempt = true && resource.service.name =~ \"$service\" } " + TRACE_COLUMNS, "Open one to see it in Tempo."),
]

HEALTH = [
    ("stat", 4, "Agents", "short", [("count(sidelight_build_info)", "agents")], None),
    ("stat", 5, "Waiting", "short", [("sum(sidelight_exporter_waiting_items)", "items")], "Accepted, safe on disk, not delivered yet."),
    ("stat", 5, "Oldest in the queue", "s", [("max(sidelight_queue_oldest_seconds)", "age")], "Grows while a back end is away."),
    ("stat", 5, "Refused at the door", "short", [("sum(increase(sidelight_receiver_refused_items_total[$__range]))", "items")], "Senders of busy or full were told to come back."),
    ("stat", 5, "Dead letters", "short", [("sum(increase(sidelight_exporter_dead_items_total[$__range]))", "items")], "See `sidelight queue dead ls`; replay them after the fix."),
    ("timeseries", 12, "In", "cps", [("sum(rate(sidelight_receiver_accepted_items_total[$__rate_interval])) by (signal, transport)", "{{signal}} {{transport}}")], "Items a second."),
    ("timeseries", 12, "Out", "cps", [("sum(rate(sidelight_exporter_sent_items_total[$__rate_interval])) by (exporter, signal)", "{{exporter}} {{signal}}")], "Items a second."),
    ("timeseries", 12, "Refused at the door", "cps", [("sum(rate(sidelight_receiver_refused_items_total[$__rate_interval])) by (reason)", "{{reason}}")], "Items a second."),
    ("timeseries", 12, "Dropped or dead", "cps",
     [('sum(rate(sidelight_exporter_dropped_items_total{reason!="not_carried"}[$__rate_interval])) by (exporter, reason)', "dropped {{exporter}} {{reason}}"),
      ("sum(rate(sidelight_exporter_dead_items_total[$__rate_interval])) by (exporter, reason)", "dead {{exporter}} {{reason}}")], "Items a second that were accepted and not delivered. Should be 0."),
    ("timeseries", 12, "Ledger: does every item stand somewhere?", "short",
     [("sum(sidelight_exporter_accepted_items_total + sidelight_exporter_recovered_items_total + sidelight_exporter_replayed_items_total) by (exporter)"
       " - sum(sidelight_exporter_sent_items_total) by (exporter) - sum(sidelight_exporter_dropped_items_total) by (exporter)"
       " - sum(sidelight_exporter_dead_items_total) by (exporter) - sum(sidelight_exporter_waiting_items) by (exporter)", "{{exporter}}")],
     "accepted + recovered + replayed - sent - dropped - dead - waiting. 0 at every scrape."),
    ("timeseries", 12, "Queue on disk", "bytes", [("sidelight_queue_bytes", "{{instance}}")], None),
    ("timeseries", 12, "Requests to back ends", "reqps", [("sum(rate(sidelight_exporter_requests_total[$__rate_interval])) by (exporter, outcome)", "{{exporter}} {{outcome}}")],
     "`hold`: people have to mend something, such as a token. `later`: the back end asked us to wait."),
    ("timeseries", 12, "How long back ends take", "s",
     [("histogram_quantile(0.95, sum(rate(sidelight_exporter_request_seconds_bucket[$__rate_interval])) by (le, exporter))", "p95 {{exporter}}")], None),
    ("timeseries", 8, "How long a write takes", "s", [("histogram_quantile(0.99, sum(rate(sidelight_queue_commit_seconds_bucket[$__rate_interval])) by (le, instance))", "p99 {{instance}}")],
     "Senders wait for it: a slow disk shows here first."),
    ("timeseries", 8, "How long enrichment takes", "s", [("histogram_quantile(0.99, sum(rate(sidelight_enrich_seconds_bucket[$__rate_interval])) by (le, instance))", "p99 {{instance}}")], "Of a request."),
    ("timeseries", 8, "Bytes in flight", "bytes", [("sidelight_receiver_in_flight_bytes", "{{instance}}")], "At `queue.max_in_flight` senders are told to come back."),
    ("timeseries", 8, "CPU", "percentunit", [("rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}")], "Of one core."),
    ("timeseries", 8, "Memory", "bytes", [("process_resident_memory_bytes", "{{instance}}")], None),
    ("timeseries", 8, "Open files", "short", [("process_open_fds", "{{instance}}")], None),
]

TOKENS = [
    ("stat", 8, "Tokens", "short", [("sum(increase(llm_tokens_total{$filter}[$__range]))", "tokens")], "Over the range that is shown."),
    ("stat", 8, "Calls", "short", [("sum(increase(llm_spans_total{$filter}[$__range]))", "calls")], "Over the range that is shown."),
    ("stat", 8, "Tokens out for one in", "short",
     [('sum(increase(llm_tokens_total{$filter, token_type="completion"}[$__range])) / sum(increase(llm_tokens_total{$filter, token_type="prompt"}[$__range]))', "ratio")], None),
    ("timeseries", 12, "Tokens in", "cps", [('sum(rate(llm_tokens_total{$filter, token_type="prompt"}[$__rate_interval])) by (model)', "{{model}}")], "A second."),
    ("timeseries", 12, "Tokens out", "cps", [('sum(rate(llm_tokens_total{$filter, token_type="completion"}[$__rate_interval])) by (model)', "{{model}}")], "A second."),
    ("bargauge", 12, "Calls by model", "short", [("topk(20, sum(increase(llm_spans_total{$filter}[$__range])) by (model))", "{{model}}")], "Over the range that is shown."),
    ("piechart", 12, "Calls by provider", "short", [("sum(increase(llm_spans_total{$filter}[$__range])) by (provider)", "{{provider}}")], "Over the range that is shown."),
    ("timeseries", 12, "Tokens of a call", "short",
     [("histogram_quantile(0.5, sum(rate(gen_ai_client_token_usage_bucket[$__rate_interval])) by (le, gen_ai_token_type))", "p50 {{gen_ai_token_type}}"),
      ("histogram_quantile(0.95, sum(rate(gen_ai_client_token_usage_bucket[$__rate_interval])) by (le, gen_ai_token_type))", "p95 {{gen_ai_token_type}}")], "All services."),
    ("timeseries", 12, "How long operations take", "s",
     [("histogram_quantile(0.95, sum(rate(gen_ai_client_operation_duration_seconds_bucket[$__rate_interval])) by (le, gen_ai_operation_name))", "p95 {{gen_ai_operation_name}}")], "All services."),
]

DASHBOARDS = {
    "llm-latency-ttft": ("LLM latency and time to first token", LATENCY),
    "llm-cost": ("LLM cost", COST),
    "llm-error-retry": ("LLM errors and retries", ERRORS),
    "llm-security-safety": ("LLM security and safety", SECURITY),
    "sidelight-health": ("Sidelight health", HEALTH),
    "sidelight-tokens-models": ("LLM tokens and models", TOKENS),
}


def variables(panels):
    def source(name, label, kind):
        return {"name": name, "label": label, "type": "datasource", "query": kind, "refresh": 1}

    def choice(name, label, query):
        return {
            "name": name, "label": label, "type": "query", "datasource": {"type": "prometheus", "uid": "${prometheus}"},
            "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1,
            "includeAll": True, "allValue": ".*", "multi": True, "current": {"text": "All", "value": "$__all"},
        }

    text = json.dumps(panels)
    chosen = [source("prometheus", "Prometheus", "prometheus")]
    if '"traces"' in text:
        chosen.append(source("tempo", "Tempo", "tempo"))
    if "$filter" in text or "$service" in text:
        chosen.append(choice("service", "Service", "label_values(llm_spans_total, service_name)"))
    if "$filter" in text:
        chosen.append(choice("model", "Model", 'label_values(llm_spans_total{service_name=~"$service"}, model)'))
    return chosen


def options(kind):
    reduce = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return {
        "timeseries": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "barchart": {"orientation": "auto", "showValue": "auto", "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}, "tooltip": {"mode": "multi", "sort": "none"}},
        "piechart": {**reduce, "pieType": "donut", "legend": {"displayMode": "table", "placement": "right", "showLegend": True, "values": ["value", "percent"]}},
        "bargauge": {**reduce, "orientation": "horizontal", "displayMode": "basic"},
        "gauge": reduce,
        "stat": {**reduce, "colorMode": "none", "graphMode": "area"},
        "table": {"showHeader": True},
    }[kind]


def prometheus_target(place, kind, expr, legend):
    expr = expr.replace("$filter", FILTER).replace("$service_only", SERVICE_ONLY)
    target = {"refId": chr(ord("A") + place), "datasource": {"type": "prometheus", "uid": "${prometheus}"}, "expr": expr, "legendFormat": legend}
    return {**target, "range": True} if kind == "timeseries" else {**target, "instant": True, "format": "table" if kind == "barchart" else "time_series"}


def panel(number, x, y, row):
    kind, width, title, unit, queries, description = row
    if kind == "traces":
        kind, source = "table", {"type": "tempo", "uid": "${tempo}"}
        targets = [{"refId": "A", "datasource": source, "queryType": "traceql", "query": queries, "limit": 20, "tableType": "spans"}]
    else:
        source = {"type": "prometheus", "uid": "${prometheus}"}
        targets = [prometheus_target(place, kind, *query) for place, query in enumerate(queries)]
    made = {
        "id": number, "type": kind, "title": title, "datasource": source, "targets": targets,
        "gridPos": {"x": x, "y": y, "w": width, "h": HEIGHT.get(kind, 8)},
        "fieldConfig": {"defaults": {"unit": unit} if unit else {}, "overrides": []}, "options": options(kind),
    }
    if kind == "barchart":
        made["transformations"] = [{"id": "joinByField", "options": {"mode": "outer"}}] if len(targets) > 1 else []
    return {**made, "description": description} if description else made


def panels(rows):
    x = y = tallest = 0
    for number, row in enumerate(rows, 1):
        if x + row[1] > 24:
            x, y, tallest = 0, y + tallest, 0
        made = panel(number, x, y, row)
        x, tallest = x + row[1], max(tallest, made["gridPos"]["h"])
        yield made


def dashboard(uid, title, rows):
    others = [{"title": "LLM", "type": "dashboards", "icon": "", "tooltip": "", "targetBlank": False, "tags": ["sidelight"], "asDropdown": True, "includeVars": True, "keepTime": True}]
    return {
        "uid": f"{uid}-dashboard" if uid.startswith("llm-") else uid, "title": title, "tags": ["sidelight", "llm"], "schemaVersion": 39, "version": 1,
        "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timezone": "browser", "editable": True, "graphTooltip": 1,
        "links": others, "templating": {"list": variables(rows)}, "annotations": {"list": []}, "panels": list(panels(rows)),
    }


def main():
    stale = []
    for uid, (title, rows) in DASHBOARDS.items():
        file, text = HERE / f"{uid}.json", json.dumps(dashboard(uid, title, rows), indent=2) + "\n"
        if "--check" not in sys.argv:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            stale.append(file.name)
    sys.exit(f"not what build.py writes: {', '.join(stale)}" if stale else 0)


if __name__ == "__main__":
    main()
