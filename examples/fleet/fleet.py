#!/usr/bin/env python3
"""A fleet as plain processes: sidecars, the Kafka that you give it, gateways, the PostgreSQL that you give it.

    fleet.py --brokers 127.0.0.1:9092 --postgres postgres://postgres@127.0.0.1/postgres [--sidecars 3] [--gateways 2]
             [--calls 5000] [--kills 6] [--sidelight PATH] [--psql PATH]

Sends calls through the sidecars, meanwhile kills gateways (kill -9), starts them again and adds one, and at the end
counts what is where. Exits with 0 if every call that a sidecar accepted is in the store exactly once.
"""
import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATIENCE_S = 120


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--sidelight", default="sidelight")
    parser.add_argument("--psql", default="psql")
    parser.add_argument("--sidecars", type=int, default=3)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=6)
    return parser.parse_args()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


class Agent:
    """One Sidelight in a folder of its own, in which it finds what it had when it is started again."""

    def __init__(self, name, config, folder, asked):
        self.name, self.config, self.asked = name, config, asked
        self.folder = folder / name
        self.folder.mkdir()
        self.start()

    def start(self):
        ports = {f"{port}_PORT": str(free_port()) for port in ("GRPC", "HTTP", "MANAGE", "METRICS", "HEALTH")}
        self.http, self.metrics = ports["HTTP_PORT"], ports["METRICS_PORT"]
        environment = {
            **os.environ,
            **ports,
            "SIDELIGHT_DATA": str(self.folder / "data"),
            "BROKERS": self.asked.brokers,
            "POSTGRES_URL": self.asked.postgres,
        }
        log = open(self.folder / "log", "ab")
        command = [self.asked.sidelight, "run", "--config", str(HERE / self.config)]
        self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while True:
            try:
                get(f"http://127.0.0.1:{ports['HEALTH_PORT']}/")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"{self.name} does not start:\n{(self.folder / 'log').read_text()}")
                time.sleep(0.05)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def metric(self, name, label):
        lines = get(f"http://127.0.0.1:{self.metrics}/metrics").splitlines()
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines if line.startswith(name + "{") and label in line)


def request(number, start):
    """An export request of one chat, whose ids tell its number."""
    def text(key, value):
        return {"key": key, "value": {"stringValue": value}}

    span = {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 500_000_000),
        "attributes": [
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o"),
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "100"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "20"}},
        ],
    }
    resource = {"attributes": [text("service.name", f"app-{number % 7}")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}


def send(sidecar, numbers, accepted):
    """Sends each call until the sidecar says that it is safe."""
    for number in numbers:
        body = json.dumps(request(number, time.time_ns())).encode()
        url = f"http://127.0.0.1:{sidecar.http}/v1/traces"
        while True:
            try:
                post = urllib.request.Request(url, body, {"content-type": "application/json"})
                urllib.request.urlopen(post, timeout=10).read()
                break
            except (urllib.error.HTTPError, OSError):
                time.sleep(0.2)
        accepted[sidecar.name] += 1


def ask(asked, sql):
    command = [asked.psql, asked.postgres, "-XAtqc", sql]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def stored(asked):
    row = ask(asked, "SELECT count(*), count(DISTINCT otlp_span_id) FROM llm_spans")
    return tuple(map(int, row.split("|"))) if row else (0, 0)


def disturb(asked, folder, gateways, senders):
    """Kills gateways while calls come in, some for longer than the group waits; halfway one more joins."""
    for kill in range(asked.kills):
        time.sleep(random.uniform(0.5, 2))
        victim = random.choice(gateways)
        victim.kill()
        if kill == asked.kills // 2:
            gateways.append(Agent(f"gateway-{len(gateways) + 1}", "gateway.yaml", folder, asked))
        time.sleep(random.choice([0, 0, 8]))
        victim.start()
    for sender in senders:
        sender.join()


def main():
    asked = arguments()
    folder = Path(tempfile.mkdtemp(prefix="fleet-"))
    before, _ = stored(asked)
    if before:
        sys.exit("the store holds calls already: the count would not be of this run")
    sidecars = [Agent(f"sidecar-{n + 1}", "sidecar.yaml", folder, asked) for n in range(asked.sidecars)]
    gateways = [Agent(f"gateway-{n + 1}", "gateway.yaml", folder, asked) for n in range(asked.gateways)]
    try:
        began = time.monotonic()
        accepted = dict.fromkeys((sidecar.name for sidecar in sidecars), 0)
        shares = [range(n, asked.calls, len(sidecars)) for n in range(len(sidecars))]
        senders = [threading.Thread(target=send, args=(*each, accepted)) for each in zip(sidecars, shares)]
        for sender in senders:
            sender.start()
        disturb(asked, folder, gateways, senders)
        total = sum(accepted.values())
        end = time.monotonic() + PATIENCE_S
        while stored(asked)[1] < total and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(2)  # For what might still come twice.
        took = time.monotonic() - began
        rows, different = stored(asked)
        print(f"{'':12}{'accepted':>10}{'sent on':>10}")
        for agent in sidecars:
            print(f"{agent.name:12}{accepted[agent.name]:>10}{agent.metric('sidelight_exporter_sent_items_total', 'kafka'):>10}")
        print(f"{'sum':12}{total:>10}")
        print(f"in the store: {rows} rows, {different} different; lost {total - different}, twice {rows - different}")
        print(f"{asked.kills} kills of gateways, one joined, {took:.0f} s; logs in {folder}")
        return 0 if rows == different == total else 1
    finally:
        for agent in sidecars + gateways:
            agent.stop()


if __name__ == "__main__":
    sys.exit(main())
