"""Measures of the recordings of the consumer protocol and of share groups, beside those of groups in general."""
import statistics

from measures import since
from measures_groups import Deliveries, fates, numbers, spread


def epochs_of(run, result):
    """Epochs for which the coordinator made a target, not those that members happened to see."""
    result["epochs"] = [len(list(run.every("target assignment")))]
    return result


def gains(run, after):
    """(time, member, partitions it did not have before)"""
    owned, found = {}, []
    for row in run.assignments:
        gone = row["state"] in ("left", "dead", "closed")
        now = set() if gone else set(numbers(row["partitions"]))
        new = now - owned.get(row["member"], set())
        owned[row["member"]] = now
        if new and float(row["time_ms"]) >= after:
            found.append((float(row["time_ms"]), row["member"], new))
    return found


def grown(run, count):
    """G11: partitions from `count` on are new."""
    step = run.fault("add.partitions")
    deliveries = Deliveries(run)
    new = [p for p in deliveries.times if p >= count]
    assigned = [at for at, _, partitions in gains(run, step) if any(p >= count for p in partitions)]
    acked = [a.at for a in run.acks if int(a.partition.rpartition("-")[2]) >= count]
    firsts = [deliveries.times[p][0] for p in new]
    skipped = {}
    for event in run.every("delivered"):
        partition, records, last = (int(n) for n in Deliveries.PATTERN.match(event.detail).groups())
        skipped.setdefault(partition, last - records + 1)
    result = {"first_record_acked_on_new_ms": since(min(acked, default=None), step),
              "new_assigned_first_ms": since(min(assigned, default=None), step),
              "new_assigned_last_ms": since(max(assigned, default=None), step),
              "new_first_record_first_partition_ms": since(min(firsts, default=None), step),
              "new_first_record_last_partition_ms": since(max(firsts, default=None), step),
              "records_skipped_on_new_by_latest": [sum(skipped[p] for p in new)]}
    old = [p for p in deliveries.times if p < count]
    result.update(spread("pause_old", deliveries.pauses(old, step, step + 6000)))
    result.update(fates(run))
    return result


def seen(run, result):
    """A member that gives partitions up does so under its old epoch: only new targets are counted."""
    step = run.fault("start")
    result["epochs_seen"] = [sum(e.at >= step for e in run.every("target assignment"))]
    return result


def shared(run):
    """G17: who holds records loses them when their lock times out. s2 stands still with the first records
    that it gets after the step; others get them late, behind newer ones. Members come to partitions by
    hash: of seeds that leave s2 alone with its partition, or a partition without members, nothing is said
    but what is missing. So members_per_partition would be true by construction: it is not measured."""
    start = run.every("process start", "s4")[-1].at
    sleep = run.fault("pause")
    produced = run.every("process start", "p")[0].at
    deliveries = Deliveries(run)
    reached, late, handed, latencies = {}, [], set(), []
    for event in run.every("delivered", before=sleep + 34900):
        partition, records, last = (int(n) for n in Deliveries.PATTERN.match(event.detail).groups())
        first = max(reached.get(partition, -1) + 1, last - records + 1)
        if first <= last:  # 200 records/s in turn: a record of a partition every 10 ms
            latencies.append(event.at - (produced + 10 * first))
        if event.at > sleep + 1000 and last < reached.get(partition, 0) - 100:
            late += [event.at - sleep] * records
        reached[partition] = max(last, reached.get(partition, 0))
        if start + 500 < event.at < sleep:
            handed.add((partition, event.actor))
    missing = fates(run)["records_missing"]
    readers = {p: {m for q, m in handed if q == p} for p, _ in handed}
    if len(readers) != 2 or any(len(members) != 2 for members in readers.values()):
        return {"records_missing": missing}
    return {"s4_first_record_ms": since(deliveries.first("s4", start), start),
            "records_missing": missing,
            "records_redelivered": [len(late)],
            "redelivery_median_ms": [statistics.median(late)] if late else [],
            "latency_p50_ms": [run.summary["groups"][0]["end_to_end_ms"]["p50"]],
            # of the first record behind the full window of locks: as old as the held ones when they were handed
            # out, and the rest of the 30 s of their locks
            "latency_max_ms": [max(latencies)]}


__all__ = ["epochs_of", "grown", "seen", "shared"]
