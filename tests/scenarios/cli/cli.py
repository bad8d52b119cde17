#!/usr/bin/env python3
"""The command line as a user meets it: cli.py BUILD_FOLDER [unittest arguments]

Runs BUILD_FOLDER/kafkasim as a process of its own and looks at what it prints, what it exits with
and what it leaves on disk. Golden texts are in golden/; KAFKASIM_REWRITE=1 writes them anew.
"""
import csv
import filecmp
import json
import os
import pathlib
import pty
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
GOLDEN = pathlib.Path(__file__).with_name("golden")
PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve() / "kafkasim") if len(sys.argv) > 1 else "kafkasim"

SMALL = {
    "version": 1, "name": "small", "seed": 7, "duration": "4s", "warmup": "1s",
    "cluster": {"brokers": 3},
    "topics": [{"name": "orders", "partitions": 3, "replication.factor": 3, "config": {"min.insync.replicas": 2}}],
    "producers": [{"name": "checkout", "topic": "orders", "rate": "200/s", "config": {"acks": "all"}}],
    "groups": [{"name": "billing", "topics": ["orders"], "members": 2}],
    "goals": [{"metric": "acked.records.lost", "equals": 0}],
}


def run(*arguments, cwd=None, environment=None, stdin=None):
    merged = {**os.environ, **(environment or {})}
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd,
                          env=merged, input=stdin, timeout=300)


