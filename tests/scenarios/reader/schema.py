#!/usr/bin/env python3
"""schema.py BUILD: the JSON Schema and the checker agree.

1. The schema is a valid draft-07 schema and accepts every good scenario and every shipped one.
2. It refuses every broken scenario but those that are beyond a schema (references, cross checks,
   and what is no JSON at all).
3. It is never stricter than the checker: wherever a wrong value is put into a good scenario and
   the schema refuses it, the checker refuses it too.
Exit 77 (skipped) where python3-jsonschema is not installed."""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

KAFKASIM = os.path.join(sys.argv[1], "kafkasim")
HERE = os.path.join("tests", "scenarios")
# Broken in ways that only the checker can see.
BEYOND = {
    "key-size-without-keys", "connect-exactly-once", "unknown-topic", "unknown-host", "node-id-twice", "names-twice", "options-out-of-place",
    "replication-above-brokers", "assignment", "heartbeat-above-session",
    "session-outside-broker-bounds", "idempotence-with-acks-1", "in-flight",
    "transactional-without-idempotence", "delivery-timeout-too-short",
    "classic-options-with-consumer-protocol", "remote-assignor-with-classic-protocol",
    "fetch-wait-above-lag", "group-id-of-another", "timeline-targets", "sweep-too-large", "sweep-values", "sweep-twice", "sweep-same-value", "too-many-samples",
    "too-many-replicas", "too-many-clients", "properties-with-errors",
    "topics-come-and-go", "era-without-alter-partition",
    "goal-where", "escaped-control-codes", "assignor-written-short", "negative-and-fine-durations", "goal-limits",
    "pattern-not-closed", "pattern-with-internal-topics", "pattern-without-topics", "pattern-and-topics", "pattern-of-a-share-group",
    "pattern-matched-by-the-coordinator", "group-without-topics",
    "controllers-with-zookeeper", "group-timeouts", "nothing-to-change", "disks-of-controllers",
}
WRONG = [None, True, -1, "x y", [], {"zebra": 1}]


def strict(path):
    def pairs(items):
        if len({key for key, _ in items}) < len(items):
            raise ValueError("a key stands twice")
        return dict(items)
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=pairs)


def leaves(node, way=()):
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield way + (key,)
        if isinstance(value, (dict, list)):
            yield from leaves(value, way + (key,))


def put(tree, way, value):
    tree = copy.deepcopy(tree)
    at = tree
    for key in way[:-1]:
        at = at[key]
    at[way[-1]] = value
    return tree


def checker_accepts(tree, folder):
    path = os.path.join(folder, "scenario.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(tree, file)
    return subprocess.run([KAFKASIM, "check", path], capture_output=True).returncode == 0


def main():
    schema = json.loads(subprocess.run([KAFKASIM, "schema"], capture_output=True, check=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    accepts = jsonschema.Draft7Validator(schema).is_valid
    wrong = []
    for path in sorted(glob.glob(f"{HERE}/good/*.json") + glob.glob("scenarios/*/*.json")):
        if not accepts(strict(path)):
            wrong.append(f"{path}: good, but the schema refuses it")
    refused = 0
    for path in sorted(glob.glob(f"{HERE}/broken/*.json")):
        name = os.path.basename(path)[:-5].split("-", 1)[1]
        try:
            tree = strict(path)
        except ValueError:
            continue
        if not accepts(tree):
            refused += 1
        elif name not in BEYOND:
            wrong.append(f"{path}: broken, but the schema accepts it")
    good = strict(f"{HERE}/good/everything.json")
    tried = both = 0
    with tempfile.TemporaryDirectory() as folder:
        for way in leaves(good):
            for value in WRONG:
                tree = put(good, way, value)
                tried += 1
                if not accepts(tree):
                    both += 1
                    if checker_accepts(tree, folder):
                        wrong.append(f"{way} = {value!r}: only the schema refuses it")
    print(f"{refused} broken files refused by the schema; {both} of {tried} wrong values refused by both")
    print("\n".join(wrong))
    return 1 if wrong or refused < 20 or both < 500 else 0


sys.exit(main())
