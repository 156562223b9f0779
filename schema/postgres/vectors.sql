-- Only where pgvector is there: without it the vectors are real[], and a search looks at each of them.
CREATE INDEX IF NOT EXISTS idx_{name}_prompt_embedding ON {table} USING hnsw (prompt_embedding vector_cosine_ops);
