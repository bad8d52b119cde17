"""Measures of the recordings of transactions: what readers of both isolation levels saw."""
import re

from measures import one
from measures_groups import Deliveries
from recorded import read
from run_results import quantile


def group_of(run, name):
    return next(g for g in run.summary["groups"] if g["name"] == name)


def aborted_records(run):
    """Acknowledged between beginTransaction() and the return of abortTransaction()."""
    total, begun, aborts = 0, None, False
    for event in run.every("transaction", actor="p"):
        if event.detail.endswith("-> IN_TRANSACTION"):
            begun, aborts = event.at, False
        aborts = aborts or event.detail.endswith("-> ABORTING_TRANSACTION")
        if aborts and event.detail.endswith("-> READY"):
            total += sum(a.records for a in run.acks if a.producer == "p" and begun <= a.at <= event.at)
    return total


def reader(run, name):
    """Columns as in the recordings; latencies in ms, since warm-up."""
    group, sent = group_of(run, name), run.fates("p")["acked"]
    seen = group["once"] - (sent - aborted_records(run))
    return {"p50_ms": [group["end_to_end_ms"]["p50"]],
            "records_of_aborted_transactions_seen": [seen]}


def calls(run, state):
    """How long commitTransaction() or abortTransaction() took."""
    moves = [e for e in run.every("transaction", actor="p")]
    times = [b.at - a.at for a, b in zip(moves, moves[1:])
             if a.detail.endswith("-> " + state) and b.detail.endswith("-> READY")]
    return {"p50_ms": one(quantile(times, 0.5))}


def inits(run):
    """How long the second and third producer's initTransactions() took."""
    found = {}
    for number, name in ((2, "p2"), (3, "p3")):
        start = next(e.at for e in run.every("process start", actor=name))
        done = next(e.at for e in run.every("transactions initialized", actor=name))
        found[f"P{number}_ms"] = [done - start]
    old_epoch = run.every("batch failed", actor="p1", detail="INVALID_PRODUCER_EPOCH")
    found["P1_old_epoch_then_fenced"] = [int(bool(old_epoch) and len(fenced(run, "p1")) == 1)]
    return found


def fenced(run, producer):
    return run.every("transaction fatal", actor=producer, detail="PRODUCER_FENCED")


def recorded_inits():
    """An abort that fails because the producer is fenced comes after a send with an old epoch, each time."""
    found = {}
    for row in read("G14/fencing.csv"):
        if re.match(r"P1 abort failed .*ProducerFencedException", row["what"]):
            found.setdefault("P1_old_epoch_then_fenced", []).append(1)
        match = re.match(r"(P\d) initTransactions took_us (\d+)", row["what"])
        if match:
            found.setdefault(f"{match.group(1)}_ms", []).append(int(match.group(2)) / 1000)
    return found


def delivered_to(run, member):
    """(time, last offset) of what a member was handed."""
    return [(e.at, int(Deliveries.PATTERN.match(e.detail).group(3))) for e in run.every("delivered", actor=member)]


def longest_gap(times, after):
    gaps = [(b - a, b) for a, b in zip(times, times[1:]) if b >= after]
    return max(gaps)


def dead_client(run):
    """Times after beginTransaction() of the client that is killed, as recorded."""
    begin = next(e.at for e in run.every("transaction", actor="tx") if e.detail.endswith("-> IN_TRANSACTION"))
    kill = run.fault("crash")
    committed = [at for at, _ in delivered_to(run, "rc1")]
    all_records = [at for at, _ in delivered_to(run, "ru1")]
    stall, moves_on = longest_gap(committed, begin)
    return {"kill_ms": [kill - begin],
            "rc_moves_on_ms": [moves_on - begin], "rc_moves_on_after_kill_ms": [moves_on - kill],
            "rc_stall_ms": [stall],
            "ru_longest_gap_ms": [longest_gap(all_records, begin)[0]],
            "tx_records_seen_by_rc": [group_of(run, "rc")["once"] - run.fates("plain")["acked"]]}


def pipeline(run, mode, second):
    """What stands in the output of a worker that was killed, and of the one after it."""
    inputs = run.fates("fill")["acked"]
    committed = group_of(run, f"{mode}-reader")
    kill = run.fault("crash")
    assigned = next(float(row["time_ms"]) for row in run.assignments
                    if row["member"] == second and row["state"] == "consuming" and row["partitions"])
    found = {"output_read_committed": [committed["inputs"] + committed["inputs_again"]],
             "distinct": [committed["inputs"]],
             "duplicates_read_committed": [committed["inputs_again"]],
             "missing": [inputs - committed["inputs"]],
             "worker2_assigned_after_kill_ms": [assigned - kill]}
    if mode == "eos":
        found["duplicates_read_uncommitted"] = [group_of(run, "eos-all")["inputs_again"]]
    return found
