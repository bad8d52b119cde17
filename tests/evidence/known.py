"""What is known of rows: why some lie outside, and which gave the profile its constants.

Both files name rows exactly, no patterns: experiment, table, quantities ("; " between them).
known_differences.csv adds the mechanism and its kind, a row of the table in README.md here of known differences;
calibrated.csv adds the constant of models/spec/profile.c.
"""
import collections
import csv
import pathlib
import re

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]


def read(name):
    """{(experiment, table, quantity): the file's own column}; a row named twice is an error."""
    found = {}
    with open(HERE / name, newline="") as file:
        for row in csv.DictReader(file):
            for quantity in filter(None, row["quantities"].split("; ")):
                key = (row["experiment"], row["table"], quantity)
                if key in found:
                    raise ValueError(f"{name} names {': '.join(key)} twice")
                found[key] = row["mechanism" if "mechanism" in row else "constant"]
    return found


def kinds():
    """{kind of mechanism: how many rows known_differences.csv explains by it}."""
    count = collections.Counter()
    with open(HERE / "known_differences.csv", newline="") as file:
        for row in csv.DictReader(file):
            count[row["kind"]] += len(row["quantities"].split("; "))
    return dict(count)


def kinds_in_readme():
    """The same as README's table says it."""
    text = (HERE / "README.md").read_text().partition("Known differences")[2].partition("`tests/evidence/known")[0]
    return {kind: int(rows) for kind, rows in re.findall(r"^\| ([A-Za-z ]+) \| (\d+) \| .+ \|$", text, re.MULTILINE)}


DIFFERENCES = read("known_differences.csv")
CALIBRATED = read("calibrated.csv")


def calibrated_constants():
    """The constants that profile.c calls calibrated, as group.key."""
    text = (ROOT / "models" / "spec" / "profile.c").read_text()
    entries = re.findall(r'ENTRY\(\s*"([a-z]+)",\s*"([a-z.]+)",\s*\w+,\s*\w+,\s*"calibrated', text)
    return {f"{group}.{key}" for group, key in entries}


def constants_without_rows():
    """What calibrated.csv does not know of, and what it knows that is not calibrated any more."""
    with open(HERE / "calibrated.csv", newline="") as file:
        listed = {row["constant"] for row in csv.DictReader(file)}
    return sorted(listed ^ calibrated_constants())


def stale(rows):
    """What is wrong with the two files beside {row: verdict}."""
    experiments = {key[0] for key in rows}
    for name, known in (("known_differences.csv", DIFFERENCES), ("calibrated.csv", CALIBRATED)):
        for key in known:
            if key[0] in experiments and key not in rows:
                yield f"{name} names a row that is not there: {': '.join(key)}"
    for key, verdict in rows.items():
        if verdict == "inside" and key in DIFFERENCES:
            yield f"known_differences.csv explains a row that is inside: {': '.join(key)}"
        if verdict == "OUTSIDE" and key not in DIFFERENCES:
            yield f"known_differences.csv does not explain: {': '.join(key)}"
