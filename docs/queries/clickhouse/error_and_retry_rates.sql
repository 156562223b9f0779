-- How often calls of the last week failed, and how often they were tried again, by service and model.
SELECT service_name,
  model,
  count() AS calls,
  round(100 * countIf(is_error OR finish_reason = 'timeout') / calls, 1) AS errors_percent,
  round(100 * countIf(retry_count > 0) / calls, 1) AS retried_percent,
  sum(retry_count) AS retries
FROM llm_spans FINAL
WHERE timestamp_utc >= now() - INTERVAL 7 DAY AND kind IN ('chat', 'completion', 'embeddings', 'rerank')
GROUP BY service_name, model
ORDER BY errors_percent DESC, calls DESC;
