#!/usr/bin/env python3
"""Writes the made-up results directories under data/ that test_plot draws. They follow format
version 1; the numbers are invented (a sketch of a broker crash), not simulated.

    python3 tests/plots/make_fixtures.py      writes the same bytes every time
"""
import csv
import json
import os
import random

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


def write_csv(directory, name, header, rows):
    os.makedirs(os.path.join(HERE, directory), exist_ok=True)
    with open(os.path.join(HERE, directory, name), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_json(directory, name, value):
    os.makedirs(os.path.join(HERE, directory), exist_ok=True)
    with open(os.path.join(HERE, directory, name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")


def ms(seconds):
    return f"{seconds * 1000:.3f}"


def metric_rows(end, interval, crash, back, producer, group, pick):
    """Leader change 2.1 s after the crash, ISR back 2 s after the restart."""
    acked = consumed = 0.0
    rows = []
    for i in range(int(end / interval) + 1):
        now = i * interval
        down, quiet = crash <= now < back, crash <= now < crash + 2.1
        rate = (8000 if quiet else 12500 if now < crash + 3 and now >= crash else 12000) + pick.gauss(0, 150)
        if i > 0:
            acked += rate * interval
            speed = 0 if quiet else 15000 if consumed < acked - 1500 else rate
            consumed = min(acked, consumed + speed * interval)
        late = max(0.0, 1 - abs(now - crash - 2.2) / 1.5) if now >= crash else 0
        p50 = 0 if i == 0 else int(3000 + pick.gauss(0, 90) + 2500 * quiet)
        p99 = 0 if i == 0 else int(11000 + pick.gauss(0, 600) + 180000 * late)
        p999 = 0 if i == 0 else int(24000 + pick.gauss(0, 2000) + 1900000 * late)
        under = 4 if crash + 2 <= now < back + 2 else 0
        offline = 2 if crash + 1.9 <= now < crash + 2.1 else 0
        for metric, where, value in [
                ("kafkasim.producer.acked.records", f"producer={producer}", int(acked)),
                ("kafkasim.producer.latency.p50", f"producer={producer}", p50),
                ("kafkasim.producer.latency.p99", f"producer={producer}", p99),
                ("kafkasim.producer.latency.p999", f"producer={producer}", p999),
                ("kafkasim.group.consumed.records", f"group={group}", int(consumed)),
                ("kafkasim.group.lag", f"group={group}", int(acked - consumed + 60)),
                ("kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", "broker=1", under // 2),
                ("kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", "broker=2", 0),
                ("kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", "broker=3", under - under // 2),
                ("kafka.controller:type=KafkaController,name=OfflinePartitionsCount", "", offline),
                ("kafkasim.isr.size.min", "", 2 if crash + 2 <= now < back + 2 else 3)]:
            rows.append([ms(now), metric, where, value])
    return rows, int(acked), int(consumed)


def write_run(directory, seed, names, end=30.0, interval=0.25):
    pick = random.Random(seed)
    crash, back = 10.0, 18.0
    topic, producer, group = names["topic"], names["producer"], names["group"]
    rows, acked, consumed = metric_rows(end, interval, crash, back, producer, group, pick)
    write_csv(directory, "metrics.csv", ["time_ms", "metric", "where", "value"], rows)
    leaders, moved = [], crash + 2.1
    for p in range(6):
        leaders.append([ms(0), topic, p, p % 3 + 1, 0, "1 2 3", "created"])
    for p in (1, 4):
        leaders.append([ms(crash + 1.9), topic, p, -1, 1, "1 3", "fenced 2"])
        leaders.append([ms(moved), topic, p, 3 if p == 4 else 1, 2, "1 3", "fenced 2"])
        leaders.append([ms(back + 6), topic, p, 2, 3, "1 2 3", "preferred"])
    leaders.sort(key=lambda row: float(row[0]))
    write_csv(directory, "leaders.csv",
              ["time_ms", "topic", "partition", "leader", "leader_epoch", "isr", "why"], leaders)
    members = [f"{group}-{i}" for i in range(3)]
    changes = []
    for i, member in enumerate(members):
        own, more = f"{topic}-{2 * i} {topic}-{2 * i + 1}", f"{topic}-{3 * (i // 2)} {topic}-{3 * (i // 2) + 1} {topic}-{3 * (i // 2) + 2}"
        changes += [[ms(0.2), group, member, "joining", 0, ""], [ms(3.2), group, member, "consuming", 1, own]]
        if i == 1:
            changes += [[ms(12), group, member, "dead", 1, ""], [ms(22), group, member, "joining", 2, ""],
                        [ms(22.4), group, member, "consuming", 3, own]]
        else:
            changes += [[ms(15.0), group, member, "rebalancing", 1, ""], [ms(15.8), group, member, "consuming", 2, more],
                        [ms(22.0), group, member, "rebalancing", 2, ""], [ms(22.4), group, member, "consuming", 3, own]]
    changes.sort(key=lambda row: float(row[0]))
    write_csv(directory, "assignments.csv",
              ["time_ms", "group", "member", "state", "generation", "partitions"], changes)
    faults = [[ms(crash), ms(back), names["crash"]], [ms(12), ms(22), names["member"]]]
    write_csv(directory, "faults.csv", ["from_ms", "to_ms", "label"], faults)
    latency = {"mean": 4.1, "p50": 3.0, "p95": 6.2, "p99": 148.0, "p99.9": 1204.0, "p99.99": 2101.0, "max": 2144.0}
    write_json(directory, "summary.json", {
        "format": 1, "kafkasim": "0.1.0", "kafka": "4.1",
        "scenario": {"name": names["scenario"], "description": names["scenario"], "seed": str(seed),
                     "duration_ms": end * 1000, "warmup_ms": 2000, "hash": "0123456789abcdef"},
        "complete": True, "fingerprint": "00112233445566aa", "events_fired": 123456, "simulated_ms": end * 1000,
        "fates": {"offered": acked + 20, "acked": acked, "failed": 0, "unknown": 20, "lost": 0,
                  "duplicated": 0, "reordered": 0, "failed_in_log": 0},
        "producers": [{"name": producer, "topic": topic, "instances": 1, "acked": acked,
                       "latency_ms": latency, "longest_gap_ms": 2110.5}],
        "groups": [{"name": group, "state": "Stable", "members": 3, "rebalances": 3, "consumed": consumed}],
        "partitions": [], "elections": 4, "isr_shrinks": 4, "isr_expands": 4,
        "goals": [{"text": names["goal"], "metric": "produce.latency.p99", "where": {"producer": producer},
                   "op": "max", "limit": 200, "measured": 148, "unit": "ms", "met": True},
                  {"text": "acked.records.lost = 0", "metric": "acked.records.lost", "where": {}, "op": "equals",
                   "limit": 0, "measured": 0, "unit": "", "met": True}],
        "invariants": [], "not_simulated": [], "model": [],
        "faults": [{"at_ms": float(f[0]), "until_ms": float(f[1]), "label": f[2]} for f in faults]})
    write_json(directory, "scenario.json", {
        "version": 1, "name": names["scenario"], "seed": seed, "cluster": {"brokers": 3, "controllers": 1},
        "topics": [{"name": topic, "partitions": 6, "replication.factor": 3,
                    "config": {"min.insync.replicas": 2}}],
        "producers": [{"name": producer, "topic": topic, "config": {"acks": "all"}}]})


def write_sweep(directory, pick):
    tested = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
    cells = []
    for cell, n in enumerate(tested):
        rate = min(1000, 100 * n * (1 - 0.0015 * n)) if n < 12 else 1000 - 0.4 * n
        p99 = 8 + 72 / n ** 0.75 + 0.12 * n
        for measure, mean, width in [("consume.rate", rate, 0.03 * rate), ("produce.latency.p99", p99, 0.06 * p99)]:
            mean *= 1 + pick.gauss(0, 0.008)
            cells.append([cell, n, measure, 20, f"{mean:.3f}", f"{mean - width:.3f}", f"{mean + width:.3f}", f"{mean:.3f}"])
    write_csv(directory, "cells.csv", ["cell", "/topics/0/partitions", "measure", "n", "mean", "low95", "high95", "median"], cells)
    write_json(directory, "sweep.json", {
        "format": 1, "name": "orders", "vary": {"/topics/0/partitions": tested}, "seeds": [str(s) for s in range(1, 21)],
        "measures": [{"name": "consume.rate", "unit": "records/s"}, {"name": "produce.latency.p99", "unit": "ms"}],
        "goals": [{"text": "consume.rate >= 900/s", "metric": "consume.rate", "where": {}, "op": "min", "limit": 900, "unit": "records/s"},
                  {"text": "produce.latency.p99 <= 25 ms", "metric": "produce.latency.p99", "where": {}, "op": "max", "limit": 25, "unit": "ms"}],
        "goals_met": [n >= 12 for n in tested], "answer_cell": tested.index(12)})


def write_sweep_lines(directory, pick):
    cells = []
    cell = 0
    for acks in ("0", "1", "all"):
        for n in (3, 6, 12, 24):
            mean = {"0": 4, "1": 6, "all": 11}[acks] * (1 + 6 / n)
            cells.append([cell, n, acks, "produce.latency.p99", 10, f"{mean:.3f}", f"{0.9 * mean:.3f}", f"{1.1 * mean:.3f}", f"{mean:.3f}"])
            cell += 1
    write_csv(directory, "cells.csv", ["cell", "/topics/0/partitions", "/producers/0/config/acks", "measure", "n", "mean", "low95", "high95", "median"], cells)
    write_json(directory, "sweep.json", {
        "format": 1, "name": "acks", "vary": {"/topics/0/partitions": [3, 6, 12, 24], "/producers/0/config/acks": ["0", "1", "all"]},
        "seeds": ["1"], "measures": ["produce.latency.p99"], "goals": []})


EVIL = "`touch INJECTED`"
write_run("crash", 42, {"scenario": "crash-leader", "topic": "orders", "producer": "checkout", "group": "billing",
                        "crash": "broker 2 crashes", "member": "member billing-1 crashes",
                        "goal": "produce.latency.p99 <= 200 ms"})
write_run("hostile", 7, {
    "scenario": f"x {EVIL} \"'$(touch INJECTED)' _a^b{{c}} @d <script>é\\n\n#end", "topic": f"or'ders{EVIL}",
    "producer": "p'; system('touch INJECTED'); '\"", "group": f"../../g\t\"{EVIL}",
    "crash": f"it's\n'; !touch INJECTED\n{EVIL} & <b>", "member": "\" . system('touch INJECTED') . \"",
    "goal": f"'{EVIL}\" \\\\"}, end=24.0, interval=1.0)
write_sweep("sweep", random.Random(1))
write_sweep_lines("sweep-lines", random.Random(2))