def files_of(folder):
    return sorted(str(p.relative_to(folder)) for p in pathlib.Path(folder).rglob("*") if p.is_file())


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.here = pathlib.Path(self.scratch.name)

    def scenario(self, name="small.json", **changes):
        path = self.here / name
        path.write_text(json.dumps({**SMALL, **changes}))
        return path

    def go(self, *arguments, **more):
        return run(*arguments, cwd=self.here, **more)

    def assert_golden(self, name, text):
        path = GOLDEN / name
        if os.environ.get("KAFKASIM_REWRITE"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.assertEqual(path.read_text(), text)

    def assert_same_folders(self, left, right):
        self.assertEqual(files_of(left), files_of(right))
        _, different, odd = filecmp.cmpfiles(left, right, files_of(left), shallow=False)
        self.assertEqual(([], []), (different, odd))


class Usage(Case):
    def test_without_a_command_help_goes_to_stderr_and_the_exit_is_2(self):
        done = self.go()
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertIn("Usage: kafkasim COMMAND", done.stderr)

    def test_help_is_the_golden_text(self):
        done = self.go("--help")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assert_golden("help.txt", done.stdout.replace(PROGRAM, "kafkasim"))

    def test_every_command_of_the_help_has_help_of_its_own(self):
        lines = self.go("--help").stdout.split("Common options")[0].splitlines()
        names = [line.split()[0] for line in lines if line.startswith("  ")]
        self.assertIn("sweep", names)
        for name in names:
            done = self.go(name, "--help")
            self.assertEqual(0, done.returncode, name)
            self.assertTrue(done.stdout.startswith(f"kafkasim {name} - "), name)

    def test_help_is_also_a_word(self):
        self.assertEqual(self.go("--help").stdout, self.go("help").stdout)
        self.assertEqual(self.go("sweep", "--help").stdout, self.go("help", "sweep").stdout)
        self.assertEqual(2, self.go("help", "nothing").returncode)

    def test_the_version_names_commit_and_kafka(self):
        done = self.go("--version")
        self.assertRegex(done.stdout, r"^kafkasim \d+\.\d+\.\d+ \(commit ([0-9a-f]{12}\+?|unknown)\)\nsimulates Kafka 4\.1\n$")
        self.assertEqual(0, done.returncode)

    def test_a_misspelt_command_is_corrected(self):
        done = self.go("swep")
        self.assertEqual(2, done.returncode)
        self.assertIn('unknown command "swep"; did you mean "sweep"?', done.stderr)

    def test_a_misspelt_option_is_corrected(self):
        done = self.go("run", "x.json", "--quite")
        self.assertEqual(2, done.returncode)
        self.assertIn('unknown option "--quite"; did you mean "--quiet"?', done.stderr)

    def test_an_option_of_another_command_is_unknown(self):
        for words in (("--plan",), ("-j", "2")):
            done = self.go("run", "x.json", *words)
            self.assertEqual(2, done.returncode)
            self.assertIn(f'option "{words[0]}" means nothing to "run"', done.stderr)
            self.assertIn(f"try: {PROGRAM} run --help", done.stderr)

    def test_one_seed_is_not_taken_where_several_are(self):
        for command in ("compare", "sweep"):
            done = self.go(command, "x.json", "y.json", "--seed", "3")
            self.assertEqual(2, done.returncode)
            self.assertIn(f'option "--seed" means nothing to "{command}"; did you mean "--seeds"?', done.stderr)

    def test_help_of_a_command_tells_where_its_own_output_goes(self):
        for command, words in (("run", "NAME-SEED"), ("sweep", "NAME-sweep"), ("compare", "compare.json"),
                               ("init", "--out FILE"), ("schema", "--out FILE")):
            lines = [line for line in self.go(command, "--help").stdout.splitlines() if "-o, --out" in line]
            self.assertEqual(1, len(lines), command)
            self.assertIn(words, lines[0])

    def test_pictures_in_a_pipe_are_as_wide_as_columns_says(self):
        self.go("run", self.scenario(), "--no-plots", "-o", "a")
        for columns in (60, 80):
            drawn = self.go("plot", "a", "--term", environment={"COLUMNS": str(columns)}).stdout
            self.assertLessEqual(max(len(line) for line in drawn.splitlines()), columns)
            self.assertGreater(max(len(line) for line in drawn.splitlines()), columns - 5)

    def test_bad_values_of_options_are_refused(self):
        for words in (("-j", "0"), ("-j", "x"), ("--color", "red"), ("--seed",), ("--quiet=1",)):
            done = self.go("run", self.scenario(), *words)
            self.assertEqual((2, ""), (done.returncode, done.stdout), words)
            self.assertTrue(done.stderr.startswith("kafkasim: "), words)

    def test_a_missing_or_extra_argument_is_refused(self):
        self.assertEqual(2, self.go("run").returncode)
        self.assertEqual(2, self.go("run", "a", "b").returncode)
        self.assertEqual(2, self.go("completion", "tcsh").returncode)

    def test_a_missing_file_is_exit_2(self):
        done = self.go("run", "nowhere.json")
        self.assertEqual(2, done.returncode)
        self.assertIn("nowhere.json", done.stderr)

    def test_errors_of_a_scenario_are_all_told_and_nothing_is_written(self):
        done = self.go("run", self.scenario(producers=[{"name": "p", "topic": "nope", "rat": "1/s"}]))
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertIn("error:", done.stderr)
        self.assertEqual(["small.json"], files_of(self.here))

    def test_completions_and_manual_name_every_command(self):
        for words in (("completion", "bash"), ("completion", "zsh"), ("completion", "fish"), ("man",)):
            done = self.go(*words)
            self.assertEqual(0, done.returncode, words)
            for name in ("run", "compare", "sweep", "plot", "init", "check", "explain", "schema"):
                self.assertIn(name, done.stdout, words)

    def test_the_bash_completion_is_bash_and_completes(self):
        (self.here / "c.bash").write_text(self.go("completion", "bash").stdout)
        script = ('source c.bash; COMP_WORDS=(kafkasim sw); COMP_CWORD=1; _kafkasim; echo "${COMPREPLY[@]}"; '
                  'COMP_WORDS=(kafkasim run --un); COMP_CWORD=2; _kafkasim; echo "${COMPREPLY[@]}"; '
                  'COMP_WORDS=(kafkasim explain linger); COMP_CWORD=2; _kafkasim; echo "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=self.here)
        self.assertEqual("sweep\n--until\nlinger.ms\n", done.stdout, done.stderr)


class Run(Case):
    def test_a_run_meets_its_goals_and_leaves_a_result(self):
        done = self.go("run", self.scenario(), "--no-plots")
        self.assertEqual(0, done.returncode, done.stderr)
        out = self.here / "kafkasim-out" / "small-7"
        for name in ("summary.json", "metrics.csv", "latency.csv", "events.jsonl", "leaders.csv", "assignments.csv", "controllers.csv",
                     "faults.csv", "scenario.json"):
            self.assertTrue((out / name).is_file(), name)
        summary = json.loads((out / "summary.json").read_text())
        self.assertEqual((1, True, "7"), (summary["format"], summary["complete"], summary["scenario"]["seed"]))
        fates = summary["fates"]
        self.assertEqual(fates["offered"], fates["acked"] + fates["failed"] + fates["unknown"])
        self.assertGreater(fates["acked"], 700)

    def test_the_same_scenario_and_seed_give_the_same_bytes(self):
        path = self.scenario()
        first = self.go("run", path, "--no-plots", "-o", "a")
        second = self.go("run", path, "--no-plots", "-o", "b")
        self.assertEqual(first.stdout.replace("results: a", "").replace("--term a", ""),
                         second.stdout.replace("results: b", "").replace("--term b", ""))
        self.assert_same_folders(self.here / "a", self.here / "b")

    def test_another_seed_gives_another_fingerprint(self):
        path = self.scenario()
        prints = {json.loads(self.go("run", path, "-s", seed, "--json", "--no-plots").stdout)["fingerprint"]
                  for seed in (1, 2, 3)}
        self.assertEqual(3, len(prints))

    def test_the_effective_scenario_gives_the_same_results(self):
        self.go("run", self.scenario(), "--no-plots", "-o", "a")
        done = self.go("run", "a/scenario.json", "--no-plots", "-o", "b")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assert_same_folders(self.here / "a", self.here / "b")

    def test_the_summary_has_kafkas_own_lines(self):
        text = self.go("run", self.scenario(), "--no-plots").stdout
        self.assertRegex(text, r"(?m)^\d+ records sent, \d+\.\d records/sec \(\d+\.\d\d MB/sec\), \d+\.\d\d ms avg "
                               r"latency, \d+\.\d\d ms max latency, \d+ ms 50th, \d+ ms 95th, \d+ ms 99th, \d+ ms "
                               r"99\.9th\.$")
        self.assertRegex(text, r"(?m)^GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  "
                               r"LAG             CONSUMER-ID +HOST +CLIENT-ID$")
        self.assertRegex(text, r"(?m)^billing         orders          0          ")

    def test_a_missed_goal_is_exit_1_and_is_listed(self):
        path = self.scenario(goals=[{"metric": "produce.latency.max", "max": "1us"},
                                    {"metric": "acked.records.lost", "equals": 0}])
        done = self.go("run", path, "--no-plots")
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"✗ produce\.latency\.max")
        self.assertRegex(done.stdout, r"✓ acked\.records\.lost")
        quiet = self.go("run", path, "--no-plots", "-q")
        self.assertEqual(1, quiet.returncode)
        self.assertRegex(quiet.stdout, r"^GOALS\n  ✗ produce\.latency\.max[^\n]*\n$")

    def test_quiet_prints_nothing_when_all_is_well(self):
        done = self.go("run", self.scenario(), "--no-plots", "-q")
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_json_is_the_summary_file(self):
        done = self.go("run", self.scenario(), "--no-plots", "--json", "-o", "a")
        self.assertEqual((self.here / "a" / "summary.json").read_text(), done.stdout)

    def test_set_and_until_change_the_run(self):
        done = self.go("run", self.scenario(), "--no-plots", "--json", "--until", "2s", "--set", "/topics/0/partitions=5")
        summary = json.loads(done.stdout)
        self.assertEqual(2000, summary["simulated_ms"])
        self.assertEqual(5, sum(1 for p in summary["partitions"] if p["topic"] == "orders"))

    def test_set_reaches_where_the_file_has_nothing(self):
        bare = {key: value for key, value in SMALL["producers"][0].items() if key != "config"}
        done = self.go("run", self.scenario(producers=[bare]), "--no-plots", "--set", "/producers/0/config/linger.ms=20", "-o", "a")
        self.assertEqual(0, done.returncode, done.stderr)
        effective = json.loads((self.here / "a" / "scenario.json").read_text())
        self.assertIn(effective["producers"][0]["config"]["linger.ms"], (20, "20"))

    def test_colour_only_where_it_is_wanted(self):
        path = self.scenario()
        self.assertNotIn("\033", self.go("run", path, "--no-plots").stdout)
        self.assertIn("\033", self.go("run", path, "--no-plots", "--color", "always").stdout)
        self.assertIn("\033", self.go("run", path, "--no-plots", "--color=always",
                                      environment={"NO_COLOR": "1"}).stdout)

    def test_a_scenario_can_come_from_standard_input(self):
        done = self.go("run", "-", "--no-plots", stdin=self.scenario().read_text())
        self.assertEqual(0, done.returncode, done.stderr)

    def test_a_folder_of_somebody_elses_is_left_alone(self):
        (self.here / "mine").mkdir()
        (self.here / "mine" / "thesis.txt").write_text("years")
        done = self.go("run", self.scenario(), "--no-plots", "-o", "mine")
        self.assertEqual(4, done.returncode)
        self.assertIn("it is left alone", done.stderr)
        self.assertEqual(["thesis.txt"], files_of(self.here / "mine"))

    def test_an_older_result_is_replaced_but_for_what_its_user_put_there(self):
        path = self.scenario()
        self.go("run", path, "--no-plots", "-o", "a", "-s", "1")
        of_a_run = files_of(self.here / "a")
        (self.here / "a" / "sweep.json").write_text("{}")  # of an older sweep
        (self.here / "a" / "notes.md").write_text("x")
        self.assertEqual(0, self.go("run", path, "--no-plots", "-o", "a", "-s", "2").returncode)
        self.assertEqual(sorted([*of_a_run, "notes.md"]), sorted(files_of(self.here / "a")))
        self.assertEqual({"a", "small.json"}, {p.name for p in self.here.iterdir()})

    def test_the_working_directory_is_refused_in_true_words(self):
        path = self.scenario()
        (self.here / "empty").mkdir()
        done = run("run", path, "--no-plots", "-o", ".", cwd=self.here / "empty")
        self.assertEqual(4, done.returncode)
        self.assertIn("cannot use .: it is the working directory", done.stderr)

    def test_what_cannot_be_written_is_exit_4(self):
        done = self.go("run", self.scenario(), "--no-plots", "-o", "/proc/kafkasim/x")
        self.assertEqual(4, done.returncode)
        self.assertIn("/proc/kafkasim", done.stderr)
        full = subprocess.run([PROGRAM, "--help"], stdout=open("/dev/full", "w"), stderr=subprocess.PIPE)
        self.assertEqual(4, full.returncode)

    def test_a_disk_that_fills_up_is_exit_4_and_leaves_nothing(self):
        path = self.scenario()
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        done = subprocess.run([PROGRAM, "run", str(path), "--no-plots", "-o", "a"], cwd=self.here, capture_output=True,
                              text=True, preexec_fn=limit, timeout=300)
        self.assertEqual(4, done.returncode, done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual({"small.json"}, {p.name for p in self.here.iterdir()})

    def test_a_full_disk_keeps_the_older_result(self):
        path = self.scenario()
        self.go("run", path, "--no-plots", "-o", "a")
        before = (self.here / "a" / "summary.json").read_bytes()
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        subprocess.run([PROGRAM, "run", str(path), "--no-plots", "-o", "a", "-s", "99"], cwd=self.here,
                       capture_output=True, preexec_fn=limit, timeout=300)
        self.assertEqual(before, (self.here / "a" / "summary.json").read_bytes())
        self.assertEqual({"a", "small.json"}, {p.name for p in self.here.iterdir()})

    def test_without_gnuplot_results_are_kept(self):
        nothing = {"PATH": str(self.here / "empty")}
        done = self.go("run", self.scenario(), "-o", "a", environment=nothing)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("gnuplot was not found", done.stderr)
        self.assertTrue((self.here / "a" / "summary.json").is_file())
        asked = self.go("plot", "a", environment=nothing)
        self.assertEqual(4, asked.returncode)
        self.assertIn("gnuplot was not found", asked.stderr)
        self.assertEqual(0, self.go("plot", "--term", "a", environment=nothing).returncode)

    def test_memory_that_is_refused_is_said_and_leaves_nothing(self):
        little = lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
        if subprocess.run([PROGRAM, "--version"], capture_output=True, preexec_fn=little).returncode != 0:
            self.skipTest("a sanitizer wants more address space than that")
        path = self.scenario(topics=[{"name": "t", "partitions": 60000}], producers=[], groups=[])
        done = subprocess.run([PROGRAM, "run", str(path), "--no-plots", "-o", "a"], cwd=self.here,
                              capture_output=True, text=True, preexec_fn=little)
        self.assertEqual(71, done.returncode, done.stderr)
        self.assertIn("no more memory; no results were written\n", done.stderr)
        self.assertNotIn("bug", done.stderr)
        self.assertFalse((self.here / "a").exists())

    def test_ctrl_c_keeps_what_there_is_and_marks_it(self):
        path = self.scenario(duration="10h")
        process = subprocess.Popen([PROGRAM, "run", str(path), "--no-plots", "-o", "a"], cwd=self.here,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(130, process.returncode)
        self.assertIn("interrupted", stderr)
        summary = json.loads((self.here / "a" / "summary.json").read_text())
        self.assertFalse(summary["complete"])
        self.assertLess(summary["simulated_ms"], 36000000)
        self.assertGreater(summary["simulated_ms"], 0)
        self.assertTrue((self.here / "a" / "metrics.csv").is_file())

    def test_options_may_stand_before_the_command(self):
        done = self.go("--no-plots", "-s", "3", "-o", "a", "run", self.scenario(), "--json")
        self.assertEqual("3", json.loads(done.stdout)["scenario"]["seed"], done.stderr)

    def test_a_bug_is_exit_70_and_names_the_command_that_repeats_it(self):
        path = self.scenario(duration="10h")
        process = subprocess.Popen([PROGRAM, "run", str(path), "--no-plots", "-s", "9"], cwd=self.here,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1.0)
        process.send_signal(signal.SIGABRT)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(70, process.returncode)
        self.assertIn(f"to repeat it: {PROGRAM} run {path} --seed 9", stderr)
        self.assertEqual(["small.json"], files_of(self.here))

    def test_a_terminal_sees_progress_and_a_pipe_does_not(self):
        path = self.scenario(duration="100h", output={"interval": "1s"})
        mine, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, "run", str(path), "--no-plots"], cwd=self.here,
                                   stdout=subprocess.PIPE, stderr=theirs, text=True)
        time.sleep(2.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
        seen = os.read(mine, 65536).decode()
        os.close(theirs)
        os.close(mine)
        self.assertRegex(seen, r"\d+\.\d s of 360000\.0 s simulated, [\d.]+ x real time, about \d+ s left")

    def test_a_plot_of_nothing_is_exit_2(self):
        self.assertEqual(2, self.go("plot", ".").returncode)


class Describe(Case):
    def test_describe_topics_says_what_a_real_cluster_said_of_replicas_that_were_taken_away(self):
        """Kafka 4.1.0's own kafka-topics --describe in the same three situations: who leaves the
        replicas while the ISR is below min.insync.replicas stays in the ELR, and who is back then
        does not lead (PartitionChangeBuilder.maybePopulateTargetElr)."""
        file = self.scenario(
            cluster={"brokers": 3}, producers=[], groups=[], duration="60s",
            topics=[{"name": "t", "assignment": [[1, 2, 3]], "config": {"min.insync.replicas": 2}}],
            timeline=[{"at": "10s", "do": "reassign", "topic": "t", "partition": 0, "replicas": [2]},
                      {"at": "20s", "do": "crash", "broker": 2}, {"at": "33s", "do": "start", "broker": 2}])
        for at, leader, isr, elr, last in (("15s", "2", "2", "1,3", ""), ("32s", "none", "", "1,2,3", "2"),
                                           ("50s", "none", "", "1,3", "2")):
            line = self.go("describe", "topics", file, "--at", at, "--topic", "t").stdout.splitlines()[-1]
            self.assertEqual(f"\tTopic: t\tPartition: 0\tLeader: {leader}\tReplicas: 2\tIsr: {isr}\t"
                             f"Elr: {elr}\tLastKnownElr: {last}", line)

    def test_topics_at_a_moment_before_and_after_a_crash(self):
        file = self.scenario(duration="20s", timeline=[{"at": "1s", "do": "crash", "broker": 1}])
        before = self.go("describe", "topics", file, "--at", "900ms", "--topic", "orders")
        self.assertEqual((0, ""), (before.returncode, before.stderr))
        lines = before.stdout.splitlines()
        self.assertEqual(4, len(lines))
        self.assertTrue(lines[0].startswith("Topic: orders\tTopicId: "))
        self.assertTrue(lines[0].endswith("\tPartitionCount: 3\tReplicationFactor: 3\tConfigs: min.insync.replicas=2"))
        for number, line in enumerate(lines[1:]):
            self.assertRegex(line, rf"^\tTopic: orders\tPartition: {number}\tLeader: \d\tReplicas: (\d,\d,\d)"
                                   r"\tIsr: \1\tElr: \tLastKnownElr: $")
        after = self.go("describe", "topics", file, "--topic", "orders", "--under-replicated-partitions")
        self.assertEqual(3, after.stdout.count("Isr: "))
        self.assertNotIn("TopicId", after.stdout)
        for line in after.stdout.splitlines():
            self.assertNotIn("1", line.split("Isr: ")[1].split("\t")[0])
        brokers = self.go("describe", "brokers", file).stdout.splitlines()
        self.assertRegex(brokers[1], r"^1 .*\tfenced  \t\d+ *\tdead ")
        self.assertRegex(brokers[2], r"^2 .*\tunfenced\t\d+ *\tRUNNING")

    def test_the_quorum_is_told_twice(self):
        done = self.go("describe", "quorum", self.scenario(), "--at", "2s")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn("LeaderId:               101\n", done.stdout)
        self.assertIn("NodeId\tDirectoryId", done.stdout)

    def test_json_says_the_same(self):
        done = self.go("describe", "topics", self.scenario(), "--json", "--topic", "orders")
        topic = json.loads(done.stdout)["topics"][0]
        self.assertEqual([1, 2, 3], sorted(topic["partitions"][0]["isr"]))

    def test_transactions_are_listed_and_told_one_by_one(self):
        file = self.scenario(producers=[{"name": "p", "topic": "orders", "rate": "100/s", "config": {
            "transactional.id": "tx"}, "transaction": {"records": 1000}}])
        lines = self.go("describe", "transactions", file, "--at", "1900ms").stdout.splitlines()
        self.assertRegex(lines[1], r"^tx {13}\t\d {10}\t\d+ *\tOngoing {9}\t$")
        one = self.go("describe", "transactions", file, "--at", "1900ms", "--transactional-id", "tx").stdout
        self.assertRegex(one.splitlines()[1], r"\tOngoing {9}\t60000 {15}\t\d+ *\t\d+ *\torders-\d")
        done = self.go("describe", "transactions", file, "--at", "1900ms", "--json", "--transactional-id", "tx")
        self.assertEqual(["tx"], [found["transactional_id"] for found in json.loads(done.stdout)["transactions"]])

    def test_without_groups_there_is_a_word(self):
        for thing in ("groups", "members", "offsets"):
            done = self.go("describe", thing, self.scenario(groups=[]))
            self.assertEqual((0, ""), (done.returncode, done.stdout))
            self.assertIn("the scenario has no groups", done.stderr)

    def test_what_cannot_be_described_is_refused(self):
        file = self.scenario()
        for arguments in (["shards", file], ["topics", file, "--at", "9s"], ["topics", file, "--at", "soon"],
                          ["topics", file, "--topic", "nothing"], ["topics"],
                          ["transactions", file, "--transactional-id", "nobody"],
                          ["topics", file, "--transactional-id", "nobody"],
                          ["brokers", file, "--topic", "orders"], ["quorum", file, "--unavailable-partitions"],
                          ["quorum", file, "--set", '/cluster/era={"metadata": "zookeeper"}']):
            done = self.go("describe", *arguments)
            self.assertEqual((2, ""), (done.returncode, done.stdout), arguments)
            self.assertTrue(done.stderr.startswith("kafkasim: "))

    def test_an_option_of_another_command_is_told_as_such(self):
        done = self.go("explain", "--seed", "3", "acks")
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertIn('option "--seed" means nothing to "explain"', done.stderr)
        self.assertNotIn("--seed", self.go("explain", "--help").stdout)


class Write(Case):
    def test_the_starter_runs(self):
        text = self.go("init").stdout
        (self.here / "my.json").write_text(text)
        done = self.go("run", "my.json", "--no-plots")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_every_shipped_scenario_is_there_and_passes_the_check(self):
        lines = self.go("init", "--lesson", "list").stdout.splitlines()
        names = [line.split()[0] for line in lines]
        self.assertEqual(["starter", "lessons/first-run"], names[:2])
        here = {str(path.relative_to(ROOT / "scenarios"))[:-5] for path in (ROOT / "scenarios").rglob("*.json")}
        self.assertEqual(sorted(here), sorted(names))
        self.assertTrue(all(len(line) <= 125 and line[43:].strip() for line in lines))
        for name in names:
            self.assertEqual(0, self.go("init", "--lesson", name, "-o", "x.json").returncode)
            done = self.go("check", "x.json")
            self.assertEqual(0, done.returncode, name + done.stderr)
            (self.here / "x.json").unlink()

    def test_init_never_overwrites(self):
        (self.here / "x.json").write_text("mine")
        self.assertEqual(4, self.go("init", "-o", "x.json").returncode)
        self.assertEqual("mine", (self.here / "x.json").read_text())

    def test_a_misspelt_lesson_is_corrected(self):
        done = self.go("init", "--lesson", "frist-run")
        self.assertEqual(2, done.returncode)
        self.assertIn('did you mean "first-run"?', done.stderr)

    def test_check_plan_says_what_would_run(self):
        done = self.go("check", self.scenario(), "--plan", "--json")
        plan = json.loads(done.stdout)
        self.assertEqual(800, plan["records"])
        self.assertEqual(3, len(plan["brokers"]))
        # orders has 3 partitions on all brokers; internal topics come on top
        self.assertTrue(all(broker["partitions"] >= 3 for broker in plan["brokers"]))
        self.assertGreaterEqual(sum(broker["leaders"] for broker in plan["brokers"]), 3)
        text = self.go("check", self.scenario(timeline=[{"at": "2s", "do": "crash", "broker": 2, "restart.after": "1s",
                                                         "say": "Who leads?"}]), "--plan").stdout
        self.assertIn("\nTIMELINE\n       2.000 s  broker 2 crashes, for 1.000 s: Who leads?\n", text)
        self.assertIn("EXPECTED, the timeline left out", text)
        self.assertEqual(["small.json"], files_of(self.here))

    def test_the_plans_document_has_the_racks(self):
        brokers = [{"id": 1, "host": "m1"}, {"id": 2, "host": "m1", "rack": "b"}, {"id": 3, "host": "m2"}]
        hosts = [{"name": "m1", "rack": "a", "cores": 4}, {"name": "m2"}]
        done = self.go("check", self.scenario(cluster={"brokers": brokers, "hosts": hosts}), "--plan", "--json")
        plan = json.loads(done.stdout)
        self.assertEqual(["a", "b", None], [broker["rack"] for broker in plan["brokers"]], done.stderr)
        racks = {host["name"]: host["rack"] for host in plan["hosts"]}
        self.assertEqual(("a", None), (racks["m1"], racks["m2"]))

    def test_init_says_how_to_go_on_as_it_was_called(self):
        self.assertIn(f"next: {PROGRAM} run my.json (what a key does: {PROGRAM} explain KEY)\n",
                      self.go("init", "-o", "my.json").stderr)
        self.assertIn(f"next: {PROGRAM} run FILE", self.go("init").stderr)

    def test_the_estimate_of_events_is_near(self):
        path = self.scenario(duration="60s")
        plan = json.loads(self.go("check", path, "--plan", "--json").stdout)
        fired = json.loads(self.go("run", path, "--no-plots", "--json").stdout)["events_fired"]
        self.assertLess(abs(plan["events_estimated"] - fired) / fired, 0.2)

    def test_check_json_lists_findings(self):
        done = self.go("check", self.scenario(nonsense=1), "--json")
        self.assertEqual(2, done.returncode)
        self.assertEqual("error", json.loads(done.stdout)[0]["kind"])

    def test_explain_of_an_object_lists_the_keys_inside(self):
        self.assertIn("  keys inside:\n    records: a transaction ends after so many records; 0 = no such bound\n"
                      "      takes: an integer in 0..1000000000\n      default: 0\n    every: ",
                      self.go("explain", "transaction").stdout)
        self.assertIn("without bounds each ends once it has a record)", self.go("explain", "transaction").stdout)
        self.assertRegex(self.go("explain", "topics").stdout, r"keys inside:\n    name: .*\n.*\n      must be there\n    partitions: ")
        self.assertNotIn("keys inside", self.go("explain", "rate").stdout)

    def test_explain_and_schema_answer(self):
        self.assertIn("linger.ms", self.go("explain", "linger.ms").stdout)
        self.assertEqual(2, self.go("explain", "linger.mss").returncode)
        self.assertIn("$schema", json.loads(self.go("schema").stdout))


class Sweep(Case):
    SWEEP = {"vary": {"/topics/0/partitions": [1, 2], "/producers/0/config/linger.ms": [0, 20]}, "seeds": "1..3"}

    def swept(self, jobs, out):
        goals = [{"metric": "produce.latency.p50", "max": "12ms"}]
        path = self.scenario(sweep=self.SWEEP, goals=goals, duration="3s")
        return self.go("sweep", path, "-j", jobs, "--no-plots", "-o", out)

    def test_any_number_of_jobs_gives_the_same_bytes(self):
        one, two, eight = (self.swept(n, f"j{n}") for n in (1, 2, 8))
        self.assertEqual(one.stdout.replace("j1", ""), two.stdout.replace("j2", ""))
        self.assert_same_folders(self.here / "j1", self.here / "j2")
        self.assert_same_folders(self.here / "j1", self.here / "j8")

    def test_runs_are_the_product_with_the_same_seeds_in_each_cell(self):
        self.swept(2, "a")
        with open(self.here / "a" / "runs.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(12, len(rows))
        self.assertEqual(["1", "2", "3"] * 4, [row["seed"] for row in rows])
        self.assertEqual([("1", "0"), ("1", "20"), ("2", "0"), ("2", "20")],
                         [(rows[i]["partitions"], rows[i]["linger.ms"])
                          for i in range(0, 12, 3)])

    def test_cells_are_means_with_students_interval(self):
        self.swept(2, "a")
        with open(self.here / "a" / "runs.csv", newline="") as file:
            values = [float(row["produce.latency.p50"]) for row in csv.DictReader(file)][:3]
        with open(self.here / "a" / "cells.csv", newline="") as file:
            cell = next(csv.DictReader(file))
        mean = sum(values) / 3
        half = 4.302652730 * (sum((v - mean) ** 2 for v in values) / 2) ** 0.5 / 3 ** 0.5
        self.assertAlmostEqual(mean, float(cell["mean"]), 6)
        self.assertAlmostEqual(half, float(cell["high95"]) - float(cell["mean"]), 6)
        self.assertAlmostEqual(half, float(cell["mean"]) - float(cell["low95"]), 6)

    def test_a_run_of_the_sweep_is_the_run_by_hand(self):
        self.swept(2, "a")
        with open(self.here / "a" / "runs.csv", newline="") as file:
            row = list(csv.DictReader(file))[10]
        done = self.go("run", "small.json", "-s", row["seed"], "--json", "--no-plots",
                       "--set", "/topics/0/partitions=2", "--set", "/producers/0/config/linger.ms=20")
        self.assertEqual(float(row["produce.latency.p50"]), json.loads(done.stdout)["goals"][0]["measured"])

    def test_the_sentence_names_the_fewest_that_meets_the_goals(self):
        done = self.swept(2, "a")
        self.assertEqual(0, done.returncode, done.stderr + done.stdout)
        self.assertIn("partitions = 1, linger.ms = 0 is the fewest", done.stdout)

    def test_no_value_that_meets_the_goals_is_exit_1(self):
        path = self.scenario(sweep=self.SWEEP, goals=[{"metric": "produce.rate", "min": "1000000/s"}], duration="2s")
        done = self.go("sweep", path, "--no-plots")
        self.assertEqual(1, done.returncode)
        self.assertIn("No tested value meets every goal", done.stdout)

    def test_a_value_that_breaks_the_scenario_is_exit_2_and_writes_nothing(self):
        path = self.scenario(sweep={"vary": {"/topics/0/partitions": [1, -4]}, "seeds": "1..2"})
        done = self.go("sweep", path, "--no-plots")
        self.assertEqual(2, done.returncode)
        self.assertEqual(["small.json"], files_of(self.here))

    def test_ctrl_c_keeps_the_runs_that_are_done(self):
        vary = {"/topics/0/partitions": [1, 2], "/duration": ["2s", "10h"]}
        path = self.scenario(sweep={"vary": vary, "seeds": "1..2"})
        process = subprocess.Popen([PROGRAM, "sweep", str(path), "--no-plots", "-o", "a", "-j", "4"], cwd=self.here,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
        self.assertEqual(130, process.returncode)
        self.assertIn("Interrupted", stdout)
        self.assertFalse(json.loads((self.here / "a" / "sweep.json").read_text())["complete"])
        with open(self.here / "a" / "runs.csv", newline="") as file:
            self.assertEqual({"2s"}, {row["duration"] for row in csv.DictReader(file)})

    def test_a_value_that_was_interrupted_misses_no_goal(self):
        path = self.scenario(sweep={"vary": {"/duration": ["2s", "10h"]}, "seeds": "1..2"},
                             goals=[{"metric": "acked.records.lost", "equals": 0}])
        process = subprocess.Popen([PROGRAM, "sweep", str(path), "--no-plots", "-o", "a", "-j", "1"], cwd=self.here,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
        lines = stdout.splitlines()
        self.assertTrue([line for line in lines if '= "10h"' in line][0].endswith("interrupted"), stdout)
        self.assertIn('Of the values that were run to their end, duration = "2s" is the fewest', stdout)
        self.assertNotIn("misses a goal", stdout)
        self.assertEqual([True, None], json.loads((self.here / "a" / "sweep.json").read_text())["goals_met"])

    def test_a_sweep_of_seeds_alone_has_no_picture_and_is_exit_0(self):
        done = self.go("sweep", self.scenario(sweep={"seeds": "1..2"}, duration="2s"), "-o", "a")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertFalse((self.here / "a" / "plots").exists())

    def test_a_scenario_without_a_sweep_is_exit_2(self):
        done = self.go("sweep", self.scenario())
        self.assertEqual(2, done.returncode)
        self.assertIn("--seeds 1..10", done.stderr)

    def test_without_a_sweep_seeds_alone_tell_how_far_they_lie_apart(self):
        done = self.go("sweep", self.scenario(duration="2s"), "--seeds", "1..3", "-o", "a")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        row = re.search(r"(?m)^  produce\.latency\.p50 \(ms\) +(\S+) (?:± \S+|\[0, \S+\]) +(\S+) +(\S+) +(\S+)$", done.stdout)
        with open(self.here / "a" / "runs.csv", newline="") as file:
            values = sorted(float(row["produce.latency.p50"]) for row in csv.DictReader(file))
        for told, true in zip(row.groups(), [sum(values) / 3, *values]):
            self.assertAlmostEqual(true, float(told), delta=abs(true) / 1000)

    def test_seeds_that_miss_a_goal_are_named(self):
        path = self.scenario(duration="2s", goals=[{"metric": "produce.latency.max", "max": "1us"}])
        done = self.go("sweep", path, "--seeds", "3,5", "--no-plots")
        self.assertEqual(1, done.returncode)
        self.assertIn("misses a goal with 2 of the 2 seeds: 3, 5.\n", done.stdout)

    def test_a_seed_counts_once(self):
        for seeds in ("1,2,1", "1..3,2"):
            done = self.go("sweep", self.scenario(), "--seeds", seeds)
            self.assertEqual((2, ""), (done.returncode, done.stdout))
            self.assertIn("is there twice", done.stderr)


class Compare(Case):
    def test_a_scenario_equals_itself(self):
        path = self.scenario(duration="3s")
        done = self.go("compare", path, path, "--seeds", "1..3", "--measure", "produce.latency.p99")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(done.stdout.endswith("B's produce.latency.p99 is the same as A's with every seed.\n"), done.stdout)

    def test_a_longer_linger_is_seen(self):
        short = self.scenario("a.json", duration="3s")
        slow = [{**SMALL["producers"][0], "config": {"linger.ms": 40}}]
        longer = self.scenario("b.json", duration="3s", producers=slow)
        done = self.go("compare", short, longer, "--seeds", "1..3", "--json")
        measures = {m["name"]: m for m in json.loads(done.stdout)["measures"]}
        difference = measures["produce.latency.p50"]["differences"][0]
        self.assertEqual(3, difference["n"])
        self.assertGreater(difference["low95"], 0)

    def test_the_sentence_is_about_what_differs(self):
        goals = [{"metric": "acked.records.lost", "equals": 0}]
        short = self.scenario("a.json", duration="3s", goals=goals)
        slow = [{**SMALL["producers"][0], "config": {"linger.ms": 40}}]
        longer = self.scenario("b.json", duration="3s", goals=goals, producers=slow)
        done = self.go("compare", short, longer, "--seeds", "1..3")
        self.assertNotIn("acked.records.lost", done.stdout.splitlines()[-1])
        self.assertNotIn("the same as A's", done.stdout.splitlines()[-1])

    def test_the_sentence_has_single_spaces_and_columns_stand_under_each_other(self):
        none = {"name": "none", "topic": "orders", "rate": "100/s", "config": {"acks": 0}}
        lossy = self.scenario("a.json", producers=[none], duration="6s",
                              timeline=[{"at": "2s", "do": "crash", "broker": 1}])
        whole = self.scenario("b.json", producers=[none], duration="6s")
        done = self.go("compare", whole, lossy, "--seeds", "1..4", "--measure", "acked.records.lost")
        self.assertRegex(done.stdout.splitlines()[-1], r"^B.s acked.records.lost is [0-9.]+ ± [0-9.]+ more than A.s")
        rows = done.stdout.splitlines()[4:-2]
        self.assertEqual(1, len({len(re.match(r"  \S+( \([^)]*\))? +", row).group()) for row in rows}), done.stdout)
        same = self.go("compare", whole, whole, "--seeds", "1..2", "--measure", "acked.records.lost")
        self.assertTrue(same.stdout.endswith("B's acked.records.lost is the same as A's with every seed.\n"), same.stdout)

    def test_the_last_sentence_says_what_differs_most_and_by_how_much(self):
        short = self.scenario("a.json", duration="3s")
        slow = [{**SMALL["producers"][0], "config": {"linger.ms": 100}}]
        longer = self.scenario("b.json", duration="3s", producers=slow)
        last = self.go("compare", short, longer, "--seeds", "1..3").stdout.splitlines()[-1]
        told = re.match(r"What differs most is (\S+): B's is ([0-9.]+)( ± [0-9.]+)? times A's \(A ([0-9.,]+) ms, B ([0-9.,]+) ms\)\.$", last)
        self.assertEqual("produce.latency.p50", told[1])
        self.assertAlmostEqual(float(told[2]), float(told[5]) / float(told[4]), delta=0.05 * float(told[2]))
        same = self.go("compare", short, short, "--seeds", "1..3").stdout
        self.assertTrue(same.endswith("\n\nBetween A and B nothing differs that 3 seeds show.\n"), same)

    def test_out_keeps_the_runs_of_both_sides(self):
        path = self.scenario(duration="2s")
        self.assertEqual(0, self.go("compare", path, path, "--seeds", "1..2", "-o", "a").returncode)
        self.assertEqual(["compare.json", "runs-A.csv", "runs-B.csv"], files_of(self.here / "a"))
        self.assertTrue(filecmp.cmp(self.here / "a" / "runs-A.csv", self.here / "a" / "runs-B.csv", shallow=False))

    def test_an_unknown_measure_is_exit_2(self):
        path = self.scenario()
        self.assertEqual(2, self.go("compare", path, path, "--measure", "speed").returncode)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
