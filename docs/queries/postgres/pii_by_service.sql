-- Which personal data each service sent to models in the last week: in how many calls, and how many values.
SELECT service_name,
  found.type,
  count(*) AS calls,
  sum(found.count) AS found
FROM llm_spans, unnest(pii_types, pii_counts) AS found (type, count)
WHERE timestamp_utc >= now() - interval '7 days' AND pii_detected
GROUP BY service_name, found.type
ORDER BY found DESC, service_name, found.type;
