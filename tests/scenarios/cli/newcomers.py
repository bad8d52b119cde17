#!/usr/bin/env python3
"""What a newcomer meets, and a hostile user: newcomers.py BUILD_FOLDER [unittest arguments]"""
import json
import os
import shutil
import subprocess
import sys
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

    def test_results_do_not_know_how_the_program_was_called(self):
        self.scenario(duration="2s", lesson=self.LESSON)
        self.called("bin/kafkasim")("run", "small.json", "--no-plots", "-o", "a")
        self.called("bin/other name")("run", "small.json", "--no-plots", "-o", "b")
        self.assert_same_folders(self.here / "a", self.here / "b")

    def test_the_manual_and_completions_are_of_the_installed_program(self):
        go = self.called("bin/kafkasim")
        for words in (("man",), ("completion", "bash")):
            self.assertNotIn("bin/kafkasim", go(*words).stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
