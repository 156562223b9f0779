-- How often calls of the last week failed, and how often they were tried again, by service and model.
SELECT service_name,
  model,
  count(*) AS calls,
  round(100.0 * count(*) FILTER (WHERE is_error OR finish_reason = 'timeout') / count(*), 1) AS errors_percent,
  round(100.0 * count(*) FILTER (WHERE retry_count > 0) / count(*), 1) AS retried_percent,
  sum(retry_count) AS retries
FROM llm_spans
WHERE timestamp_utc >= now() - interval '7 days' AND kind IN ('chat', 'completion', 'embeddings', 'rerank')
GROUP BY service_name, model
ORDER BY errors_percent DESC, calls DESC;
