#!/usr/bin/env python3
"""Lessons tell of what was run: lessons.py BUILD_FOLDER [unittest arguments]"""
import json
import re
import subprocess
import sys
import unittest

from cli import ROOT, Case

PAUSE = '/timeline/0={"at": "5s", "do": "pause", "broker": 1, "for": "12.125s"}'
ENTRY = "/timeline/0/do=stop"
TIMEOUT = "/cluster/config/broker.session.timeout.ms=4000"


class Shipped(Case):
    def ran(self, name, *sets):
        words = [word for pair in sets for word in ("--set", pair)]
        done = self.go("run", ROOT / "scenarios" / f"{name}.json", *words, "--no-plots", "-o", "out")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        with open(self.here / "out" / "summary.json") as file:
            return done.stdout, json.load(file)

    def gap_of(self, summary):
        return summary["producers"][0]["longest_gap_ms"]

    def test_the_lesson_of_a_crash(self):
        told, summary = self.ran("failures/crash-leader")
        self.assertIn("\nLESSON: How long a crash is\n", told)
        self.assertNotIn("Truncated is not lost", told)
        self.assertTrue(7000 < self.gap_of(summary) < 13000)

    def test_the_lesson_of_a_clean_stop(self):
        told, summary = self.ran("failures/crash-leader", ENTRY)
        self.assertIn("\nLESSON: How long a clean stop is\n", told)
        self.assertNotIn("dies", told)
        self.assertIn("truncates orders-", told)
        self.assertIn("\n  Truncated is not lost: ", told)
        self.assertEqual((0, 0), (summary["fates"]["lost"], summary["fates"]["duplicated"]))
        self.assertIn("is tens of ms to 0.2 s, or 1 to 1.4 s", told)
        self.assertTrue(self.gap_of(summary) < 250 or 1000 < self.gap_of(summary) < 1450)

    def test_the_lesson_of_a_pause(self):
        told, summary = self.ran("failures/crash-leader", PAUSE)
        self.assertIn("\nLESSON: How long a pause is\n", told)
        self.assertIn("partitions whose leader is frozen\n", told)
        self.assertNotIn("living leader", told)
        self.assertTrue(12000 < self.gap_of(summary) < 12500)

    def test_the_lesson_of_a_shorter_session(self):
        told, summary = self.ran("failures/crash-leader", TIMEOUT)
        self.assertIn("\nLESSON: How long a crash is, when it is noticed sooner\n", told)
        self.assertIn("  A: none, until it is fenced.", told)  # the questions of the lesson itself
        self.assertIn("  Q, at 5.500 s: Broker 1 is dead", told)  # before the producer goes on
        self.assertTrue(1500 < self.gap_of(summary) < 4500)

    def test_the_lesson_of_acks_1(self):
        told, _ = self.ran("failures/crash-leader", "/producers/0/config/acks=1")
        self.assertIn("\nLESSON: How long a crash is for acks=1\n", told)
        self.assertIn("  A: the four others.", told)

    def test_what_no_case_tells_of_is_said(self):
        told, _ = self.ran("failures/crash-leader", ENTRY, TIMEOUT)
        self.assertIn("\nLESSON: How long a clean stop is (not of all that --set changed)\n", told)
        told, _ = self.ran("failures/crash-leader", "/producers/0/config/acks=0")
        self.assertIn("\nLESSON: How long a crash is (not of all that --set changed)\n", told)

    def test_the_lesson_of_a_script_that_does_not_wait(self):
        told, summary = self.ran("failures/rolling-restart", "/timeline/0/gate=none", "/timeline/0/pace=0s")
        self.assertIn("\nLESSON: Why a rolling restart has to wait\n", told)
        self.assertEqual([True, True, False, False], [goal["met"] for goal in summary["goals"]])
        self.assertTrue(10000 < self.gap_of(summary) < 16000)
        self.assertEqual(0, summary["fates"]["lost"])

    def test_the_lesson_of_two_replicas_that_have_to_be_in_sync(self):
        told, summary = self.ran("failures/unclean-election", "/topics/0/config/min.insync.replicas=2")
        self.assertIn("\nLESSON: Complete, not available\n", told)
        self.assertEqual([False, True], [goal["met"] for goal in summary["goals"]])
        self.assertEqual((5000, 0), (summary["fates"]["acked"], summary["fates"]["lost"]))
        self.assertTrue(35000 < self.gap_of(summary) < 45000)

    def test_what_is_lost_without_a_proposal(self):
        for name, era, words, least, most in (("E2", "KIP-101", "about ten records", 7, 14), ("E5", "KIP-966", "some 10,000 ", 9900, 10100)):
            told, summary = self.ran(f"evidence/{name}", f"/cluster/era/{era}=false")
            self.assertIn(words, told)
            self.assertTrue(least <= summary["fates"]["lost"] <= most, summary["fates"]["lost"])

    def test_the_time_of_a_restoration(self):
        told, summary = self.ran("groups/streams-instance-crashes")
        self.assertIn("some 12 s for the two of them", told)
        longest = next(goal["measured"] for goal in summary["goals"] if goal["metric"] == "restore.time.max")
        self.assertTrue(11500 < longest < 12500, longest)

    def test_no_word_of_the_timeline_tells_what_will_come_of_it(self):
        told, _ = self.ran("failures/rolling-restart", "/timeline/0/gate=none", "/timeline/0/pace=0s")
        self.assertNotIn("under-replicated.", told.partition("\nLESSON: ")[0])
        for name in ("lessons/user-events", "groups/idle-consumer", "groups/three-protocols"):
            path = ROOT / "scenarios" / f"{name}.json"
            plan = self.go("check", "--plan", path).stdout
            for word in ("One partition each", "C1 gets", "C4 is idle", "everybody waits"):
                self.assertNotIn(word, plan)

    def test_who_keeps_its_place_has_not_left(self):
        told, _ = self.ran("groups/static-members-rolling-deploy")
        self.assertIn(" D1 left\n", told)
        self.assertIn(" S1 stopped\n", told)
        self.assertNotIn(" S1 left\n", told)
        self.assertNotIn("more: --verbose", told)  # one line is not hidden by another

    def test_moments_that_a_question_is_about_are_told(self):
        told, _ = self.ran("groups/connect-rolling-upgrade")
        self.assertIn("\n      60.000 s  old-2 stops", told)

    def test_what_joining_costs(self):
        told, summary = self.ran("groups/member-joins")
        again = {group["name"]: group["consumed_twice"] for group in summary["groups"]}
        self.assertEqual(0, again["eager"])
        self.assertIn(again["cooperative"], (2, 3))
        self.assertIn("heartbeat.interval.ms, 3 s", told)
        self.assertIn("so K3 reads them again", told)
        self.assertIn("K1 rebalancing, goes on with orders-0 orders-2 orders-4 (generation 1)\n", told)
        self.assertIn("E1 rebalancing (generation 1)\n", told)

        self.assertEqual({"eager": 2, "cooperative": 3}, {group["name"]: group["rebalances"] for group in summary["groups"]})

    def test_goals_that_are_answers_are_told_with_them(self):
        path = ROOT / "scenarios" / "groups" / "member-joins.json"
        told = self.go("run", path, "--no-answers", "--no-plots", "-o", "out").stdout
        self.assertIn("\nGOALS: 5 of 5 met (told one by one with the answers)\n", told)
        self.assertNotIn("rebalances {", told)

    def test_not_even_a_missed_goal_is_told_without_the_answers(self):
        path = ROOT / "scenarios" / "groups" / "member-joins.json"
        words = ("run", path, "--set", "/goals/0/equals=77", "--no-plots", "-q", "-o")
        done = self.go(*words, "hidden", "--no-answers")
        self.assertEqual((1, "GOALS: 4 of 5 met (told one by one with the answers)\n"), (done.returncode, done.stdout))
        self.assertRegex(self.go(*words, "told").stdout, r"^GOALS\n  ✗ .*77.*\n$")
        self.assertEqual("", self.go("run", path, "--no-plots", "-q", "--no-answers", "-o", "met").stdout)

    def test_the_command_in_the_lesson_of_acks_can_be_pasted(self):
        told, _ = self.ran("failures/acks-0-1-all")
        command = re.search(r"when the leader freezes instead \((.*?)\): ", told)[1]
        done = subprocess.run(["sh", "-c", command + " --no-plots"], cwd=self.here, capture_output=True, text=True)
        self.assertEqual("", done.stderr)
        with open(self.here / "frozen" / "summary.json") as file:
            lost = {producer["name"]: producer["lost"] for producer in json.load(file)["producers"]}
        self.assertEqual(0, lost["acks-all"])
        self.assertTrue(2000 < lost["acks-1"] < 3000 and 1000 < lost["acks-0"] < 2000, lost)

    def test_every_lesson_stands_in_the_readme(self):
        text = (ROOT / "README.md").read_text().partition("\n## In class\n")[2].partition("\n## ")[0]
        for path in sorted((ROOT / "scenarios").glob("*/*.json")):
            if "lesson" in json.loads(path.read_text()):
                self.assertIn(f"`{path.stem}`", text)

    def test_the_first_scenario_skips_nothing_and_points_to_lessons(self):
        self.assertEqual(0, self.go("init", "-o", "my.json").returncode)
        done = self.go("run", "my.json", "--no-plots")
        self.assertIn(" 0 skipped", done.stdout)
        self.assertIn("init --lesson list' names ready lessons.", done.stdout)


class Refused(Case):
    def refused(self, condition):
        lesson = {"title": "t", "cases": [{"if": condition, "text": "x"}]}
        done = self.go("check", self.scenario(lesson=lesson))
        self.assertEqual(2, done.returncode)
        return done.stderr

    def test_a_case_of_nothing(self):
        self.assertIn("this pointer leads nowhere", self.refused({"/timeline/7/do": ["stop"]}))
        self.assertIn("expected a list of values", self.refused({"/duration": "5s"}))
        self.assertIn("expected a list of values", self.refused({"/duration": []}))

    def test_a_pause_that_is_to_be_started_again(self):
        path = ROOT / "scenarios" / "failures" / "crash-leader.json"
        done = self.go("check", path, "--set", "/timeline/0/do=pause")
        self.assertEqual(2, done.returncode)
        self.assertIn('= hint: it goes on after "for"; --set can give a whole entry', done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
