-- The table as the system before Sidelight made it; left as it is where it stands already.
CREATE TABLE IF NOT EXISTS {table} (
  id bigserial,
  span_id uuid NOT NULL,
  trace_id uuid,
  parent_span_id uuid,
  schema_version smallint NOT NULL DEFAULT 1,
  model varchar(255) NOT NULL,
  provider varchar(255) NOT NULL,
  service_name varchar(255) NOT NULL,
  endpoint text NOT NULL,
  environment varchar(50) NOT NULL,
  user_id varchar(255),
  session_id varchar(255),
  prompt_tokens integer NOT NULL,
  completion_tokens integer NOT NULL,
  latency_ms_ttft integer,
  latency_ms_total integer NOT NULL,
  finish_reason varchar(50) NOT NULL,
  cost_usd_micro bigint NOT NULL,
  price_version varchar(100) NOT NULL,
  token_count_method varchar(50) NOT NULL,
  is_sampled boolean NOT NULL DEFAULT false,
  retry_count smallint NOT NULL DEFAULT 0,
  attempted_models text[],
  pii_detected boolean NOT NULL DEFAULT false,
  injection_attempt boolean NOT NULL DEFAULT false,
  timestamp_utc timestamptz NOT NULL,
  prompt_hash char(64),
  prompt_embedding {vector},
  response_embedding {vector},
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (span_id, timestamp_utc)
) PARTITION BY RANGE (timestamp_utc);
CREATE INDEX IF NOT EXISTS idx_{name}_trace_id ON {table} (trace_id);
CREATE INDEX IF NOT EXISTS idx_{name}_service_model ON {table} (service_name, model);
CREATE INDEX IF NOT EXISTS idx_{name}_timestamp ON {table} (timestamp_utc DESC);
