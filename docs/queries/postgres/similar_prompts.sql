-- The calls whose prompts are nearest in meaning to that of one call, by the index of pgvector. Put its span_id in.
WITH asked AS (
  SELECT span_id, prompt_embedding, embedding_model
  FROM llm_spans
  WHERE span_id = '00000000-0000-0000-0000-000000000000'
  LIMIT 1
)
SELECT round((prompt_embedding <=> (SELECT prompt_embedding FROM asked))::numeric, 3) AS distance,
  span_id,
  service_name,
  model
FROM llm_spans
WHERE prompt_embedding IS NOT NULL
  AND embedding_model = (SELECT embedding_model FROM asked)
  AND span_id <> (SELECT span_id FROM asked)
ORDER BY prompt_embedding <=> (SELECT prompt_embedding FROM asked)
LIMIT 10;
