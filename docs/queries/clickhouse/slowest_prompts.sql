-- The slowest calls of the last week, and what the user last said where messages are stored.
WITH
  arrayFilter(message -> JSONExtractString(message, 'role') = 'user', JSONExtractArrayRaw(input_messages))[-1] AS last,
  arrayFilter(part -> JSONExtractString(part, 'type') = 'text', JSONExtractArrayRaw(last, 'parts')) AS parts
SELECT latency_ms_total,
  latency_ms_ttft,
  service_name,
  model,
  prompt_tokens,
  completion_tokens,
  trace_id,
  substringUTF8(arrayStringConcat(arrayMap(part -> JSONExtractString(part, 'content'), parts), ' '), 1, 200) AS prompt
FROM llm_spans FINAL
WHERE timestamp_utc >= now() - INTERVAL 7 DAY AND kind IN ('chat', 'completion')
ORDER BY latency_ms_total DESC, timestamp_utc DESC, span_id
LIMIT 20;
