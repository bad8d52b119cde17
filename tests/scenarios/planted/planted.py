#!/usr/bin/env python3
"""What the program says of an invariant that breaks: planted.py KAFKASIM_PLANTED [unittest arguments]

KAFKASIM_PLANTED hands aborted records to read_committed consumers (kafkasim_planted.c).
"""
import csv
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
BROKEN = "read committed at "


def scenario(abort_every):
    return {
        "version": 1, "name": "planted", "seed": 7, "duration": "10s",
        "cluster": {"brokers": 3, "config": {"transaction.state.log.num.partitions": 1}},
        "topics": [{"name": "orders", "partitions": 1, "replication.factor": 3}],
        "producers": [{"name": "tx", "topic": "orders", "rate": "100/s", "config": {"transactional.id": "tx"},
                       "transaction": {"records": 10, "abort.every": abort_every}}],
        "groups": [{"name": "rc", "topics": ["orders"], "members": 1, "config": {"isolation.level": "read_committed"}}],
    }


class Planted(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.here = pathlib.Path(scratch.name)

    def go(self, command, content, *more):
        (self.here / "planted.json").write_text(json.dumps(content))
        return subprocess.run([PROGRAM, command, "planted.json", *more, "--no-plots", "-o", "out"], cwd=self.here,
                              capture_output=True, text=True, timeout=300)

    def sweep(self, values, *more):
        vary = {"/producers/0/transaction/abort.every": values}
        return self.go("sweep", {**scenario(0), "sweep": {"vary": vary, "seeds": "4..6"}}, *more)

    def test_a_run_names_the_invariant_and_the_command_that_repeats_it(self):
        done = self.go("run", scenario(2))
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertIn("an invariant broke: " + BROKEN, done.stderr)
        self.assertIn("orders-0: group rc is handed ", done.stderr)
        command = shlex.split(done.stderr.split("to repeat it: ")[1].splitlines()[0])
        again = subprocess.run([PROGRAM, *command[1:]], cwd=self.here, capture_output=True, text=True, timeout=300)
        first = [line for line in done.stderr.splitlines() if BROKEN in line]
        self.assertEqual(first, [line for line in again.stderr.splitlines() if BROKEN in line])

    def test_a_sweep_says_how_many_runs_broke_and_which_was_the_first(self):
        done = self.sweep([0, 2, 3])
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertIn("an invariant broke in 6 of 9 runs, first in run 3: cell 1, seed 4", done.stderr)

    def test_the_run_that_it_names_breaks_by_hand_too(self):
        self.sweep([0, 2])
        with open(self.here / "out" / "runs.csv", newline="") as file:
            row = list(csv.DictReader(file))[3]
        self.assertEqual(("1", "4", "2"), (row["cell"], row["seed"], row["abort.every"]), row)
        done = self.go("run", scenario(int(row["abort.every"])), "-s", row["seed"])
        self.assertEqual(3, done.returncode, done.stderr)

    def test_a_sweep_that_does_not_look_says_nothing(self):
        done = self.sweep([0, 2], "--no-invariants")
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_a_sweep_in_which_nothing_breaks_is_exit_0(self):
        done = self.sweep([0])
        self.assertEqual((0, ""), (done.returncode, done.stderr))


if __name__ == "__main__":
    unittest.main()
