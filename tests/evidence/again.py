"""P5's rows made again on the real cluster: how far is it from its own recording?

data/P5/again.csv: Kafka 4.1.0, one broker and one controller with the options of P5's meta data, a producer of the real client a row, the
rows of a rate beside each other as recorded, 20 s a row, four rounds on an otherwise idle machine.
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
    return f"{min(values):.4g}..{max(values):.4g}"


def again_report(recorded, simulated):
    """Lines of Markdown; both arguments: {(experiment, table, average): values}."""
    lines = ["# P5, made again on the real cluster", "",
             "Made by `tests/evidence/compare --again --write`; do not edit. Rows are P5's averages that `data/P5/again.csv` has four",
             "further real runs of. \"off\": how many of the four are more than 5 % away from the recorded value. The simulated median",
             "(20 seeds) is marked where it is itself, and beside it whether it is within 5 % of the span of all five real runs.", "",
             "| row | average | recorded | again | off | simulated | |", "|---|---|---|---|---|---|---|"]
    missed = apart = within = 0
    for key, runs in rounds().items():
        middle = statistics.median(simulated[key])
        recording = recorded[key][0]
        off = sum(not is_near(value, recording) for value in runs)
        all_runs = [recording, *runs]
        verdict = ""
        if not is_near(middle, recording):
            near = min(all_runs) * (1 - WITHIN) <= middle <= max(all_runs) * (1 + WITHIN)
            verdict = "missed, in the span" if near else "missed"
            missed, apart, within = missed + 1, apart + (off > 0), within + near
        lines.append(f"| {key[0]} {key[1]} | {key[2]} | {recording:.4g} | {span(runs)} | {off} of {len(runs)} | "
                     f"{middle:.4g} [{span(simulated[key])}] | {verdict} |")
    return lines + ["", f"Of {missed} averages that the simulated median misses by more than 5 %, the cluster itself misses {apart} in one of four "
                    f"runs or more; {within} simulated medians are within 5 % of the span of the five real runs."]
