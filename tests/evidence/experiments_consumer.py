"""Recordings of quotas (P8), of how consumers fetch (G13), of partitions added (G11)."""
from experiments_groups import STRATEGY
from measures_consumer import grown, latencies, limited_consumer, limited_producer, polls

MODERN = tuple(f"/groups/{i}/config/group.protocol=consumer" for i in range(4))
BACKLOG_LEADERS = ((2, 5, 8, 10), (0, 4, 6, 11), (1, 3, 7, 9))


def ending(column, *names):
    return lambda row: row[column].endswith(names)


def fetch_tables(Table, protocol, variant):
    cases = (("min1", "min1-5ps"), ("min10000", "min10000-10ps"), ("min10000-one", "min10000-10ps-1part"))
    tables = [Table(f"{name}-{protocol}", "G13/runs.csv", lambda run, group=group: latencies(run, group),
                    lambda row, name=name: row["variant"] == f"{name}-{protocol}", variant=variant)
              for group, name in cases]
    return tables + [Table(f"backlog-{protocol}", "G13/polls.csv", lambda run: polls(run, "m3", BACKLOG_LEADERS),
                           lambda row: row["variant"] == f"backlog20000-{protocol}", variant=variant)]


def consumer_experiments(Table, Experiment):
    return [
        Experiment("P8", "Quotas of 200 kB/s against 400 kB/s.", [
            Table("producer", "P8/runs.csv", lambda run: limited_producer(run, "q-prod"),
                  ending("row", "a-producer", "b-producer")),
            Table("consumer", "P8/runs.csv", lambda run: limited_consumer(run, "q-cons"), ending("row", "consumer")),
            Table("another producer", "P8/runs.csv", lambda run: limited_producer(run, "feed"), ending("row", "feed"))]),
        Experiment("G13", "Fetch sizes and waits, and 20,000 records that wait.",
                   fetch_tables(Table, "range", 0) + fetch_tables(Table, "consumer", 1), variants=((), MODERN)),
        Experiment("G11", "Partitions 12 to 16 while a group reads; metadata.max.age.ms=10000 and 300000. The step came "
                   "at any time of the 10 s.", [
                       Table(name, "G11/runs.csv", lambda run: grown(run, 12),
                             lambda row, name=name: row["variant"] == name, variant=number)
                       for number, name in enumerate(("range-age10", "coop-age10", "range-age300"))],
                   variants=((), (STRATEGY + "CooperativeStickyAssignor",),
                             ("/groups/0/config/metadata.max.age.ms=300000",)), spread=5000),
    ]
