-- The slowest calls of the last week, and what the user last said where messages are stored.
SELECT latency_ms_total,
  latency_ms_ttft,
  service_name,
  model,
  prompt_tokens,
  completion_tokens,
  trace_id,
  left(prompt.text, 200) AS prompt
FROM llm_spans
LEFT JOIN LATERAL (
  SELECT string_agg(part->>'content', ' ' ORDER BY n) AS text
  FROM (
    SELECT message
    FROM jsonb_array_elements(input_messages) WITH ORDINALITY AS said (message, at)
    WHERE message->>'role' = 'user'
    ORDER BY at DESC
    LIMIT 1
  ) AS last, jsonb_array_elements(message->'parts') WITH ORDINALITY AS parts (part, n)
  WHERE part->>'type' = 'text'
) AS prompt ON true
WHERE timestamp_utc >= now() - interval '7 days' AND kind IN ('chat', 'completion')
ORDER BY latency_ms_total DESC, timestamp_utc DESC, span_id
LIMIT 20;
