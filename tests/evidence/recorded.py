"""The recorded values, and which of them must be met."""
import collections
import csv
import fnmatch
import pathlib

HERE = pathlib.Path(__file__).parent
# Names, notes and settings, not quantities.
LABELS = {"run", "row", "record_queue_time_max", "source", "note", "load", "neighbour", "session_ms", "state", "acks", "topic", "partition", "moved",
          "cycle", "session_timeout_ms", "killed", "new_id", "epoch", "new_leader", "exit_seen_is_zombie_free",
          "throttle_bytes_per_s", "payload_bytes", "lost_by_partition", "elr_seen", "unclean_logs", "changes",
          "elr_changes", "probe_errors", "fresh_probe_errors", "reader", "others_heartbeats", "own_heartbeats",
          "errors_after_cont", "acks_from_zombie_after_cont", "variant", "variant_downms", "case", "assignor", "mode",
          "moment", "members_in_order_of_member_id", "epoch_list", "notes", "exceptions"}
# Words that must be met as they are.
TEXTS = {"isr_after", "assignment_before", "assignment_after", "assignment_end", "assignment", "counts", "order",
         "partitions_of_victim"}

# A count says nothing of a run that ended before this: F4's ended before its broker had registered again.
COUNTED_AFTER = {"restart_truncate_with_effect": "restart_unfenced"}


def read(path):
    with open(HERE / "data" / path, newline="") as file:
        return list(csv.DictReader(file))


def errors_of(text):
    """"NETWORK_EXCEPTION:6 X:1" -> {"NETWORK_EXCEPTION": 6, "X": 1}"""
    return {word.rpartition(":")[0]: float(word.rpartition(":")[2]) for word in text.split()}


def add_errors(values, rows, column):
    names = sorted({name for row in rows for name in errors_of(row[column])})
    for name in names:
        values[f"{column}: {name}"] = [errors_of(row[column]).get(name, 0.0) for row in rows]


def recorded(table):
    """{column: values} of the rows of a table's recording, or as the table reads it itself."""
    if table.recorded:
        return table.recorded()
    rows = [row for row in read(table.file) if table.keep(row)]
    values = collections.OrderedDict()
    for row in rows:
        group = {"1": "moved: ", "0": "other: "}[row["moved"]] if "moved" in row else ""
        for column, text in row.items():
            if column in TEXTS and text:
                values.setdefault(column, []).append(text)
                continue
            if column in COUNTED_AFTER and row[COUNTED_AFTER[column]] == "":
                continue
            if column in LABELS or column.endswith("_batch_errors") or text in ("", None):
                continue
            try:
                values.setdefault(group + column, []).append(float(text))
            except ValueError:
                pass
    for column in ("client_batch_errors", "preferred_batch_errors"):
        if rows and column in rows[0]:
            add_errors(values, rows, column)
    return {column: found for column, found in values.items()
            if any(fnmatch.fnmatch(column, pattern) for pattern in table.columns.split("; "))}


def must_hold():
    lines = (HERE / "must_hold.txt").read_text().splitlines()
    return [tuple(part.strip() for part in line.split("|")) for line in lines if line and not line.startswith("#")]
