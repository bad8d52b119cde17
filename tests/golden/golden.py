#!/usr/bin/env python3
"""Golden scenarios: each shipped scenario and seed must end with the fingerprint written down here.

golden.py BUILD_FOLDER             compares, exit 1 and a list of what moved
golden.py BUILD_FOLDER --rewrite   writes the table anew; commit it only with a reason for every line

A goal that is missed is an error in both.

The table also holds the fates of the records, so that a reader sees what a change of numbers means.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("fingerprints.txt")
SEEDS = (1, 2)


def measure(program, scenario, seed):
    with tempfile.TemporaryDirectory() as name:
        out = pathlib.Path(name) / "out"
        done = subprocess.run(
            [program, "run", str(ROOT / scenario), "-s", str(seed), "--no-plots", "-q", "-o", str(out)],
            capture_output=True, text=True)
        if done.returncode not in (0, 1):
            return f"exit {done.returncode}: {done.stderr.strip()}"
        summary = json.loads((out / "summary.json").read_text())
    fates = summary["fates"]
    counts = " ".join(f"{k}={fates[k]}" for k in ("offered", "acked", "failed", "unknown", "lost", "duplicated"))
    goals = "met" if done.returncode == 0 else "missed"
    return f"{summary['fingerprint']} goals {goals} {counts}"


def main():
    program = str(pathlib.Path(sys.argv[1]) / "kafkasim")
    scenarios = sorted(str(p.relative_to(ROOT)) for folder in ("lessons", "groups", "failures", "sizing", "evidence")
                       for p in (ROOT / "scenarios" / folder).glob("*.json"))
    lines = [f"{scenario} seed {seed}: {measure(program, scenario, seed)}"
             for scenario in scenarios for seed in SEEDS]
    missed = [line for line in lines if " goals missed " in line]
    if missed:
        print("A shipped scenario meets its goals:", *missed, sep="\n")
        return 1
    if "--rewrite" in sys.argv:
        TABLE.write_text("\n".join(lines) + "\n")
        print(f"wrote {len(lines)} lines")
        return 0
    known = TABLE.read_text().splitlines() if TABLE.exists() else []
    moved = [line for line in lines if line not in known]
    gone = [line for line in known if line not in lines]
    for line in gone:
        print(f"- {line}")
    for line in moved:
        print(f"+ {line}")
    print(f"{len(lines) - len(moved)} passed, {len(moved)} failed")
    return 1 if moved or gone else 0


sys.exit(main())
