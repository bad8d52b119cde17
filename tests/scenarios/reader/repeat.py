#!/usr/bin/env python3
"""repeat.py BUILD: the effective scenario that a run leaves behind repeats the run, byte for byte."""
import filecmp
import os
import subprocess
import sys
import tempfile

KAFKASIM = os.path.join(sys.argv[1], "kafkasim")
SCENARIOS = ["tests/scenarios/good/everything.json", "tests/scenarios/good/set-config-of-brokers.json",
             "tests/scenarios/good/g1-fourth-joins.json",
             "scenarios/lessons/user-events.json", "scenarios/failures/acks-0-1-all.json"]


def run(scenario, out, *options):
    code = subprocess.run([KAFKASIM, "run", "-q", "--no-plots", "-o", out, *options, scenario],
                          capture_output=True).returncode
    return code in (0, 1)  # 1: a goal was missed, the results are complete


wrong = []
with tempfile.TemporaryDirectory() as folder:
    for index, scenario in enumerate(SCENARIOS):
        first, second = (os.path.join(folder, f"{index}-{turn}") for turn in ("first", "second"))
        if not run(scenario, first, "--seed", "7", "--until", "25s"):
            wrong.append(f"{scenario}: does not run")
        elif not run(os.path.join(first, "scenario.json"), second):
            wrong.append(f"{scenario}: its effective scenario does not run")
        else:
            names = sorted(os.listdir(first))
            _, differ, odd = filecmp.cmpfiles(first, second, [n for n in names if n != "plots"], shallow=False)
            wrong += [f"{scenario}: {name} differs when repeated" for name in differ + odd]
print("\n".join(wrong) or f"{len(SCENARIOS)} runs repeated byte for byte")
sys.exit(bool(wrong))
