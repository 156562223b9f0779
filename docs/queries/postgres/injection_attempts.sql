-- Calls of the last week that somebody tried to talk out of their instructions, the surest first.
SELECT injection_score,
  injection_rules,
  service_name,
  model,
  user_id,
  trace_id
FROM llm_spans
WHERE timestamp_utc >= now() - interval '7 days' AND injection_attempt
ORDER BY injection_score DESC NULLS LAST, timestamp_utc DESC
LIMIT 100;
