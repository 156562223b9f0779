"""A chat through the OpenAI client, traced by a public instrumentation and sent to Sidelight.

    python app.py [--instrumentation official|openllmetry] [--transport grpc|http] [--prompt TEXT] [--stream]

Nothing here knows of Sidelight: it is the ordinary OpenTelemetry SDK with the ordinary exporter settings
(OTEL_EXPORTER_OTLP_ENDPOINT and friends). Prints the trace id, by which the call can be found again.
"""

import argparse
import os

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

PROMPT = "Please write to alice.brown@example.org, my card is 4111 1111 1111 1111."


def exporter(transport):
    if transport == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    return OTLPSpanExporter()


def instrument(name):
    if name == "official":
        # The current conventions, with prompts on the span: what most people turn on first.
        os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental")
        os.environ.setdefault("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY")
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    else:
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--instrumentation", choices=["official", "openllmetry"], default="official")
    options.add_argument("--transport", choices=["grpc", "http"], default="grpc")
    options.add_argument("--provider", default="http://127.0.0.1:18080/v1")
    options.add_argument("--prompt", default=PROMPT)
    options.add_argument("--stream", action="store_true")
    options = options.parse_args()

    provider = TracerProvider(resource=Resource.create({"service.name": "python-openai"}))
    provider.add_span_processor(BatchSpanProcessor(exporter(options.transport)))
    trace.set_tracer_provider(provider)
    instrument(options.instrumentation)

    client = OpenAI(base_url=options.provider, api_key="made-up", max_retries=0)
    messages = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": options.prompt},
    ]
    with trace.get_tracer("app").start_as_current_span("question") as span:
        answer = client.chat.completions.create(model="gpt-4o", messages=messages, stream=options.stream)
        if options.stream:
            for _ in answer:
                pass
        print(f"{span.get_span_context().trace_id:032x}")
    provider.shutdown()


if __name__ == "__main__":
    main()
