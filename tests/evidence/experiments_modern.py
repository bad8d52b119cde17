"""The recordings of groups, consumer protocol (KIP-848) and share groups (KIP-932).

Member ids are chance there, and the coordinator's assignors follow them: who got what is not compared,
how many each got is.
"""
from measures_groups import bounced, first_start, killed, rebalance, who_gets_what
from measures_modern import epochs_of, grown, seen, shared

CASES = ("3p-5m", "6p+6p-4m", "7p+3p-5m", "7p+5p-3m", "12p-5m")
SESSION = "/cluster/config/group.consumer.session.timeout.ms="
CHANCE = ("assignment_before", "assignment_after", "assignment_end", "assignment", "partitions_of_victim")


def variant(name, column="variant", runs=None):
    def keep(row):
        for words in CHANCE:
            row.pop(words, None)
        if "counts" in row:
            row["counts"] = numbers_of(row["counts"])
        return row.get(column) == name and (runs is None or row["run"] in runs)
    return keep


def numbers_of(counts):
    """"c1:2 c2:3" -> "2 3", ascending."""
    return " ".join(sorted(word.rpartition(":")[2] for word in counts.split()))


def without_chance(measure):
    def measured(run):
        found = {column: values for column, values in measure(run).items() if column not in CHANCE}
        if "counts" in found:
            found["counts"] = [numbers_of(text) for text in found["counts"]]
        return found
    return measured


def modern_experiments(Table, Experiment):
    def table(title, recording, measure, keep, number=0):
        return Table(title, f"{recording}/runs.csv", without_chance(measure), keep, number)

    def made(name, text, tables, **more):
        experiment = Experiment(name, text, tables, **more)
        experiment.spread = 2500  # the steps came at any time between two heartbeats
        return experiment

    return [
        made("G3", "KIP-848: a fourth member joins.", [
            table("uniform", "G3", lambda run: seen(run, rebalance(run, "start", "m4")), variant("consumer"))]),
        made("G4-848", "KIP-848: the fourth member closes.", [
            table("uniform", "G4", lambda run: rebalance(run, "leave", "m4"), variant("consumer"))]),
        made("G5-848", "KIP-848: kill -9 of the fourth member.", [
            table(f"session {ms}", "G5", lambda run: killed(run, "m4"), variant(f"consumer-{ms}"), number)
            for number, ms in enumerate(("10000", "6000", "45000"))],
             variants=((), (SESSION + "6000",), (SESSION + "45000", "/producers/0/rate=60/s"))),
        made("G7-848-4s", "KIP-848: a static member is back within its session (run 3: the group had settled).", [
            table("uniform", "G7", lambda run: bounced(run, "m2"),
                  variant("consumer-4000", "variant_downms", ("3",)))]),
        made("G7-848-15s", "KIP-848: a static member is back after its session (runs 1 and 3: the group had settled).", [
            table("uniform", "G7", lambda run: bounced(run, "m2"),
                  variant("consumer-15000", "variant_downms", ("1", "3")))]),
        made("G9-848", "KIP-848: how many each gets.", [
            table(f"{case}, uniform", "G9", lambda run, case=case: who_gets_what(run, case, "uniform"),
                  lambda row, case=case: variant("uniform", "assignor")(row) and row["case"] == case)
            for case in CASES], shifted=False),
        made("G10-848-alone", "KIP-848: the first start of a group of one.", [
            table("uniform", "G10", lambda run: epochs_of(run, first_start(run, ["m1"])), variant("consumer-single"))]),
        made("G10-848", "KIP-848: the first start of a group, three members one after another.", [
            table("uniform", "G10", lambda run: epochs_of(run, first_start(run, ["m1", "m2", "m3"])),
                  variant("consumer-staggered"))]),
        made("G11-848", "KIP-848: a topic grows from 12 to 16 partitions.", [
            table("metadata.max.age.ms 300 s", "G11", lambda run: grown(run, 12), variant("consumer-age300")),
            table("metadata.max.age.ms 10 s", "G11", lambda run: grown(run, 12), variant("consumer-age10"), 1)],
             variants=((), ("/groups/0/config/metadata.max.age.ms=10000",))),
        made("G17", "A share group: a fourth member joins, one stands still while it holds records. One recording; of "
             "the seeds, those whose members fall two to a partition.", [
            table("implicit", "G17", shared, lambda row: True)]),
    ]
