-- What each service spent on each day of the last week, and on how many tokens.
SELECT (timestamp_utc AT TIME ZONE 'UTC')::date AS day,
  service_name,
  count(*) AS calls,
  sum(prompt_tokens) AS prompt_tokens,
  sum(completion_tokens) AS completion_tokens,
  round(sum(coalesce(cost_pico_usd, cost_usd_micro * 1000000)) / 1e12, 6) AS usd
FROM llm_spans
WHERE timestamp_utc >= now() - interval '7 days' AND usage_counted
GROUP BY day, service_name
ORDER BY day DESC, usd DESC;
