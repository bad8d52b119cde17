#!/usr/bin/env python3
"""What the program says to who has erred, and what it hides in class: hints.py BUILD_FOLDER [unittest arguments]"""
import json
import sys
import unittest

from cli import PROGRAM, SMALL, Case


class Lesson(Case):
    """A teacher asks first and shows the answers later."""

    LESSON = {"title": "Sessions", "text": "It takes a session.", "ask": [
        {"at": "1500ms", "question": "How long?", "choices": ["at once", "a session"], "answer": 1, "because": "It expires."}]}
    ASKED = "  Q, at 1.500 s: How long?\n     - at once\n     - a session\n"

    def lesson_of(self, *words):
        done = self.go("run", self.scenario(duration="2s", lesson=self.LESSON), "--no-plots", *words)
        self.assertEqual(0, done.returncode)
        return done.stdout.split("\nLESSON: ")[1].split("\n\n")[0] + "\n"

    def test_a_question_has_its_time_its_choices_and_its_answer(self):
        self.assertEqual(f"Sessions\n  It takes a session.\n{self.ASKED}  A: a session. It expires.\n", self.lesson_of())

    def test_without_answers_nothing_that_explains_is_told(self):
        self.assertEqual(f"Sessions\n{self.ASKED}", self.lesson_of("--no-answers"))

    def test_the_plan_asks_the_same(self):
        done = self.go("check", "--plan", self.scenario(duration="2s", lesson=self.LESSON))
        self.assertIn(f"\nASK before the run (it prints the answers, unless --no-answers)\n{self.ASKED}", done.stdout)


class Described(Case):
    def test_kafkas_own_topics_come_after_those_that_were_asked_for(self):
        done = self.go("describe", "topics", self.scenario())
        names = [line.split("\t")[0] for line in done.stdout.splitlines() if line.startswith("Topic: ")]
        self.assertEqual(["Topic: orders", "Topic: __consumer_offsets"], names)
        done = self.go("describe", "topics", self.scenario(), "--json")
        self.assertEqual(["orders", "__consumer_offsets"], [topic["name"] for topic in json.loads(done.stdout)["topics"]])


class Checked(Case):
    def told(self, text, *words):
        (self.here / "x.json").write_text(text)
        done = self.go("check", "x.json", *words)
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        return done.stderr

    def test_an_error_has_no_false_warning_in_its_train(self):
        for key, value in (("replication.factor", "3"), ("replication_factor", 3)):
            topic = {"name": "orders", key: value, "config": {"min.insync.replicas": 2}}
            told = self.told(json.dumps({**SMALL, "topics": [topic]}))
            self.assertNotIn("warning", told)
            self.assertTrue(told.endswith("\n1 error\n"), told)

    def test_an_empty_file_names_the_program_as_it_was_called(self):
        self.assertIn(f"= hint: {PROGRAM} init prints a scenario to start from\n", self.told(""))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
