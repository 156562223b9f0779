#!/usr/bin/env python3
"""A fleet as plain processes: sidecars, Kafka, gateways, the PostgreSQL that you give it.

    fleet.py --brokers 127.0.0.1:9092 --postgres postgres://postgres@127.0.0.1/postgres [--sidecars 3] [--gateways 2]
             [--calls 5000] [--rate 300] [--kills 6] [--sidelight PATH] [--psql PATH]
             [--broker COMMAND [--broker-kills 20] [--outage SECONDS]]

Sends calls through the sidecars, meanwhile kills gateways (kill -9), starts them again and adds one, and at the end
counts what is where. With --broker it runs the broker itself, by that command of the shell, and kills it too; --outage
takes it away for so long in the end, which stands for two hours: the sidecars' pauses and ages are made shorter in
proportion. Exits with 0 if every call that a sidecar accepted is in the store exactly once and every ledger closes.
"""
import argparse
import itertools
import json
import os
import random
import shutil
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
PATIENCE_S = 400
OUTAGE_S = 2 * 3600


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--sidelight", default="sidelight")
    parser.add_argument("--psql", default="psql")
    parser.add_argument("--sidecars", type=int, default=3)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=300, help="calls a second, over all sidecars")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--broker", help="what runs the broker, until it is killed")
    parser.add_argument("--broker-kills", type=int, default=0)
    parser.add_argument("--outage", type=float, default=0)
    asked = parser.parse_args()
    # So that what an earlier run has left in Kafka is not of this one.
    asked.topic = f"fleet-{os.getpid()}-{int(time.time())}"
    return asked


def look(asked):
    """Says what is missing before anything is started."""
    if not shutil.which(asked.sidelight):
        sys.exit(f"there is no {asked.sidelight}: `cargo build --features kafka` makes one, --sidelight names it")
    if not shutil.which(asked.psql):
        sys.exit(f"there is no {asked.psql}, which the store is asked with: install PostgreSQL's client, or name it with --psql")
    tried = psql(asked, "SELECT 1")
    if tried.returncode != 0:
        sys.exit(f"no PostgreSQL at {asked.postgres}:\n{tried.stderr.strip()}")
    if stored(asked) != (0, 0):
        sys.exit("the store holds calls already, so the count would not be of this run: name an empty database")
    if not asked.broker and not reachable(address(asked)):
        sys.exit(f"no broker at {asked.brokers}; --broker COMMAND would run one there")


def address(asked):
    """The first broker's."""
    host, port = asked.brokers.split(",")[0].rsplit(":", 1)
    return host, int(port)


def reachable(address):
    try:
        socket.create_connection(address, timeout=1).close()
        return True
    except OSError:
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


class Broker:
    """The broker, where it is ours to run and to kill."""

    def __init__(self, asked, folder):
        self.command, self.address = asked.broker, address(asked)
        self.log = folder / "broker.log"
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["sh", "-c", f"exec {self.command}"], stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not reachable(self.address):
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"the broker does not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def away(self, seconds):
        self.kill()
        time.sleep(seconds)
        self.start()


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
        if self.config == "gateway.yaml":
            command += sets({"receivers.kafka.topic": self.asked.topic, "receivers.kafka.group_id": self.asked.topic})
        else:
            command += sets({"exporters.kafka.topic": self.asked.topic})
            if self.asked.outage:
                command += compressed(self.asked.outage / OUTAGE_S)
        self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while True:
            try:
                get(f"http://127.0.0.1:{ports['HEALTH_PORT']}/")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.kill()
                    sys.exit(f"{self.name} does not start:\n{(self.folder / 'log').read_text()}")
                time.sleep(0.05)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def ledger(self):
        """What each entry of the ledger of its exporter comes to."""
        lines = get(f"http://127.0.0.1:{self.metrics}/metrics").splitlines()

        def total(entry):
            name = f"sidelight_exporter_{entry}{{"
            return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines if line.startswith(name))

        return {name: total(entry) for name, entry in LEDGER.items()}


LEDGER = {
    "accepted": "accepted_items_total",
    "recovered": "recovered_items_total",
    "sent": "sent_items_total",
    "dropped": "dropped_items_total",
    "dead": "dead_items_total",
    "waiting": "waiting_items",
}


def compressed(part):
    """Settings by which an outage of `part` of two hours is to a sidecar what two hours are by default."""
    settings = {
        "queue.max_age": 24 * 3600 * part,
        "exporters.kafka.timeout": max(1, 30 * part),
        "exporters.kafka.retry_on_failure.initial_interval": 1 * part,
        "exporters.kafka.retry_on_failure.max_interval": 30 * part,
    }
    return sets({key: f"{max(1, round(seconds * 1000))}ms" for key, seconds in settings.items()})


def sets(settings):
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


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


def send(asked, sidecar, numbers, accepted, disturbed):
    """Sends calls, each until the sidecar says that it is safe: as many as asked for, and for as long as things are
    killed."""
    pause = asked.sidecars / asked.rate
    for number in numbers:
        if number >= asked.calls and disturbed.is_set():
            return
        body = json.dumps(request(number, time.time_ns())).encode()
        url = f"http://127.0.0.1:{sidecar.http}/v1/traces"
        due = time.monotonic() + pause
        while True:
            try:
                post = urllib.request.Request(url, body, {"content-type": "application/json"})
                urllib.request.urlopen(post, timeout=10).read()
                break
            except (urllib.error.HTTPError, OSError):
                time.sleep(0.2)
        accepted[sidecar.name] += 1
        time.sleep(max(0, due - time.monotonic()))


