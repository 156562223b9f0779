-- What each service spent on each day of the last week, and on how many tokens.
SELECT toDate(timestamp_utc) AS day,
  service_name,
  count() AS calls,
  sum(prompt_tokens) AS prompt_tokens,
  sum(completion_tokens) AS completion_tokens,
  round(sum(ifNull(cost_pico_usd, cost_usd_micro * 1000000)) / 1e12, 6) AS usd
FROM llm_spans FINAL
WHERE timestamp_utc >= now() - INTERVAL 7 DAY AND usage_counted
GROUP BY day, service_name
ORDER BY day DESC, usd DESC;
