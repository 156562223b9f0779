-- As similar_prompts.sql where pgvector is not there: every vector is looked at. They have the length 1, so that the
-- sum of products is the cosine.
SELECT round((1 - near.cosine)::numeric, 3) AS distance,
  span_id,
  service_name,
  model
FROM llm_spans, (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS id) AS this,
  LATERAL (SELECT prompt_embedding AS embedding, embedding_model AS by FROM llm_spans WHERE span_id = this.id LIMIT 1) AS asked,
  LATERAL (SELECT sum(a * b) AS cosine FROM unnest(prompt_embedding, asked.embedding) AS pairs (a, b)) AS near
WHERE prompt_embedding IS NOT NULL AND embedding_model = asked.by AND span_id <> this.id
ORDER BY near.cosine DESC
LIMIT 10;
