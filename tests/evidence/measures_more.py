"""Measures of the recordings with two brokers down, several controllers, a reassignment."""
from measures import counted, fates, one, since, window


def two_stopped(run, topic, producer, probe):
    first, step = run.fault("stop"), run.fault("stop", 1)
    start = run.every("process start", "broker-2")[-1].at
    names = run.replicas(topic)
    alone = [c.at for c in run.changes_of(topic, step, start) if c.isr == [1]]
    paired = [c.at for c in run.changes_of(topic, start) if len(c.isr) == 2 and c.old_isr == [1]]
    blocked = [run.longest(producer, [p], step - 100)[0] for p in names]
    acked = sorted(a.at for a in run.acks if a.producer == producer)
    result = {"exit3": since(run.first("process death", "broker-3"), first),
              "exit2": since(run.first("process death", "broker-2"), step),
              "isr_1_left_first": since(min(alone, default=None), step),
              "isr_1_left_last": since(max(alone, default=None), step),
              "last_ack_before": since(max((t for t in acked if t < step + 5000), default=None), step),
              "restart_registered": since(run.first("broker state", "broker-2", "STARTING -> RECOVERY", start), start),
              "restart_unfenced": since(run.first("unfence", detail="broker 2$", after=start), start),
              "isr_2_again_first": since(min(paired, default=None), start),
              "isr_2_again_last": since(max(paired, default=None), start),
              "first_ack_after_start": since(min((t for t in acked if t > start), default=None), start),
              "last_partition_first_ack_after_start": [max(g.end for g in blocked) - start]}
    gaps = [run.longest(producer, [p], first - 100, step - 100)[0] for p in names]
    result.update(window("first_stop_gap", gaps, first, run.latencies(producer, None, first, step - 100)))
    result.update(window("blocked_gap", blocked, step, run.latencies(producer, None, step)))
    result.update(errors_in_time(run, producer, step))
    result.update(probes(run, probe, step))
    result.update(fates(run, producer))
    return result


def errors_in_time(run, producer, step):
    errors = run.batch_errors(producer)
    result = counted(errors)
    for error in sorted({e for _, e in errors}):
        times = [at - step for at, e in errors if e == error]
        result[f"first_{error}"] = [times[0]]
        result[f"last_{error}"] = [times[-1]]
    return result


def probes(run, probe, step):
    errors = run.batch_errors(probe)
    refused = [at - step for at, e in errors if e.startswith("NOT_ENOUGH_REPLICAS")]
    result = {"probe_first_NotEnough": refused[:1], "probe_last_NotEnough": refused[-1:],
              "probe_ok": [run.fates(probe)["acked"]]}
    if any(p["name"] == "fresh" for p in run.summary["producers"]):
        known = run.first("metadata", "fresh")  # send() waits for it
        fresh = [at for at, e in run.batch_errors("fresh")]
        result["fresh_probe_ok"] = [run.fates("fresh")["acked"]]
        result["fresh_probe_first_error_after_send"] = since(fresh[0] if fresh else None, known)
    return result


# ---- the active controller dies

def quorum(run, topic, producer):
    step = run.fault("crash")
    state = lambda words: since(run.first("quorum", None, words, step), step)
    active = run.first("active", after=step)
    follow = [e.at for e in run.every("quorum", detail="^follows controller", after=step, before=step + 5000)
              if e.actor.startswith("broker")]
    gaps = run.longest(producer, run.replicas(topic), step - 100)
    before = [g for p in run.replicas(topic) for g in run.gaps(producer, p, 0, step)[:1]]
    result = {"prospective_first": state("^prospective"), "candidate_first": state("^candidate"),
              "raft_leader": state("^leader of the quorum"), "new_active": since(active, step),
              "brokers_follow_new_last": since(max(follow, default=None), step),
              "brokers_fenced": [len(run.every("fence", after=step))]}
    result.update(window("gap", gaps, step, run.latencies(producer, None, step)))
    result.update(window("before", before, step, run.latencies(producer, None, 0, step)))
    result.update(counted(run.batch_errors(producer)))
    result.update(fates(run, producer))
    return result


# ---- a partition moves

def reassignment(run, topic):
    step = run.fault("reassign")
    done = [c.at for c in run.changes_of(topic, step) if c.leader == 2 and c.isr == [2]]
    return {"done_controller": since(done[0] if done else None, step),
            "leader_after": [run.partitions(topic)[0]["leader"]],
            "mean_rate_bytes_per_s": one(200e6 / (done[0] - step) * 1000 if done else None)}
