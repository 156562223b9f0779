"""A small OpenAI-compatible provider for trying things out offline: it answers every chat with an echo."""

import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def words(text):
    """A stand-in for token counts, so that usage is not zero."""
    return max(1, len(text.split()))


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = " ".join(str(m.get("content") or "") for m in request["messages"])
        text = "You said: " + str(request["messages"][-1]["content"])
        usage = {"prompt_tokens": words(prompt), "completion_tokens": words(text)}
        usage["total_tokens"] = sum(usage.values())
        base = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": 1767225600, "model": "gpt-4o-2024-08-06"}
        if request.get("stream"):
            self.stream(base, text, usage)
        else:
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self.answer("application/json", json.dumps({**base, "object": "chat.completion", "choices": [choice], "usage": usage}))

    def stream(self, base, text, usage):
        base = {**base, "object": "chat.completion.chunk"}
        chunks = [{**base, "choices": [{"index": 0, "delta": {"content": word + " "}}]} for word in text.split()]
        chunks.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        chunks.append({**base, "choices": [], "usage": usage})
        self.answer("text/event-stream", "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n")

    def answer(self, content_type, body):
        body = body.encode()
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 18080
    server = ThreadingHTTPServer(("127.0.0.1", port), Provider)
    print(f"provider on http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()
