"""Measures of the recordings of groups: who had what, who paused, how long."""
import re
import statistics

from measures import one, since

SETTLED = 2000  # ms before the step that count as undisturbed


class Deliveries:
    """What the members of a group were handed, by partition number."""
    PATTERN = re.compile(r"\S+-(\d+) (\d+) records up to (\d+)")

    def __init__(self, run):
        self.times, self.members, self.again = {}, {}, []
        reached = {}
        for event in run.every("delivered"):
            partition, records, last = (int(n) for n in self.PATTERN.match(event.detail).groups())
            self.times.setdefault(partition, []).append(event.at)
            self.members.setdefault(event.actor, []).append(event.at)
            twice = min(records, reached.get(partition, -1) - (last - records))
            if twice > 0:
                self.again.append((event.at, twice))
            reached[partition] = max(last, reached.get(partition, -1))

    def redelivered(self, after):
        return sum(records for at, records in self.again if at >= after)

    def pauses(self, partitions, after, before=float("inf")):
        """The longest stretch without a record of each partition that ends in the window."""
        found = []
        for partition in partitions:
            times = self.times.get(partition, [])
            gaps = [b - a for a, b in zip(times, times[1:]) if after <= b <= before]
            if gaps:
                found.append(max(gaps))
        return found

    def first(self, member, after):
        return next((t for t in self.members.get(member, []) if t >= after), None)

    def last(self, member, before):
        return next((t for t in reversed(self.members.get(member, [])) if t < before), None)


def numbers(detail):
    return [int(p.rsplit("-", 1)[1]) for p in detail.split()]


def owners(run, at):
    """{member: partitions} by the last line of assignments.csv at that time."""
    found = {}
    for row in run.assignments:
        if float(row["time_ms"]) <= at:
            if row["state"] in ("dead", "left", "closed"):
                found.pop(row["member"], None)
            else:
                found[row["member"]] = row["partitions"].split()
    return found


def words(owned, single=True):
    """As the recordings write it: "m1=0,1; m2=2" (one topic) or "c1=a-0 a-1; c2=" (several)."""
    if single:
        return "; ".join(f"{m}={','.join(str(n) for n in numbers(' '.join(p)))}" for m, p in sorted(owned.items()))
    key = lambda p: (p.rsplit("-", 1)[0], int(p.rsplit("-", 1)[1]))  # noqa: E731
    return "; ".join(f"{m}={' '.join(sorted(p, key=key))}" for m, p in sorted(owned.items()))


def spread(name, values):
    if not values:
        return {}
    return {f"{name}_median_ms": [statistics.median(values)], f"{name}_max_ms": [max(values)]}


def fates(run):
    group = run.summary["groups"][0]
    return {"records_redelivered": [group["consumed_twice"]], "records_missing": [group["never_processed"]]}


def moved(before, after):
    old = {p: m for m, ps in before.items() for p in ps}
    new = {p: m for m, ps in after.items() for p in ps}
    return sorted(int(p.rsplit("-", 1)[1]) for p in new if old.get(p) != new[p])


def rebalance(run, verb, newcomer=None):
    """A member joins or leaves: G1, G2, G4."""
    step = run.fault(verb)
    settled = step + 15000
    before, after = owners(run, step - 1), owners(run, settled)
    deliveries = Deliveries(run)
    changed = moved(before, after)
    stayed = [p for p in deliveries.times if p not in changed]
    leaver = newcomer if verb == "leave" else None
    revoked = [e.at for e in run.every("revoked", after=step, before=settled) if e.actor != leaver]
    assigned = [e.at for e in run.every("assigned", after=step, before=settled) if re.search(r": \S", e.detail)]
    epochs = sorted({int(re.search(r"\d+", e.detail).group()) for e in
                     run.every("assigned", after=step, before=settled)})
    result = {"epochs_seen": [len(epochs)],
              "first_revoke_ms": since(min(revoked, default=None), step),
              "last_revoke_ms": since(max(revoked, default=None), step),
              "last_nonempty_assign_ms": since(max(assigned, default=None), step),
              "partitions_moved": [len(changed)],
              "assignment_before": [words(before)], "assignment_after": [words(after)]}
    if verb == "join":
        result["new_member_first_record_ms"] = since(deliveries.first(newcomer, step), step)
    result.update(spread("pause_moved", deliveries.pauses(changed, step, settled)))
    result.update(spread("pause_unmoved", deliveries.pauses(stayed, step, settled)))
    result.update(spread("longest_gap_2s_before", deliveries.pauses(deliveries.times, step - SETTLED, step)))
    result.update(fates(run), records_redelivered=[deliveries.redelivered(step)])
    return result


