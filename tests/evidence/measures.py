"""What a run shows of each recorded quantity, under the recording's own column names.

Each function returns {column: [values]}; a column of a recording that is not returned is not
measured and the table says so. Times are ms after the step that caused them, as recorded.
"""
import collections
import re

from run_results import median, quantile

BEFORE = 2000.0  # gaps count from here on before the step: clients' logs were cut so


def one(value):
    return [] if value is None else [value]


def since(value, step):
    return [] if value is None else [value - step]


def counted(errors, column="client_batch_errors"):
    """NETWORK_EXCEPTION twice -> {"client_batch_errors: NETWORK_EXCEPTION": [2]}."""
    counts = collections.Counter(error for _, error in errors)
    return {f"{column}: {error}": [count] for error, count in sorted(counts.items())}


def fates(run, producer):
    fate = run.fates(producer)
    return {"failed": [fate["failed"]], "callback_errors": [fate["failed"]], "unanswered": [fate["unknown"]],
            "sent": [fate["offered"]], "acked": [fate["acked"]], "acked_lost": [fate["lost"]],
            "in_log": [fate["acked"] - fate["lost"] + fate["failed_in_log"]],
            "acked_dup": [fate["duplicated"]], "dup_extra": [fate["duplicated"]],
            "reordered": [fate["reordered"]], "failed_in_log": [fate["failed_in_log"]]}


def isr_words(changes):
    first = {}
    for change in changes:
        first.setdefault(change.partition, change)
    return ";".join(f"p{p} [{'  '.join(map(str, c.old_isr))}] -> [{'  '.join(map(str, c.isr))}]"
                    for p, c in sorted(first.items()))


# ---- a broker dies

def fencing(run, broker, step):
    fence = run.every("fence", detail=f"broker {broker}: session expired", after=step)[0]
    silent = float(re.search(r"last heartbeat ([\d.]+) ms ago", fence.detail).group(1))
    return fence.at, silent


def gap_columns(prefix, gaps, step):
    if not gaps:
        return {}
    return {f"{prefix}_max_gap": [max(g.length for g in gaps)],
            f"{prefix}_median_gap": [median([g.length for g in gaps])],
            f"{prefix}_first_ack": [min(g.end for g in gaps) - step],
            f"{prefix}_last_first_ack": [max(g.end for g in gaps) - step],
            f"{prefix}_last_ack_before": [max(g.start for g in gaps) - step]}


def moved_partitions(run, topic, fenced):
    """{partition: its new leader's Change} of those whose leader changed with the fencing."""
    changes = run.changes_of(topic, fenced - 0.01, fenced + 1000)
    return {c.name: c for c in changes if c.old_leader != c.leader}


def crash(run, topic, producer, broker):
    step = run.fault("crash")
    fenced, silent = fencing(run, broker, step)
    moved = moved_partitions(run, topic, fenced)
    other = [p for p in run.replicas(topic) if p not in moved]
    result = {"last_heartbeat_before_kill": [fenced - silent - step], "fenced": [fenced - step],
              "heartbeat_to_fence": [silent],
              "isr_after": [isr_words(run.changes_of(topic, fenced - 0.01, fenced + 1000))],
              "latency_p50_before": one(quantile(run.latencies(producer, before=step), 0.5)),
              "latency_p99_before": one(quantile(run.latencies(producer, before=step), 0.99)),
              "latency_max": one(max(run.latencies(producer)))}
    session = run.scenario["cluster"]["config"].get("broker.session.timeout.ms", 9000)
    result["over_session"] = [silent - session]
    if moved:
        times = [c.at for c in moved.values()]
        result["first_leader_change"] = [min(times) - step]
        result["last_leader_change"] = [max(times) - step]
    result.update(gap_columns("moved", run.longest(producer, moved, step - BEFORE), step))
    result.update(gap_columns("other", run.longest(producer, other, step - BEFORE), step))
    result["longest_gap"] = [max(result["other_max_gap"] + result.get("moved_max_gap", [0]))]
    result.update(counted(run.batch_errors(producer)))
    result.update(fates(run, producer))
    return result


def learned(run, producer, partition, leader, after):
    """When the producer had the new leader: by metadata or from an answer that named it."""
    return run.first("metadata", producer, rf"^{partition} leader {leader} ", after)


