#!/usr/bin/env python3
"""simulated.py: an option is marked SIMULATED exactly when the models read it.

Names in the models' C sources are compared with the rows of the option table, by scope: what
models/producer reads is a producer's, what models/consumer reads a consumer's, the rest a node's or a
topic's. A few options take effect through the scenario reader instead."""
import glob
import re
import sys

THROUGH_THE_READER = {
    ("BROKER", "default.replication.factor"), ("BROKER", "num.partitions"),
    ("BROKER", "broker.rack"), ("CONSUMER", "group.id"), ("STREAMS", "application.id"),
} | {("GROUP", f"group.{kind}.{bound}.{what}") for kind in ("consumer", "share")
     for bound in ("min", "max") for what in ("heartbeat.interval.ms", "session.timeout.ms")
} | {("GROUP", f"group.share.{bound}.record.lock.duration.ms") for bound in ("min", "max")
} | {("CONNECT", name) for name in (  # keys of connect
    "connect.protocol", "exactly.once.source.support", "heartbeat.interval.ms",
    "offset.flush.interval.ms", "offset.flush.timeout.ms", "rebalance.timeout.ms",
    "scheduled.rebalance.max.delay.ms", "session.timeout.ms", "task.shutdown.graceful.timeout.ms")}
NODE = {"BROKER", "CONTROLLER", "GROUP", "TOPIC"}
rows = {}
for path in glob.glob("models/protocol/options/kafka_options_*.c"):
    text = open(path, encoding="utf-8").read()
    for name, scope, mark in re.findall(r'ROW\("([^"]+)", (\w+), .*?(SIMULATED|accepted),', text, re.S):
        shared = ["BROKER", "PRODUCER", "CONSUMER"] if scope == "scope" else [scope]  # a macro's
        for each in shared:
            rows[each, name] = mark == "SIMULATED"


def names_in(folders):
    words = set()
    for folder in folders:
        for path in glob.glob(f"models/{folder}/**/*.c", recursive=True):
            text = open(path, encoding="utf-8").read()
            text = re.sub(r'kafka_config_set\(\s*\w+,\s*"[^"]+"', "", text)  # written, not read
            words |= set(re.findall(r'"([a-z0-9_.]+)"', text))
    return words


read = {
    "PRODUCER": names_in(["producer"]),
    "CONSUMER": names_in(["consumer"]),
    "STREAMS": names_in(["streams", "spec"]),
}
node = names_in(["broker", "controller", "raft", "zookeeper", "group", "world", "log", "storage"])
wrong = []
for (scope, name), simulated in sorted(rows.items()):
    # The first row of a name in the node's scopes decides for all of them.
    known = node if scope in NODE else read.get(scope, set())
    if simulated and name not in known and (scope, name) not in THROUGH_THE_READER:
        wrong.append(f"{scope} {name} is marked SIMULATED, but no model reads it")
    if not simulated and name in known:
        wrong.append(f"{scope} {name} is read by a model, but marked accepted")
print(f"{sum(rows.values())} of {len(rows)} options are simulated")
print("\n".join(wrong))
sys.exit(1 if wrong or len(rows) != 677 else 0)
