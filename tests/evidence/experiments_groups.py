"""The recordings of groups, classic protocol."""
from measures_groups import bounced, first_start, killed, rebalance, who_gets_what

STRATEGY = "/groups/0/config/partition.assignment.strategy=org.apache.kafka.clients.consumer."
CASES = ("3p-5m", "6p+6p-4m", "7p+3p-5m", "7p+5p-3m", "12p-5m")


def variant(name, column="variant"):
    return lambda row: row[column] == name


def whole(case, assignor):
    """Two of the recorded groups were read before they had finished joining."""
    return lambda row: row["case"] == case and row["assignor"] == assignor and "c1:0 c2:0 c3:0" not in row["counts"]


def group_experiments(Table, Experiment):
    return [
        Experiment("G1", "A fourth member joins, eager.", [
            Table("range", "G1/runs.csv", lambda run: rebalance(run, "join", "m4"), variant("range")),
            Table("roundrobin", "G1/runs.csv", lambda run: rebalance(run, "join", "m4"), variant("roundrobin"), 1)],
                   variants=((), (STRATEGY + "RoundRobinAssignor",))),
        Experiment("G2", "A fourth member joins, cooperative-sticky.", [
            Table("cooperative-sticky", "G2/runs.csv", lambda run: rebalance(run, "join", "m4"), variant("coop"))]),
        Experiment("G4", "The fourth member closes, 3.9 s after the last rebalance.", [
            Table("range", "G4/runs.csv", lambda run: rebalance(run, "leave", "m4"), variant("range")),
            Table("cooperative-sticky", "G4/runs.csv", lambda run: rebalance(run, "leave", "m4"),
                  variant("coop"), 1)],
                   variants=((), (STRATEGY + "CooperativeStickyAssignor",)), spread=300),
        Experiment("G5", "kill -9 of the fourth member.", [
            Table("session 10 s", "G5/runs.csv", lambda run: killed(run, "m4"), variant("range-10000")),
            Table("session 45 s", "G5/runs.csv", lambda run: killed(run, "m4"), variant("range-45000"), 1)],
                   variants=((), ("/groups/0/config/session.timeout.ms=45000", "/producers/0/rate=60/s"))),
        Experiment("G7-4000", "A static member closes and is back after 4 s.", [
            Table("range", "G7/runs.csv", lambda run: bounced(run, "m2"), variant("range-4000", "variant_downms"))]),
        Experiment("G7-15000", "A static member closes and is back after 15 s; run 1 was not settled.", [
            Table("range", "G7/runs.csv", lambda run: bounced(run, "m2"),
                  lambda row: row["variant_downms"] == "range-15000" and row["run"] != "1")]),
        Experiment("G9", "Who gets what.", [
            Table(f"{case}, {assignor}", "G9/runs.csv",
                  lambda run, case=case, assignor=assignor: who_gets_what(run, case, assignor),
                  whole(case, assignor))
            for case in CASES for assignor in ("range", "roundrobin", "sticky", "coop")]),
        Experiment("G10-single", "First start of a group, one member.", [
            Table("range", "G10/runs.csv", lambda run: first_start(run, ["m1"]), variant("range-single")),
            Table("cooperative-sticky", "G10/runs.csv", lambda run: first_start(run, ["m1"]),
                  variant("coop-single"), 1)],
                   variants=((), (STRATEGY + "CooperativeStickyAssignor",))),
        Experiment("G10", "First start of a group, three members one after another.", [
            Table("range", "G10/runs.csv", lambda run: first_start(run, ["m1", "m2", "m3"]),
                  variant("range-staggered")),
            Table("cooperative-sticky", "G10/runs.csv", lambda run: first_start(run, ["m1", "m2", "m3"]),
                  variant("coop-staggered"), 1)],
                   variants=((), (STRATEGY + "CooperativeStickyAssignor",))),
    ]
