#!/usr/bin/env python3
"""The small tools for class, as a user meets them: class_tools.py BUILD_FOLDER [unittest arguments]"""
import json
import pathlib
import subprocess
import sys
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve() / "kafkasim") if len(sys.argv) > 1 else "kafkasim"


def run(*arguments, stdin=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, input=stdin, timeout=60)


class Partition(unittest.TestCase):
    def test_keys_with_hash_and_partition(self):
        done = run("partition", "order-1", "abc", "kafka", "--partitions", 12)
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        self.assertEqual("KEY      MURMUR2   PARTITION\n"
                         "order-1  48d1d1f6  10\n"
                         "abc      1c94221b  3\n"
                         "kafka    d067cf64  4\n", done.stdout.decode())

    def test_the_sign_bit_is_masked_away_and_not_turned(self):
        done = run("partition", "a", "--partitions", 10, "--json")  # abs() would give 4 or another
        self.assertEqual([{"key": "a", "murmur2": "a2d0b27c", "partition": 4}], json.loads(done.stdout))

    def test_keys_come_from_standard_input_one_a_line(self):
        done = run("partition", "--partitions", 3, "--json", stdin="key-0\n\nkey-1\r\nkey-2".encode())
        self.assertEqual([("key-0", 1), ("", 0), ("key-1", 0), ("key-2", 2)],
                         [(row["key"], row["partition"]) for row in json.loads(done.stdout)])

    def test_other_letters_are_hashed_as_utf_8_and_stay_aligned(self):
        done = run("partition", "é", "x", "--partitions", 5)
        lines = done.stdout.decode().splitlines()
        self.assertEqual(["KEY", "é  ", "x  "], [line[:3] for line in lines])
        self.assertEqual(5, lines[1].index(lines[1].split()[1]))

    def test_mistakes_are_named(self):
        cases = (
            (("partition", "k"), None, b"--partitions N is missing"),
            (("partition", "k", "--partitions", "0"), None, b"from 1 to 2147483647, found \"0\""),
            (("partition", "k", "--partitions", "six"), None, b"found \"six\""),
            (("partition", "k", "--partitions", "2147483648"), None, b"found \"2147483648\""),
            (("partition", "--partitions", "3"), b"", b"no key: name one"),
            (("partition", "--partitions", "3"), b"good\n\xff\n", b"standard input:2: this key is not UTF-8"),
            (("run", "x.json", "--partitions", "3"), None, b"--partitions"),
        )
        for words, stdin, complaint in cases:
            done = run(*words, stdin=stdin)
            self.assertEqual((2, b""), (done.returncode, done.stdout), words)
            self.assertIn(complaint, done.stderr, words)


if __name__ == "__main__":
    unittest.main()