def crash_partitions(run, topic, producer, broker):
    """The same crash by partition: every value of every partition."""
    step = run.fault("crash")
    fenced, _ = fencing(run, broker, step)
    moved = moved_partitions(run, topic, fenced)
    rows = collections.defaultdict(list)
    shrunk = {c.name: c.at for c in reversed(run.changes_of(topic, fenced - 0.01, fenced + 1000))}
    for partition in run.replicas(topic):
        gap = run.longest(producer, [partition], step - BEFORE)[0]
        kind = "moved" if partition in moved else "other"
        rows[f"{kind}: last_ack_before"].append(gap.start - step)
        rows[f"{kind}: first_ack"].append(gap.end - step)
        rows[f"{kind}: gap"].append(gap.length)
        if partition not in moved:
            if partition in shrunk:
                rows["other: shrink_to_ack"].append(gap.end - shrunk[partition])
            continue
        change = moved[partition]
        leads = run.first("leads", f"broker-{change.leader}", rf"^{partition}: epoch {change.epoch} ", change.at)
        known = learned(run, producer, partition, change.leader, change.at)
        rows["moved: election_to_ack"].append(gap.end - change.at)
        rows["moved: election_to_lead"] += since(leads, change.at)
        rows["moved: election_to_known"] += since(known, change.at)
        rows["moved: known_to_ack"] += [] if known is None else [gap.end - known]
    return rows


# ---- it comes back

def full_isr(run, topics, start):
    """When each partition's ISR was whole again, after the start."""
    found = {}
    for topic in topics:
        sizes = {name: len(r) for name, r in run.replicas(topic).items()}
        for change in run.changes_of(topic, start):
            if len(change.isr) == sizes[change.name]:
                found.setdefault(change.name, change.at)
    return sorted(found.values())


def restart(run, topics, broker, last_heartbeat=None):
    actor = f"broker-{broker}"
    start = run.every("process start", actor)[-1].at
    registered = run.first("broker state", actor, "STARTING -> RECOVERY", start)
    full = full_isr(run, topics, start)
    result = {
        "register_sent": since(run.first("broker state", actor, "-> STARTING", start), start),
        "registered": since(registered, start),
        "register_rejected": [len(run.every("registration refused", detail=f"broker {broker}:", after=start))],
        "controller_unfenced": since(run.first("unfence", detail=f"broker {broker}$", after=start), start),
        "unfenced": since(run.first("broker state", actor, "RECOVERY -> RUNNING", start), start),
        "isr_full_first": since(full[0] if full else None, start),
        "isr_full_last": since(full[-1] if full else None, start),
        "isr_full_partitions": [len(full)],
        "truncate_with_effect": [len(run.every("truncate", actor, after=start))],
    }
    if last_heartbeat is not None and registered is not None:
        result["last_heartbeat_to_registered"] = [registered - last_heartbeat]
    return result


# ---- a broker is asked to stop

def window(prefix, gaps, step, latencies):
    if not gaps:
        return {}
    worst = max(gaps, key=lambda g: g.length)
    return {f"{prefix}_max": [worst.length], f"{prefix}_from": [worst.start - step],
            f"{prefix}_to": [worst.end - step],
            f"{prefix}_median_partition": [median([g.length for g in gaps])],
            f"{prefix}_latency_max": one(max(latencies) if latencies else None),
            f"{prefix}_latency_p50": one(quantile(latencies, 0.5))}


def stop(run, topic, producer, broker):
    step = run.fault("stop")
    changes = run.changes_of(topic, step, step + 1000)
    moved = {c.name: c for c in changes if c.old_leader == broker and c.leader != broker}
    other = [p for p in run.replicas(topic) if p not in moved]
    ends = step + 4000
    at = [c.at for c in moved.values()]
    asked = run.first("controlled shutdown", after=step)
    told = run.first("fence", detail=f"broker {broker}: controlled shutdown is over", after=step)
    gone = run.first("process death", f"broker-{broker}", after=step)
    gaps = {p: run.longest(producer, [p], step - 100, ends)[0] for p in run.replicas(topic)}
    result = {"shutdown_asked": since(asked, step), "leaders_moved_first": [min(at) - step],
              "leaders_moved_last": [max(at) - step], "leader_moves": [len(moved)],
              "isr_shrink_last": [max(c.at for c in changes) - step],
              "allowed": since(told, step), "shutdown_ms": since(gone, step)}
    result.update(window("moved", [gaps[p] for p in moved], step, run.latencies(producer, moved, step, ends)))
    result.update(window("other", [gaps[p] for p in other], step, run.latencies(producer, other, step, ends)))
    for leader in (2, 3):
        led = [gaps[p].length for p in gaps if p not in moved and run.replicas(topic)[p][0] == leader
               or p in moved and moved[p].leader == leader]
        result[f"gap_leader{leader}_max"] = [max(led)]
        result[f"gap_leader{leader}_min"] = [min(led)]
    result.update(counted(run.batch_errors(producer, step, ends)))
    result.update(fates(run, producer))
    beats = run.every("fence", detail=f"broker {broker}: controlled shutdown is over", after=step)
    again = restart(run, [topic], broker, beats[0].at if beats else None)
    result.update({"last_heartbeat_to_registered": again.pop("last_heartbeat_to_registered", [])})
    result.update({f"restart_{key}": value for key, value in again.items()})
    return result