def psql(asked, sql):
    return subprocess.run([asked.psql, asked.postgres, "-XAtqc", sql], capture_output=True, text=True)


def stored(asked):
    """Rows and different calls; none before the first gateway has made the table."""
    done = psql(asked, "SELECT count(*), count(DISTINCT otlp_span_id) FROM llm_spans")
    return tuple(map(int, done.stdout.split("|"))) if done.returncode == 0 else (0, 0)


def tell(asked, accepted, began):
    """How far it is, every five seconds."""
    while True:
        time.sleep(5)
        took = time.monotonic() - began
        print(f"{took:4.0f} s: {sum(accepted.values())} calls accepted, {stored(asked)[1]} stored", file=sys.stderr)


def disturb(asked, folder, gateways, broker):
    """Kills gateways and the broker while calls come in, some for longer than the group waits; halfway one more gateway
    joins. Then the outage."""
    victims = ["gateway"] * asked.kills + ["broker"] * (asked.broker_kills if broker else 0)
    random.shuffle(victims)
    for turn, victim in enumerate(victims):
        time.sleep(random.uniform(0.5, 2))
        if turn == len(victims) // 2:
            gateways.append(Agent(f"gateway-{len(gateways) + 1}", "gateway.yaml", folder, asked))
        if victim == "broker":
            broker.away(random.uniform(0, 3))
            continue
        killed = random.choice(gateways)
        killed.kill()
        time.sleep(random.choice([0, 0, 8]))
        killed.start()
    if broker and asked.outage:
        broker.away(asked.outage)


def settled(agents):
    """The ledgers, once nothing waits any more."""
    end = time.monotonic() + PATIENCE_S
    while True:
        ledgers = {agent.name: agent.ledger() for agent in agents}
        if not any(ledger["waiting"] for ledger in ledgers.values()) or time.monotonic() > end:
            return ledgers
        time.sleep(0.5)


def closes(ledger):
    came = ledger["accepted"] + ledger["recovered"]
    return came == ledger["sent"] + ledger["dropped"] + ledger["dead"] + ledger["waiting"]


def main():
    asked = arguments()
    look(asked)
    folder = Path(tempfile.mkdtemp(prefix="fleet-"))
    broker, sidecars, gateways = None, [], []
    try:
        broker = Broker(asked, folder) if asked.broker else None
        for n in range(asked.sidecars):
            sidecars.append(Agent(f"sidecar-{n + 1}", "sidecar.yaml", folder, asked))
        for n in range(asked.gateways):
            gateways.append(Agent(f"gateway-{n + 1}", "gateway.yaml", folder, asked))
        began = time.monotonic()
        accepted = dict.fromkeys((sidecar.name for sidecar in sidecars), 0)
        disturbed = threading.Event()
        shares = [itertools.count(n, len(sidecars)) for n in range(len(sidecars))]
        senders = [
            threading.Thread(target=send, args=(asked, sidecar, share, accepted, disturbed), daemon=True)
            for sidecar, share in zip(sidecars, shares)
        ]
        teller = threading.Thread(target=tell, args=(asked, accepted, began), daemon=True)
        for thread in [*senders, teller]:
            thread.start()
        disturb(asked, folder, gateways, broker)
        disturbed.set()
        for sender in senders:
            sender.join()
        total = sum(accepted.values())
        end = time.monotonic() + PATIENCE_S
        while stored(asked)[1] < total and time.monotonic() < end:
            time.sleep(0.5)
        ledgers = settled(sidecars + gateways)
        time.sleep(2)  # For what might still come twice.
        took = time.monotonic() - began
        rows, different = stored(asked)
        print("".join(f"{head:>11}" for head in ["", "told safe", *LEDGER]))
        for name, ledger in ledgers.items():
            figures = [accepted.get(name, ""), *ledger.values()]
            print(f"{name:>11}" + "".join(f"{figure:>11}" for figure in figures) + ("" if closes(ledger) else "  DOES NOT CLOSE"))
        print(f"{'sum':>11}{total:>11}")
        print(f"in the store: {rows} rows, {different} different; lost {total - different}, twice {rows - different}")
        away = f", away for {asked.outage:.0f} s, which stand for two hours" if broker and asked.outage else ""
        print(f"{asked.kills} kills of gateways, one joined; {asked.broker_kills if broker else 0} kills of the broker{away}")
        print(f"{took:.0f} s; logs in {folder}")
        lost_nothing = not any(ledger["dropped"] or ledger["dead"] or ledger["waiting"] for ledger in ledgers.values())
        if rows == different == total and lost_nothing and all(map(closes, ledgers.values())):
            return 0
        for log in sorted(folder.rglob("*log")):
            print(f"--- the end of {log}", *log.read_text(errors="replace").splitlines()[-30:], sep="\n")
        return 1
    finally:
        for agent in sidecars + gateways:
            agent.stop()
        if broker:
            broker.kill()


if __name__ == "__main__":
    sys.exit(main())
