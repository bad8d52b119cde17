"""Measures of the recordings of consumers that nobody disturbs: quotas (P8), fetches (G13)."""
import csv
import itertools
import re

from measures import since
from measures_groups import Deliveries, fates, numbers, owners, spread, words
from measures_producer import acked_per_second

START, END, BEGINNING = 3000, 78000, 13000  # of P8's 75 s, and of its first 10 s


def limited_producer(run, name):
    """The averages of the recording reach back half of the 75 s: full batches only."""
    found = next(p for p in run.summary["producers"] if p["name"] == name)
    latency = found["latency_ms"]
    batches = [a.records for a in run.acks if a.producer == name and (START + END) / 2 <= a.at <= END]
    result = {"acked_per_s": [acked_until(run, name)],
              "records_per_request_avg": [sum(batches) / len(batches)],
              "produce_throttle_time_max": [found["metrics"]["produce-throttle-time-max"]]}
    result.update({f"lat_{part}": [latency[part]] for part in ("mean", "p50", "p95", "p99", "max")})
    return result


def acked_until(run, name):
    return acked_per_second(run, name, START, END)["acked_per_s"][0]


def limited_consumer(run, group):
    """Bytes are those of 1,000-B values."""
    rows = [row for row in run.series("kafkasim.group.consumed.records") if row["where"] == f"group={group}"]
    consumed = {round(float(row["time_ms"])): 1000 * float(row["value"]) for row in rows}
    found = next(g for g in run.summary["groups"] if g["name"] == group)
    return {"bytes_total": [consumed[END]], "bytes_per_s_first_10s": [consumed[BEGINNING] / 10],
            "bytes_per_s_10_75": [(consumed[END] - consumed[BEGINNING]) / 65],
            "throttle_max_ms": [found["metrics"]["fetch-throttle-time-max"]]}


def latencies(run, group):
    """Quantiles of the end-to-end latency, from its histogram."""
    with open(run.folder / "latency.csv", newline="") as file:
        buckets = [(float(row["to_us"]) / 1000, int(row["count"])) for row in csv.DictReader(file)
                   if row["kind"] == "end_to_end" and row["where"] == f"group={group}"]
    values = list(itertools.chain.from_iterable([to] * count for to, count in sorted(buckets)))
    result = {f"p{part}_ms": [values[int(part / 100 * len(values))]] for part in (10, 25, 50, 75, 90, 99)}
    result.update(records=[len(values)], latency_min_ms=[values[0]], max_ms=[values[-1]])
    return result


def polls(run, member, leaders):
    """What each poll() returned, and in which order a broker's partitions came."""
    returned, order = [], []
    for event in run.every("delivered", member):
        partition, records, _ = (int(n) for n in re.match(r"\S+-(\d+) (\d+) records up to (\d+)", event.detail).groups())
        if not returned or returned[-1] + records > 500:
            returned.append(0)
        returned[-1] += records
        if partition not in order:
            order.append(partition)
    inside = [" ".join(str(p) for p in order if p in led) for led in leaders]
    return {"polls": [len(returned)], "polls_of_500": [returned.count(500)], "order": [" / ".join(inside)]}


def grown(run, old):
    """Partitions from `old` on are new: G11. Watched for 23 s, as recorded."""
    step = run.fault("add.partitions")
    end = step + 23000
    deliveries = Deliveries(run)
    assigned = [e.at for e in run.every("assigned", after=step, before=end)
                if any(p >= old for p in numbers(e.detail.split(": ", 1)[1]))]
    first = {}
    for event in run.every("delivered", after=step, before=end):
        partition, records, last = (int(n) for n in Deliveries.PATTERN.match(event.detail).groups())
        if partition >= old:
            first.setdefault(partition, (event.at, last - records + 1))
    times = [at for at, _ in first.values()]
    result = {"new_assigned_first_ms": since(min(assigned, default=None), step),
              "new_assigned_last_ms": since(max(assigned, default=None), step),
              "new_first_record_first_partition_ms": since(min(times, default=None), step),
              "new_first_record_last_partition_ms": since(max(times, default=None), step),
              "records_skipped_on_new_by_latest": [sum(offset for _, offset in first.values())] if first else [],
              "assignment_before": [words(owners(run, step - 1))], "assignment_after": [words(owners(run, end))]}
    result.update(spread("pause_old", deliveries.pauses(range(old), step, end)))
    result.update(fates(run), records_redelivered=[deliveries.redelivered(step)])
    return result