def killed(run, victim):
    """G5."""
    step = run.fault("crash")
    deliveries = Deliveries(run)
    before = owners(run, step - 1)
    victims = numbers(" ".join(before[victim]))
    others = [p for p in deliveries.times if p not in victims]
    revoked = [e.at for e in run.every("revoked", after=step) if e.actor != victim]
    assigned = [e.at for e in run.every("assigned", after=step)
                if e.actor != victim and set(numbers(e.detail.split(": ", 1)[1])) & set(victims)]
    result = {"victim_last_delivery_ms": since(deliveries.last(victim, step), step),
              "first_revoke_of_survivors_ms": since(min(revoked, default=None), step),
              "first_new_assign_ms": since(min(assigned, default=None), step),
              "last_new_assign_ms": since(max(assigned, default=None), step),
              "partitions_of_victim": [" ".join(str(p) for p in victims)]}
    result.update(spread("pause_victims_partitions", deliveries.pauses(victims, step)))
    result.update(spread("pause_other_partitions", deliveries.pauses(others, step)))
    result.update(fates(run))
    return result


def bounced(run, member):
    """G7: a static member closes and comes back."""
    step = run.fault("leave")
    died = run.first("process death", member, after=step)
    back = run.every("process start", member, after=step)[-1].at
    deliveries = Deliveries(run)
    before, after = owners(run, step - 1), owners(run, back + 12000)
    its = numbers(" ".join(before[member]))
    others = [p for p in deliveries.times if p not in its]
    callbacks = [e for e in run.events if e.what in ("revoked", "assigned") and e.actor != member and
                 e.actor.startswith("m")]
    callbacks += [e for e in callbacks if e.what == "assigned"]  # the recorder counts the new generation beside it
    taken = [e.at for e in callbacks if e.what == "assigned" and step < e.at < back]
    own = [e.at for e in run.every("assigned", member, after=back)]
    result = {"m2_closed_ms": since(died, step), "m2_back_ms": since(back, step),
              "callbacks_of_others_while_down": [sum(step < e.at < back for e in callbacks)],
              "callbacks_of_others_after_back": [sum(e.at >= back for e in callbacks)],
              "m2_first_assign_after_back_ms": since(min(own, default=None), back),
              "m2_last_assign_after_back_ms": since(max(own, default=None), back),
              "assignment_before": [words(before)], "assignment_after": [words(after)]}
    if taken:
        result["others_took_over_first_ms"] = [min(taken) - step]
        result["others_took_over_last_ms"] = [max(taken) - step]
    result.update(spread("pause_its_partitions", deliveries.pauses(its, step)))
    result.update(spread("pause_others", deliveries.pauses(others, step)))
    result.update(fates(run))
    return result


def who_gets_what(run, case, assignor):
    """G9: of the two groups of that case, one with group.instance.id. Read after 12.5 s as in the recording."""
    result = {"assignment": [], "counts": []}
    for mode in ("client", "static"):
        prefix = f"{case.replace('+', '-')}.{assignor}.{mode}."
        owned = {m[len(prefix):]: sorted(p) for m, p in owners(run, 12500).items() if m.startswith(prefix)}
        result["assignment"].append(words(owned, False))
        result["counts"].append(" ".join(f"{m}:{len(p)}" for m, p in sorted(owned.items())))
    return result


def first_start(run, members):
    """G10."""
    start = run.every("process start", "m1")[0].at
    deliveries = Deliveries(run)
    assigned = [e.at for e in run.every("assigned") if re.search(r": \S", e.detail)]
    epochs = {re.search(r"\d+", e.detail).group() for e in run.every("assigned")}
    result = {"first_assign_ms": since(min(assigned, default=None), start),
              "last_assign_ms": since(max(assigned, default=None), start),
              "all_12_partitions_delivered_ms":
                  since(max((t[0] for t in deliveries.times.values()), default=None), start),
              "epochs": [len(epochs)], "assignment_end": [words(owners(run, float("inf")))]}
    for member in members:
        result[f"first_record_{member}_ms"] = since(deliveries.first(member, start), start)
    result.update(fates(run))
    return result


__all__ = ["rebalance", "killed", "bounced", "who_gets_what", "first_start", "one"]
