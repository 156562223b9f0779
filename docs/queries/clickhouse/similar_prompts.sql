-- The calls whose prompts are nearest in meaning to that of one call. Put its span_id in.
WITH
  toUUID('00000000-0000-0000-0000-000000000000') AS this,
  (SELECT (prompt_embedding, embedding_model) FROM llm_spans WHERE span_id = this LIMIT 1) AS asked
SELECT round(cosineDistance(prompt_embedding, asked.1), 3) AS distance,
  span_id,
  service_name,
  model
FROM llm_spans FINAL
WHERE notEmpty(prompt_embedding) AND embedding_model = asked.2 AND span_id != this
ORDER BY cosineDistance(prompt_embedding, asked.1)
LIMIT 10;