def stop_partitions(run, topic, producer, broker):
    """The same stop by partition: every value of every partition."""
    step = run.fault("stop")
    changes = {c.name: c for c in reversed(run.changes_of(topic, step, step + 1000))}
    rows = collections.defaultdict(list)
    for partition, change in sorted(changes.items()):
        gap = run.longest(producer, [partition], step - 100, step + 4000)[0]
        kind = "moved" if change.leader != change.old_leader else "other"
        rows[f"{kind}: isr_change"].append(change.at - step)
        rows[f"{kind}: last_ack_before"].append(gap.start - step)
        rows[f"{kind}: first_ack"].append(gap.end - step)
        rows[f"{kind}: gap"].append(gap.length)
        if kind == "other":
            rows["other: shrink_to_ack"].append(gap.end - change.at)
            continue
        leads = run.first("leads", f"broker-{change.leader}", rf"^{partition}: epoch {change.epoch} ", change.at)
        rows["moved: leader_change"].append(change.at - step)
        rows["moved: broker_leads"] += since(leads, step)
        rows["moved: election_to_lead"] += since(leads, change.at)
        rows["moved: election_to_ack"].append(gap.end - change.at)
    return rows


def balance(run, topic, producer, broker):
    """The preferred leaders come back after the restart."""
    start = run.every("process start", f"broker-{broker}")[-1].at
    full = full_isr(run, [topic], start)
    back = {c.name: c.at for c in run.changes_of(topic, full[-1]) if c.leader == broker != c.old_leader}
    result = {"preferred_moves": [len(back)]}
    if back:
        first, last = min(back.values()), max(back.values())
        gaps = run.longest(producer, back, first - 100, last + 3000)
        result.update({"preferred_first_after_start": [first - start], "preferred_last_after_start": [last - start],
                       "preferred_after_isr_full": [first - full[-1]]})
        result.update(window("preferred_gap", gaps, start, run.latencies(producer, back, first, last + 3000)))
        result.update(counted(run.batch_errors(producer, first, last + 3000), "preferred_batch_errors"))
    return result


# ---- a broker is silent for a while

def freeze(run, topic, producer, broker):
    step = run.fault("pause")
    thaw = run.fault("resume")
    fenced, silent = fencing(run, broker, step)
    shrinks = run.changes_of(topic, fenced - 0.01, thaw)
    full = [c.at for c in run.changes_of(topic, thaw) if broker in c.isr and broker not in c.old_isr]
    gaps = run.longest(producer, run.replicas(topic), step - BEFORE, thaw)
    result = {"frozen_ms": [thaw - step], "last_heartbeat_before": [fenced - silent - step],
              "fenced": [fenced - step], "isr_shrink_first": [shrinks[0].at - step],
              "leader_moves": [len([c for c in shrinks if c.leader != c.old_leader])],
              "unfenced_after_cont": since(run.first("unfence", detail=f"broker {broker}$", after=thaw), thaw),
              "isr_full_after_cont_first": since(min(full, default=None), thaw),
              "isr_full_after_cont_last": since(max(full, default=None), thaw),
              "zombie_shrink_tries": [len(run.every("isr shrink", f"broker-{broker}", f"^{topic}-", thaw))],
              "zombie_truncate_effect": [len(run.every("truncate", f"broker-{broker}", f"^{topic}-", thaw))]}
    result.update(window("gap", gaps, step, run.latencies(producer, after=step, before=thaw)))
    result.update(counted(run.batch_errors(producer)))
    result.update(fates(run, producer))
    return result


def cycles(run, topic, producer, broker):
    """F10: every cycle's values."""
    result = collections.defaultdict(list)
    at = lambda verb: [e.at for e in run.every(verb, "world")]
    for step, thaw in zip(at("pause"), at("resume")):
        next_step = thaw + 6500
        changes = run.changes_of(topic, step, next_step)
        shrunk = [c.at - step for c in changes if broker in c.old_isr and broker not in c.isr]
        grown = [c.at - thaw for c in changes if broker not in c.old_isr and broker in c.isr]
        gaps = run.longest(producer, run.replicas(topic), step - 100, next_step)
        result["stopped_ms"].append(thaw - step)
        result["partitions_shrunk"].append(len(shrunk))
        result["partitions_expanded"].append(len(grown))
        for column, values in (("shrink_first", shrunk[:1]), ("shrink_last", shrunk[-1:]),
                               ("expand_after_cont_first", grown[:1]), ("expand_after_cont_last", grown[-1:])):
            result[column] += values
        for column, values in window("gap", gaps, step, run.latencies(producer, None, step, next_step)).items():
            result[column] += values
    fate = fates(run, producer)
    result.update({f"whole_run_{c}": fate[c] for c in ("sent", "acked", "failed", "acked_lost", "acked_dup",
                                                       "reordered")})
    result["fenced"] = [len(run.every("fence", detail=f"broker {broker}:"))]
    return result
