"""Recordings of producers that nobody disturbs: P5 (batching) and P9 (a slow broker)."""
import csv
import pathlib

from measures_producer import acked_per_second, producer

P5_ROWS = pathlib.Path(__file__).parent / "data" / "P5" / "runs.csv"
ADAPTIVE = "/producers/0/config/partitioner.adaptive.partitioning.enable="
AVAILABILITY = "/producers/0/config/partitioner.availability.timeout.ms="


def row(name):
    return lambda found: found["row"] == name


def p5_rows(rate):
    """Rows of a rate: ("P5.a-r1000-l5-one-even", its producer "l5-one-even")."""
    with open(P5_ROWS, newline="") as file:
        names = [found["row"] for found in csv.DictReader(file)]
    return [(name, "-".join(name.split("-")[-3:])) for name in names if f"-r{rate}-" in name]


def batching(table, experiment, rate):
    tables = [table(name, "P5/runs.csv", lambda run, name=name: producer(run, name), row(recorded), within=0.05,
                    columns="*[!n]" if "-l0-" in recorded else "*")  # without a linger lat_mean is CPU alone
              for recorded, name in p5_rows(rate)]
    return experiment(f"P5-{rate}", f"Batching of {rate:,} records a second, by linger, partitions and arrivals: the "
                      "producers' own averages, over windows that go back to their start, and beside them requests a second "
                      "and the log's batches of the measured time alone.", tables, shifted=False)


def slow_broker(table, experiment, name, text, rows, columns, window, within):
    def measured(run):
        return {**producer(run, "p"), **acked_per_second(run, "p", *window)}
    variants = [settings for _, settings in rows]
    tables = [table(recorded, "P9/runs.csv", measured, row(recorded), variant=number, columns=columns, within=within)
              for number, (recorded, _) in enumerate(rows)]
    return experiment(name, text, tables, variants=variants, shifted=False)


def producer_experiments(table, experiment):
    return [batching(table, experiment, rate) for rate in (100, 1000, 10000)] + [
        slow_broker(table, experiment, "P9", "Answers of broker 1 come 20 ms late; 2,048 records a second, 5 in flight: "
                    "no queue, no difference.", [
                        ("P9.a-nodelay-adaptive", ("/timeline/0/delay=0ms",)),
                        ("P9.a-adaptive", ()),
                        ("P9.a-fixed", (ADAPTIVE + "false",)),
                        ("P9.a-avail5", (AVAILABILITY + "5",)),
                        ("P9.a-avail5-fixed", (ADAPTIVE + "false", AVAILABILITY + "5"))],
                    "*", (10000, 43000), 0.05),
        slow_broker(table, experiment, "P9-one-in-flight", "The same at 10,000 records a second and one request in "
                    "flight: queues build up, and the partitioner decides.", [
                        ("P9.b-10k-inflight1-adaptive", ()),
                        ("P9.b-10k-inflight1-fixed", (ADAPTIVE + "false",)),
                        ("P9.b-10k-inflight1-avail5", (AVAILABILITY + "5",)),
                        ("P9.b-10k-inflight1-avail5-fixed", (ADAPTIVE + "false", AVAILABILITY + "5"))],
                    "[ablp]*", (1000, 15000), 0.05)]
