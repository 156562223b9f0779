-- Which personal data each service sent to models in the last week: in how many calls, and how many values.
SELECT service_name,
  type,
  count() AS calls,
  sum(number) AS found
FROM llm_spans FINAL
ARRAY JOIN pii_types AS type, arrayResize(pii_counts, length(pii_types)) AS number
WHERE timestamp_utc >= now() - INTERVAL 7 DAY AND pii_detected
GROUP BY service_name, type
ORDER BY found DESC, service_name, type;
