"""Reads a topic as any consumer would: Confluent's client, and classes that protoc makes of our schema.

Usage: consume.py SCHEMA_DIR BROKERS TOPIC COUNT

Prints a JSON object for each of the first COUNT records and those that follow within two seconds.
"""

import json
import sys
import tempfile
import time

from confluent_kafka import Consumer
from google.protobuf.json_format import MessageToDict
from grpc_tools import protoc

schema, brokers, topic, count = sys.argv[1:]
classes = tempfile.mkdtemp()
if protoc.main(["protoc", f"-I{schema}", f"--python_out={classes}", "sidelight/v1/llm_span.proto"]) != 0:
    sys.exit("the schema does not compile")
sys.path.insert(0, classes)
from sidelight.v1.llm_span_pb2 import LlmSpan  # noqa: E402

consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": f"python-{time.time_ns()}",
    "auto.offset.reset": "earliest",
})
consumer.subscribe([topic])
found, end = 0, time.monotonic() + 60
while time.monotonic() < end:
    record = consumer.poll(2.0)
    if record is None:
        if found >= int(count):
            break
        continue
    if record.error():
        print(record.error(), file=sys.stderr)
        continue
    found += 1
    headers = {name: value.decode() for name, value in record.headers() or []}
    message = {}
    if headers.get("sidelight-encoding") == "llm_span":
        call = LlmSpan()
        call.ParseFromString(record.value())
        message = MessageToDict(call, preserving_proto_field_name=True)
    key = record.key().decode() if record.key() else None
    print(json.dumps({"key": key, "headers": headers, "message": message}))
consumer.close()
sys.exit(0 if found >= int(count) else f"found {found} records")
