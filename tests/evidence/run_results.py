"""A results folder, read back the way the recordings were read: times in ms since the start.

What a client's log would say comes from the events of a run with output.events=all, which hold
every batch's answer; what the controller's log would say comes from its events and leaders.csv.
"""
import csv
import json
import pathlib
import re
import statistics

NEVER = float("inf")


class Event:
    __slots__ = ("at", "actor", "what", "detail")

    def __init__(self, line):
        row = json.loads(line)
        self.at = float(row["t"]) * 1000
        self.actor, self.what, self.detail = row["actor"], row["what"], row["detail"]


class Ack:
    """One batch of one producer was acknowledged."""
    __slots__ = ("at", "producer", "partition", "records", "first_sent", "last_sent")
    PATTERN = re.compile(r"(\S+) (\d+) records sent (\d+) \.\. (\d+) ns")

    def __init__(self, event):
        name, records, first, last = self.PATTERN.match(event.detail).groups()
        self.at, self.producer, self.partition = event.at, event.actor, name
        self.records, self.first_sent, self.last_sent = int(records), int(first) / 1e6, int(last) / 1e6

    def latencies(self):
        step = (self.last_sent - self.first_sent) / max(1, self.records - 1)
        return [self.at - (self.first_sent + i * step) for i in range(self.records)]


class Gap:
    """A stretch between two acks of a partition; from, to relative to the run's start."""

    def __init__(self, start, end):
        self.start, self.end, self.length = start, end, end - start


class RunResults:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.folder = folder
        lines = (folder / "events.jsonl").read_text().splitlines()
        self.events = [Event(line) for line in lines]
        self.summary = json.loads((folder / "summary.json").read_text())
        self.scenario = json.loads((folder / "scenario.json").read_text())
        with open(folder / "leaders.csv", newline="") as file:
            self.changes = [Change(row) for row in csv.DictReader(file)]
        with open(folder / "assignments.csv", newline="") as file:
            self.assignments = list(csv.DictReader(file))
        self.acks = [Ack(e) for e in self.events if e.what == "batch acked"]
        self.acks_of = {}
        for ack in self.acks:
            self.acks_of.setdefault((ack.producer, ack.partition), []).append(ack)

    # ---- events

    def every(self, what, actor=None, detail="", after=-1.0, before=NEVER):
        return [e for e in self.events if e.what == what and (actor is None or e.actor == actor)
                and after <= e.at <= before and re.search(detail, e.detail)]

    def first(self, what, actor=None, detail="", after=-1.0):
        found = self.every(what, actor, detail, after)
        return found[0].at if found else None

    def fault(self, verb, index=0):
        return [e for e in self.events if e.actor == "world" and e.what == verb][index].at

    def controllers(self):
        return [c for c in {e.actor for e in self.events} if c.startswith("controller")]

    def series(self, metric):
        """Rows of metrics.csv: time_ms, metric, where, value."""
        with open(self.folder / "metrics.csv", newline="") as file:
            return [row for row in csv.DictReader(file) if row["metric"] == metric]

    # ---- partitions

    def partitions(self, topic):
        return [p for p in self.summary["partitions"] if p["topic"] == topic]

    def replicas(self, topic):
        return {f"{topic}-{p['partition']}": p["replicas"] for p in self.partitions(topic)}

    def changes_of(self, topic, after=-1.0, before=NEVER):
        """Changes of a topic with the leader and ISR that each replaced."""
        return [c for c in self.all_changes(topic) if after <= c.at <= before]

    def all_changes(self, topic):
        last, found = {}, []
        for change in self.changes:
            if change.topic != topic:
                continue
            old = last.get(change.partition)
            change.old_leader = old.leader if old else None
            change.old_isr = old.isr if old else []
            last[change.partition] = change
            found.append(change)
        return found

    # ---- what producers saw

    def gaps(self, producer, partition, after, before=NEVER):
        """Stretches between consecutive acks that end in the window; sorted by length, longest first."""
        times = sorted({a.at for a in self.acks_of.get((producer, partition), [])})
        pairs = [Gap(a, b) for a, b in zip(times, times[1:]) if b >= after and a <= before]
        return sorted(pairs, key=lambda g: -g.length)

    def longest(self, producer, partitions, after, before=NEVER):
        """The longest gap of each of the partitions, in their order."""
        found = [self.gaps(producer, p, after, before) for p in partitions]
        return [g[0] for g in found if g]

    def latencies(self, producer, partitions=None, after=-1.0, before=NEVER):
        return [latency for a in self.acks if a.producer == producer and after <= a.at <= before
                and (partitions is None or a.partition in partitions) for latency in a.latencies()]

    def batch_errors(self, producer, after=-1.0, before=NEVER):
        """(time, error) of every batch's refusal that a client's log would show."""
        return [(e.at, e.detail.rsplit(" ", 1)[1]) for e in self.events if e.actor == producer
                and e.what in ("batch retry", "batch failed", "failed") and after <= e.at <= before]

    def fates(self, producer):
        return next(p for p in self.summary["producers"] if p["name"] == producer)


class Change:
    def __init__(self, row):
        self.at, self.topic, self.partition = float(row["time_ms"]), row["topic"], int(row["partition"])
        self.leader, self.epoch = int(row["leader"]), int(row["leader_epoch"])
        self.isr, self.why = [int(b) for b in row["isr"].split()], row["why"]

    @property
    def name(self):
        return f"{self.topic}-{self.partition}"


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def median(values):
    return statistics.median(values) if values else None
