"""P5 made again on the real cluster: how near is it to its own recording, and how near is the simulation?

data/P5/again.csv: all 60 rows, five rounds on an otherwise idle machine. Kafka 4.1.0, one broker and one controller; a
producer of the real client a row, with the options of P5's meta data; rows beside each other, for as long and with the
metrics' windows as recorded.
"""
import collections
import csv
import pathlib
import statistics

AVERAGES = ("batch_size_avg", "records_per_request_avg", "record_queue_time_avg")
WITHIN = 0.05


def rounds():
    """{(experiment, table, average): its value in each round}"""
    found = collections.OrderedDict()
    with open(pathlib.Path(__file__).parent / "data" / "P5" / "again.csv", newline="") as file:
        for row in csv.DictReader(file):
            for average in AVERAGES:
                found.setdefault((row["experiment"], row["table"], average), []).append(float(row[average]))
    return found


def is_near(value, other):
    return abs(value - other) <= WITHIN * abs(other)


def span(values):
    return f"{statistics.median(values):.4g} [{min(values):.4g}..{max(values):.4g}]"


def met(recorded, runs):
    """Of all averages, how many each run is near to: [count of run 1, ...]"""
    return [sum(is_near(values[number], recorded[key][0]) for key, values in runs.items())
            for number in range(min(map(len, runs.values())))]


def medians_met(recorded, runs):
    return sum(is_near(statistics.median(values), recorded[key][0]) for key, values in runs.items())


def verdict(recording, real, simulated):
    """What the simulated median misses, and what misses it too."""
    middle = statistics.median(simulated)
    if is_near(middle, recording):
        return "" if is_near(middle, statistics.median(real)) else "apart from the five runs"
    near = sum(is_near(value, recording) for value in real)
    everything = [recording, *real]
    inside = min(everything) * (1 - WITHIN) <= middle <= max(everything) * (1 + WITHIN)
    return f"missed; the cluster meets it {near} of {len(real)} times" + ("" if inside else "; outside its span")


def summary(recorded, real, simulated):
    total = len(real)
    near = sum(is_near(statistics.median(simulated[key]), statistics.median(values)) for key, values in real.items())
    missed = [key for key in real if not is_near(statistics.median(simulated[key]), recorded[key][0])]
    never = [key for key in missed if not any(is_near(value, recorded[key][0]) for value in real[key])]
    always = [key for key in missed if all(is_near(value, recorded[key][0]) for value in real[key])]
    by_round, by_seed = met(recorded, real), met(recorded, simulated)
    return [f"Of the {total} recorded averages the cluster's own five rounds meet {', '.join(map(str, by_round))} within 5 %, and the medians of "
            f"the five {medians_met(recorded, real)}; the {len(by_seed)} seeds meet {min(by_seed)} to {max(by_seed)}, half of them "
            f"{statistics.median(by_seed):g} or more, and their medians {medians_met(recorded, simulated)}.",
            f"Of the {len(missed)} that the simulated median misses, the cluster met {len(never)} in none of the five rounds and "
            f"{len(always)} in all five{' (' + '; '.join(map(' '.join, always)) + ')' if always else ''}.",
            f"Beside the medians of the five rounds, {near} simulated medians are within 5 %."]


def again_report(recorded, simulated):
    """Lines of Markdown; both arguments: {(experiment, table, average): values}."""
    real = rounds()
    simulated = {key: simulated[key] for key in real}
    lines = ["# P5, made again on the real cluster", "",
             "Made by `tests/evidence/compare --again --write`; do not edit. P5 is one recording. All its rows were given to a real 4.1.0 cluster",
             "five times more (`data/P5/again.csv`), beside each other and for as long as recorded: how near is the cluster to its own recording?", "",
             *summary(recorded, real, simulated), "",
             "Medians and spans; a row that the simulated median misses, or that is apart from the median of the five rounds, is marked.", "",
             "| row | average | recorded | the cluster, 5 rounds | simulated, seeds | |", "|---|---|---|---|---|---|"]
    for key, runs in real.items():
        lines.append(f"| {key[0]} {key[1]} | {key[2]} | {recorded[key][0]:.4g} | {span(runs)} | {span(simulated[key])} | "
                     f"{verdict(recorded[key][0], runs, simulated[key])} |")
    return lines
