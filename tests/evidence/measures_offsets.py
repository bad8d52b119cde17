"""G8: where a group begins to read, and when its offsets are committed.

Recording and run are brought into the same form first, Story: what the members' callbacks said.
"""
import csv
import pathlib
import re

DATA = pathlib.Path(__file__).parent / "data" / "G8"
VARIANTS = ("range-latest", "range-earliest", "range-by_duration-PT5S", "coop-latest", "range-none",
            "consumer-latest", "consumer-earliest", "consumer-by_duration-PT5S", "consumer-none")
CLASSIC, MODERN = ("range-latest", "range-earliest", "range-by_duration-PT5S", "coop-latest"), (
    "consumer-latest", "consumer-earliest", "consumer-by_duration-PT5S")


class Story:
    """(ms since the first member's start, member, event, what it says); marks by name."""

    def __init__(self, entries, marks):
        self.entries, self.marks = entries, marks

    def times(self, member, event, after=0.0, before=float("inf"), empty=False):
        return [at for at, who, what, detail in self.entries if who == member and what == event
                and after <= at < before and (empty or detail)]


def recorded_rows():
    with open(DATA / "runs.csv", newline="") as file:
        return {row["variant"]: row for row in csv.DictReader(file)}


def recorded_story(variant):
    entries, marks = [], {}
    with open(DATA / "events.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["variant"] != variant:
                continue
            if row["event"] == "MARK":
                marks[row["detail"]] = float(row["time_ms"])
            else:
                detail = "" if row["detail"] == "{}" else row["detail"]
                entries.append((float(row["time_ms"]), row["member"], row["event"], detail))
    return Story(entries, marks)


WORDS = {"committed": "COMMIT", "assigned": "ASSIGN", "revoked": "REVOKE", "failed": "EXC", "left": "CLOSED"}


def run_story(run, variant):
    start = run.every("process start", f"{variant}.m1")[0].at
    entries = []
    for event in run.events:
        name, _, member = event.actor.rpartition(".")
        if name == variant and event.what in WORDS:
            detail = event.detail.split(": ", 1)[-1] if event.what == "assigned" else event.detail
            entries.append((event.at - start, member, WORDS[event.what], detail.strip()))
    begins = lambda m: [e.at - start for e in run.every("process start", f"{variant}.{m}")]  # noqa: E731
    closes = lambda m: [e.at - start for e in run.every("leave", "world", f"{variant}.{m}$")]  # noqa: E731
    marks = {"START m1": 0.0, "JOIN m2": begins("m2")[0]}
    if closes("m1"):
        marks.update({"CLOSE m2": closes("m2")[0], "CLOSE m1": closes("m1")[0], "RESTART m1": begins("m1")[1],
                      "CLOSE m1 again": closes("m1")[1]})
    return Story(entries, marks)


def numbers(text):
    """"0:12 1:13" -> {0: 12.0, 1: 13.0}"""
    return {int(word.partition(":")[0]): float(word.partition(":")[2]) for word in text.split()}


# ---- where it begins

def first_reads(run, variant):
    """({partition: (time, offset)} of the first record after each start of m1, start times)."""
    starts = [e.at for e in run.every("process start", f"{variant}.m1")]
    found = [{} for _ in starts]
    for event in run.every("delivered", f"{variant}.m1"):
        partition, records, last = (int(n) for n in
                                    re.match(r"\S+-(\d+) (\d+) records up to (\d+)", event.detail).groups())
        life = max(i for i, at in enumerate(starts) if at <= event.at)
        found[life].setdefault(partition, (event.at, last - records + 1))
    return found, starts


def sent_times(run, partition):
    """When each offset of the partition was sent; one producer, nothing reordered."""
    times = []
    for ack in run.acks_of[("p", f"t8-{partition}")]:
        step = (ack.last_sent - ack.first_sent) / max(1, ack.records - 1)
        times += [ack.first_sent + i * step for i in range(ack.records)]
    return times


def begun(run, variant):
    group = next(g for g in run.summary["groups"] if g["name"] == variant)
    story = run_story(run, variant)
    if variant.endswith("-none"):
        failures = [at for at, _, what, _ in story.entries if what == "EXC"]
        return {"no_offset_exceptions": [len(failures)], "records_delivered": [group["consumed"]],
                "assigned_to_exception_ms": [failures[0] - story.times("m1", "ASSIGN")[0]]}
    first, starts = first_reads(run, variant)
    result = {"first_record_ms": [min(at for at, _ in first[0].values()) - starts[0]],
              "records_redelivered": [group["consumed_twice"]]}
    if variant.endswith("-earliest"):
        result["first_offset_read"] = [max(offset for _, offset in first[0].values())]
    else:
        sent = [sent_times(run, p)[offset] - starts[0] for p, (_, offset) in first[0].items()]
        result["assigned_to_send_time_of_first_record_ms"] = [min(sent) - story.times("m1", "ASSIGN")[0]]
    return result


def recorded_begun(variant):
    row, story = recorded_rows()[variant], recorded_story(variant)
    if variant.endswith("-none"):
        failures = [at for at, _, what, _ in story.entries if what == "EXC" and at < story.marks["RESTART m1"]]
        return {"no_offset_exceptions": [float(len(failures))], "records_delivered": [0.0],
                "assigned_to_exception_ms": [failures[0] - story.times("m1", "ASSIGN")[0]]}
    result = {"first_record_ms": [float(row["first_record_ms"])],
              "records_redelivered": [float(row["records_redelivered"])]}
    if variant.endswith("-earliest"):
        result["first_offset_read"] = [max(numbers(row["first_offset_read"]).values())]
    else:
        sent = numbers(row["send_time_of_first_record_ms"]).values()
        result["assigned_to_send_time_of_first_record_ms"] = [min(sent) - story.times("m1", "ASSIGN")[0]]
    return result


# ---- commits and the restart

def common(story):
    """What both sides know from the callbacks alone."""
    join, leave, close, again = (story.marks[m] for m in ("JOIN m2", "CLOSE m2", "CLOSE m1", "RESTART m1"))
    assigned = story.times("m1", "ASSIGN")[0]
    revoked = story.times("m1", "REVOKE", join, leave)[0]
    return {
        "start_to_assigned_ms": [assigned],
        "assigned_to_first_commit_ms": [story.times("m1", "COMMIT", assigned)[0] - assigned],
        "commits_before_join": [float(len(story.times("m1", "COMMIT", 0, join)))],
        "join_to_revoke_ms": [revoked - join],
        "commits_from_join_to_revoke": [float(len(story.times("m1", "COMMIT", join, revoked + 0.2)))],
        "join_to_m2_assigned_ms": [story.times("m2", "ASSIGN", join)[0] - join],
        "commits_of_m2_before_close": [float(len(story.times("m2", "COMMIT", join, leave)))],
        "commits_of_m2_in_close": [float(len(story.times("m2", "COMMIT", leave, close)))],
        "close_to_m1_assigned_ms": [story.times("m1", "ASSIGN", leave + 1, close)[0] - leave],
        "commits_of_m1_in_close": [float(len(story.times("m1", "COMMIT", close, again)))],
        "restart_to_assigned_ms": [story.times("m1", "ASSIGN", again)[0] - again],
    }


def committed(run, variants):
    """Of all groups of a protocol together."""
    total = {}
    for variant in variants:
        first, starts = first_reads(run, variant)
        found = common(run_story(run, variant))
        last = {}
        for event in run.every("commit", before=starts[1]):
            if event.actor not in (f"{variant}.m1", f"{variant}.m2"):
                continue
            last.update({int(p): int(o) for p, o in re.findall(r"-(\d+)=(\d+)", event.detail)})
        found["restart_reads_from_committed_plus"] = [sum(o - last[p] for p, (_, o) in first[1].items())]
        found["restart_to_first_record_ms"] = [min(at for at, _ in first[1].values()) - starts[1]]
        found["records_missing"] = [next(g["never_processed"] for g in run.summary["groups"] if g["name"] == variant)]
        for column, values in found.items():
            total.setdefault(column, []).extend(values)
    return total


def recorded_committed(variants):
    total = {}
    for variant in variants:
        row, found = recorded_rows()[variant], common(recorded_story(variant))
        committed_at, first = numbers(row["committed_before_restart"]), numbers(row["first_offset_after_restart"])
        found["restart_reads_from_committed_plus"] = [sum(first[p] - committed_at[p] for p in first)]
        found["restart_to_first_record_ms"] = [float(row["first_record_after_restart_ms"])]
        found["records_missing"] = [float(row["records_missing"])]
        for column, values in found.items():
            total.setdefault(column, []).extend(values)
    return total
