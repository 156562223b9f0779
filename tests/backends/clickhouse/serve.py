"""ClickHouse's own engine (chdb) behind as much of its HTTP interface as exporters use: statements, inserts,
settings, users. One query at a time.

    serve.py PORT FOLDER [PASSWORD]
"""
import gzip
import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlparse

from chdb.session import Session

# Parameters of a request that are no settings of a query.
NOT_SETTINGS = {"query", "database", "default_format", "user", "password", "wait_end_of_query"}
INSERT = re.compile(r"(?is)\s*insert\s+into\s+(.+?)\s+format\s+(\w+)\s*$")

session = Session(sys.argv[2])
password = sys.argv[3] if len(sys.argv) > 3 else ""
one_at_a_time = threading.Lock()


def run(parameters, body):
    statement = parameters.get("query", "")
    if not statement:
        statement, body = body.decode(), b""
    settings = ", ".join(f"{key} = '{value}'" for key, value in parameters.items() if key not in NOT_SETTINGS)
    settings = f" SETTINGS {settings}" if settings else ""
    insert = INSERT.match(statement)
    if insert is None:
        return session.query(statement.rstrip().rstrip(";"), parameters.get("default_format", "TabSeparated")).bytes()
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as rows:
        rows.write(body)
        rows.flush()
        session.query(f"INSERT INTO {insert[1]} FROM INFILE '{rows.name}'{settings} FORMAT {insert[2]}")
    return b""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        url = urlparse(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.headers.get("X-ClickHouse-Key", "") != password:
            return self.answer(403, b"Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)", "516")
        try:
            with one_at_a_time:
                said = b"Ok.\n" if url.path == "/ping" else run(dict(parse_qsl(url.query)), body)
        except Exception as error:
            text = str(error)
            code = re.search(r"Code: (\d+)", text)
            return self.answer(500, text.encode(), code[1] if code else None)
        self.answer(200, said or b"", None)

    do_GET = do_POST

    def answer(self, status, body, code):
        self.send_response(status)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
