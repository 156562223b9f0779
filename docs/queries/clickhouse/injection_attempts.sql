-- Calls of the last week that somebody tried to talk out of their instructions, the surest first.
SELECT injection_score,
  injection_rules,
  service_name,
  model,
  user_id,
  trace_id
FROM llm_spans FINAL
WHERE timestamp_utc >= now() - INTERVAL 7 DAY AND injection_attempt
ORDER BY injection_score DESC NULLS LAST, timestamp_utc DESC
LIMIT 100;
