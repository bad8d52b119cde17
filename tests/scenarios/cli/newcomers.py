#!/usr/bin/env python3
"""What a newcomer meets, and a hostile user: newcomers.py BUILD_FOLDER [unittest arguments]"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

from cli import PROGRAM, ROOT, SMALL, Case


class Pasted(Case):
    """A line that says what to do next does it when it is pasted."""

    LESSON = {"title": "t", "text": "Look: kafkasim describe topics small.json --at 1s. Then kafkasim run small.json; kafkasim is free.",
              "ask": []}

    def called(self, name):
        folder = self.here / os.path.dirname(name)
        folder.mkdir(exist_ok=True)
        shutil.copy(PROGRAM, self.here / name)
        return lambda *words: subprocess.run([name, *map(str, words)], executable=str(self.here / name), cwd=self.here,
                                             capture_output=True, text=True, timeout=300)

    def test_the_next_line_names_the_program_as_it_was_called(self):
        go = self.called("my tools/kafkasim")
        self.scenario(duration="2s")
        done = go("run", "small.json", "--no-plots", "-o", "it's a")
        line = [line for line in done.stdout.splitlines() if line.startswith("next: ")][0]
        self.assertEqual("next: 'my tools/kafkasim' plot --term 'it'\\''s a'", line)
        pasted = subprocess.run(["sh", "-c", line.removeprefix("next: ")], cwd=self.here, capture_output=True, text=True)
        self.assertEqual((0, ""), (pasted.returncode, pasted.stderr))
        self.assertIn("small", pasted.stdout)

    def test_help_and_refusals_name_it_too(self):
        go = self.called("bin/kafkasim")
        self.assertIn("Try it:      bin/kafkasim init > my.json && bin/kafkasim run my.json\n", go("--help").stdout)
        self.assertIn("\nRead it with: bin/kafkasim man | man -l -\n", go("help", "man").stdout)
        self.assertTrue(go("swep").stderr.endswith("kafkasim: try: bin/kafkasim --help\n"))
        self.assertTrue(go("run").stderr.endswith("kafkasim: try: bin/kafkasim run --help\n"))
        self.scenario()
        done = go("compare", "small.json", "small.json", "--measure", "speed")
        self.assertIn("bin/kafkasim explain speed\n", done.stderr)

    def test_commands_in_a_lesson_name_the_program_and_the_file(self):
        go = self.called("bin/kafkasim")
        (self.here / "in").mkdir()
        self.scenario("in/small.json", duration="2s", lesson=self.LESSON, description="See kafkasim explain acks.")
        done = go("run", "in/small.json", "--no-plots")
        self.assertIn("small: See bin/kafkasim explain acks.\n", done.stdout)
        self.assertIn("  Look: bin/kafkasim describe topics in/small.json --at 1s. Then bin/kafkasim run in/small.json; "
                      "kafkasim is free.\n", done.stdout)

    def test_a_name_cannot_send_control_codes_to_the_terminal(self):
        self.scenario("a\x1b[31m'b.json", duration="2s", sweep={"vary": {"/topics/0/partitions": [1, 2]}})
        done = self.go("run", "a\x1b[31m'b.json", "--no-plots", "-o", "out")
        self.assertNotIn("\x1b", done.stdout)
        line = [line for line in done.stdout.splitlines() if line.startswith("next: ")][0]
        self.assertTrue(line.endswith("sweep $'a\\x1b[31m\\x27b.json'"), line)
        pasted = subprocess.run(["bash", "-c", line.removeprefix("next: ").replace(" sweep ", " check ")], cwd=self.here,
                                capture_output=True, text=True)
        self.assertEqual((0, ""), (pasted.returncode, pasted.stderr))

    def test_results_do_not_know_how_the_program_was_called(self):
        self.scenario(duration="2s", lesson=self.LESSON)
        self.called("bin/kafkasim")("run", "small.json", "--no-plots", "-o", "a")
        self.called("bin/other name")("run", "small.json", "--no-plots", "-o", "b")
        self.assert_same_folders(self.here / "a", self.here / "b")

    def test_the_manual_and_completions_are_of_the_installed_program(self):
        go = self.called("bin/kafkasim")
        for words in (("man",), ("completion", "bash")):
            self.assertNotIn("bin/kafkasim", go(*words).stdout)


class Pointers(Case):
    """--set and the keys of "vary" say what there is."""

    def refused(self, setting):
        done = self.go("check", self.scenario(), "--set", setting)
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        return done.stderr

    def test_who_counts_from_one_is_told_which_elements_there_are(self):
        for index in (1, 2, 9):
            told = self.refused(f"/producers/{index}/rate=5/s")
            self.assertTrue(told.startswith(f"--set /producers/{index}/rate=5/s: error: "), told)
            self.assertIn("/producers holds one element, /producers/0 (counting begins at 0)", told)
            self.assertIn('did you mean "/producers/0/rate"?', told)
        three = self.here / "three.json"
        three.write_text(json.dumps({**SMALL, "topics": [{"name": name} for name in "abc"], "producers": [], "groups": []}))
        told = self.go("check", three, "--set", "/topics/7/partitions=3").stderr
        self.assertIn("/topics holds 3 elements, /topics/0 to /topics/2 (counting begins at 0)", told)
        self.assertIn('did you mean "/topics/2/partitions"?', self.go("check", three, "--set", "/topics/c/partitions=3").stderr)

    def test_a_name_or_no_index_is_told_the_index(self):
        self.assertIn('did you mean "/topics/0/partitions"?', self.refused("/topics/orders/partitions=3"))
        self.assertIn('did you mean "/topics/0/partitions"?', self.refused("/topics/partitions=3"))

    def test_other_ways_that_lead_nowhere(self):
        self.assertIn("nothing can be inside /topics/0/name", self.refused("/topics/0/name/x=3"))
        self.assertTrue(self.refused("/topcis/0/partitions=3").startswith("--set /topcis/0/partitions=3: error: /topcis: unknown key"))

    def test_a_new_element_may_still_be_begun(self):
        done = self.go("check", self.scenario(), "--set", "/groups/1/name=audit", "--set", '/groups/1/topics=["orders"]')
        self.assertEqual((0, ""), (done.returncode, done.stderr))


class Files(Case):
    def told(self, path, *options):
        done = self.go("check", path, *options)
        self.assertEqual(2, done.returncode)
        return done.stderr + done.stdout

    def test_a_misspelt_path_is_corrected_from_its_folder(self):
        (self.here / "in").mkdir()
        self.scenario("in/crash-leader.json")
        self.scenario("my own.json")
        self.assertIn("= hint: did you mean in/crash-leader.json?\n", self.told("in/crash-leadr.json"))
        self.assertIn("= hint: did you mean in/crash-leader.json?\n", self.told("in/crash-leader"))
        self.assertIn("= hint: did you mean my own.json?\n", self.told("my onw.json"))
        self.assertIn('"did you mean in/crash-leader.json?"', self.told("in/crash-leadr.json", "--json"))

    def test_a_shipped_scenario_is_found_by_its_name(self):
        self.assertIn(f"= hint: the shipped one: {PROGRAM} init --lesson crash-leader --out crash-leader.json\n",
                      self.told("scenarios/failures/crash-leadr.json"))
        os.symlink(ROOT / "scenarios", self.here / "scenarios")
        for path in ("crash-leadr.json", "crash-leader", "scenarios/crash-leader.json", "scenarios/failure/crash-leader.json"):
            self.assertIn("= hint: did you mean scenarios/failures/crash-leader.json?\n", self.told(path), path)

    def test_nothing_near_is_no_guess(self):
        told = self.told("/no/such/thing-at-all.json")
        self.assertEqual("/no/such/thing-at-all.json: error: there is no such file\n1 error\n", told)


class Places(Case):
    """Where results go is said before the run."""

    def test_a_way_back_through_a_folder_that_is_not_there(self):
        home = self.here / "home"
        home.mkdir()
        shutil.copy(self.scenario(), home)
        for place in ("q/../../home", "q/..", "q/../r"):
            done = subprocess.run([PROGRAM, "run", "small.json", "--no-plots", "-o", place], cwd=home, capture_output=True,
                                  text=True)
            self.assertEqual((4, "", f'kafkasim: cannot use {place}: ".." behind a folder that is not there\n'),
                             (done.returncode, done.stdout, done.stderr))
            self.assertEqual(["small.json"], os.listdir(home))

    def test_folders_that_are_made_are_named(self):
        done = self.go("run", self.scenario(duration="2s"), "--no-plots", "-o", "new/one/r")
        self.assertEqual("kafkasim: there is no folder new/one yet; it is made for the results\n", done.stderr)
        again = self.go("run", self.scenario(duration="2s"), "--no-plots", "-o", "new/one/r")
        quiet = self.go("run", self.scenario(duration="2s"), "--no-plots", "-q", "-o", "new/two/r")
        self.assertEqual(("", ""), (again.stderr, quiet.stderr))

    def test_init_over_a_file_says_what_to_do(self):
        self.scenario()
        done = self.go("init", "-o", "small.json")
        self.assertEqual((4, "kafkasim: small.json exists already; it is left alone: remove it first, or name another file\n"),
                         (done.returncode, done.stderr))


class HangingUp(Case):
    """A terminal that is closed ends a run as Ctrl-C does, but not one under nohup."""

    def ended(self, *before):
        self.scenario(duration="10h")
        process = subprocess.Popen([*before, PROGRAM, "run", "small.json", "--no-plots", "-o", "out"], cwd=self.here,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        process.send_signal(signal.SIGHUP)
        return process

    def test_results_are_kept(self):
        process = self.ended()
        _, told = process.communicate(timeout=60)
        self.assertEqual(130, process.returncode)
        self.assertIn("the run is incomplete: interrupted; what there is was kept", told)
        self.assertIs(False, json.loads((self.here / "out" / "summary.json").read_text())["complete"])

    def test_nohup_is_obeyed(self):
        process = self.ended("nohup")
        time.sleep(0.3)
        still_runs = process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertTrue(still_runs)

    def test_a_command_that_would_not_see_it_ends(self):
        with subprocess.Popen([PROGRAM, "check", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            time.sleep(0.5)
            process.send_signal(signal.SIGHUP)
            self.assertEqual(-signal.SIGHUP, process.wait(timeout=20))


class Plans(Case):
    def plan(self, **changes):
        return self.go("check", "--plan", self.scenario(**changes)).stdout

    def test_brokers_of_one_host_have_their_own_racks(self):
        told = self.plan(groups=[], goals=[], cluster={"hosts": [{"name": "laptop", "cores": 4}], "brokers": [
            {"id": i, "host": "laptop", "rack": f"r{i}"} for i in (1, 2, 3)]})
        self.assertIn("  laptop, 4 cores, rack r1: broker 1, broker 2 (broker.rack r2), broker 3 (broker.rack r3)\n", told)
        self.assertNotIn("internal topics", told)

    def test_records_of_connect_are_not_counted_and_that_is_told(self):
        words = " records offered (those of Connect's sources are not counted), about "
        connect = [{"name": "connect", "workers": [{"name": "W1"}], "connectors": [{"name": "tables", "producer": "p"}]}]
        producers = [{"name": "p", "topic": "orders", "rate": "200/s"}]
        told = self.plan(producers=producers, groups=[], goals=[], connect=connect)
        self.assertIn("0" + words, told)
        self.assertNotIn(words, self.plan(producers=producers, groups=[], goals=[]))

    def test_internal_topics_are_counted_and_named(self):
        self.assertIn("\ninternal topics are counted: __consumer_offsets (50 partitions)\n", self.plan(duration="15s"))


class Described(Case):
    def refused(self, *words):
        done = self.go("describe", words[0], self.scenario(), *words[1:])
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        return done.stderr

    def test_a_name_that_is_near_nothing_is_told_what_there_is(self):
        self.assertIn('no group "zzz"; there is billing\n', self.refused("offsets", "--group", "zzz"))
        self.assertIn('did you mean "billing"?', self.refused("offsets", "--group", "biling"))
        self.assertIn("; there is orders", self.refused("topics", "--topic", "zzz"))

    def test_a_moment_after_the_end_is_told_the_end(self):
        self.assertIn('--at 10s: the run ends at 4.000 s, see "duration"\n', self.refused("topics", "--at", "10s"))


class Groups(Case):
    def test_a_negative_lag_hides_nothing_that_is_left_to_read(self):
        group = '/groups/0={"name": "g", "topics": ["orders"], "config": {"auto.offset.reset": "earliest"}}'
        done = self.go("run", ROOT / "scenarios/failures/unclean-election.json", "--until", "35.1s", "--set", group,
                       "--json", "--no-plots")
        lag = json.loads(done.stdout)["groups"][0]
        self.assertLess(lag["partitions"][0]["lag"], 0)  # committed beyond the new leader's end
        self.assertEqual({"total": 0, "max_partition": 0}, lag["lag"])

    def test_who_leaves_its_group_and_who_only_stops(self):
        """A static member sends no LeaveGroup, who assigns by hand has none to leave."""
        static = {"name": "s1", "config": {"group.instance.id": "i1"}}
        groups = [{"name": "billing", "topics": ["orders"], "members": [{"name": "d1"}, static],
                   "config": {"max.poll.interval.ms": 3000}},
                  {"name": "alone", "topics": ["orders"], "assign": "with.group.id", "members": [{"name": "a1", "partitions": [0]}]}]
        timeline = [{"at": "8s", "do": "stall", "member": name, "for": "4s"} for name in ("d1", "s1")]
        timeline += [{"at": "20s", "do": "leave", "member": name} for name in ("d1", "s1", "a1")]
        done = self.go("run", self.scenario(duration="24s", groups=groups, timeline=timeline), "--no-plots")
        said = [line.strip().split(" s  ", 1)[1] for line in done.stdout.splitlines() if " s  " in line]
        for line in ("d1 leaves its group: no poll for max.poll.interval.ms",
                     "s1 stops, its group keeps its place: no poll for max.poll.interval.ms",
                     "d1 leaves", "d1 left", "s1 stops", "s1 stopped", "a1 stops", "a1 stopped"):
            self.assertIn(line, said)
        for line in ("s1 leaves", "s1 left", "a1 leaves", "a1 left"):
            self.assertNotIn(line, said)

    def test_a_share_group_says_where_it_began(self):
        scenario = self.scenario(duration="8s", groups=[{"name": "workers", "topics": ["orders"], "members": 1, "share": "implicit"}])
        note = "(what was written before it began to read is never handed out: share.auto.offset.reset, by default latest)"
        latest = self.go("run", scenario, "--no-plots").stdout
        self.assertIn(note, latest)
        self.assertNotIn("skipped", latest)
        earliest = self.go("run", scenario, "--no-plots", "--set", "/cluster/config/share.auto.offset.reset=earliest").stdout
        self.assertIn("share group: ", earliest)
        self.assertNotIn(note, earliest)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
