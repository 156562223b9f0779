-- What was spent on each model on each day, out of the projection, without looking at the rows. What was sent twice
-- in different inserts counts twice until its parts are merged; cost_by_service_and_day.sql is exact at any time.
SELECT toDate(timestamp_utc) AS day,
  provider,
  model,
  count() AS calls,
  sum(prompt_tokens) AS prompt_tokens,
  sum(completion_tokens) AS completion_tokens,
  sum(cost_usd_micro) / 1e6 AS usd
FROM llm_spans
GROUP BY day, provider, model
ORDER BY day DESC, usd DESC;
