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


class Assign(unittest.TestCase):
    def assign(self, assignor, members, topics, *more):
        done = run("assign", "--assignor", assignor, "--members", members, "--topics", topics, *more)
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        return done.stdout.decode()

    def test_range_gives_the_extra_partition_of_every_topic_to_the_first(self):
        self.assertEqual("MEMBER  COUNT  PARTITIONS\n"
                         "a           4  t0: 0 1   t1: 0 1\n"
                         "b           2  t0: 2   t1: 2\n", self.assign("range", "a,b", "t0:3,t1:3"))

    def test_c10_comes_before_c2_and_static_members_before_both(self):
        lines = self.assign("roundrobin", "c2,c10,c9/z", "t:3").splitlines()[1:]
        self.assertEqual(["c2          1  t: 2", "c10         1  t: 1", "c9          1  t: 0"], lines)

    def test_cooperative_sticky_withholds_what_must_be_revoked(self):
        out = self.assign("cooperative-sticky", "a,b,c", "t0:6", "--owned", "a=t0:0-2", "b=t0:3,t0:4,t0:5")
        self.assertEqual("MEMBER  COUNT  PARTITIONS\n"
                         "a           2  t0: 0 1\n"
                         "b           2  t0: 3 4\n"
                         "c           0\n"
                         "withheld until revoked: t0-2 (from a), t0-5 (from b)\n"
                         "\nTheir owners let go and join again at once; after this second rebalance:\n"
                         "MEMBER  COUNT  PARTITIONS\n"
                         "a           2  t0: 0 1\n"
                         "b           2  t0: 3 4\n"
                         "c           2  t0: 2 5\n"
                         "of 6 partitions 4 stayed, 2 moved, 0 had no owner\n", out)

    def test_the_second_round_is_in_the_document_where_there_is_one(self):
        words = ("cooperative-sticky", "a,b", "t:4", "--json", "--owned")
        out = json.loads(self.assign(*words, "a=t:0-3"))
        self.assertEqual((2, 2), (out["stayed"], out["withheld"]))
        owned = [member["partitions"] for member in out["members"]]
        after = [member["partitions"] for member in out["members_after_the_next_rebalance"]]
        self.assertEqual([2, 0, 2, 2], list(map(len, owned + after)))
        self.assertEqual(owned[0], after[0])
        self.assertNotIn("members_after_the_next_rebalance", json.loads(self.assign(*words, "a=t:0-1", "b=t:2-3")))

    def test_what_nobody_subscribes_to_is_neither_withheld_nor_moved(self):
        for name in ("range", "roundrobin", "sticky", "cooperative-sticky", "uniform", "server-range"):
            self.assertEqual("MEMBER  COUNT  PARTITIONS\n"
                             "c1          2  t0: 0 1\n"
                             "2 of 4: nobody subscribes\n"
                             "of 4 partitions 2 stayed, 0 moved, 0 had no owner\n",
                             self.assign(name, "c1", "t0:2,t1:2", "--subscribe", "c1=t0",
                                         "--owned", "c1=t0:0-1,t1:0-1"), name)

    def test_what_nobody_subscribes_to_is_named_in_the_document(self):
        words = ("range", "c1", "t0:2,t1:2", "--json")
        self.assertEqual(["t1-0", "t1-1"], json.loads(self.assign(*words, "--subscribe", "c1=t0"))["nobody_subscribes"])
        self.assertEqual([], json.loads(self.assign(*words))["nobody_subscribes"])

    def test_the_one_owner_lets_go(self):
        out = self.assign("cooperative-sticky", "a,b", "t:2", "--owned", "a=t:0-1")
        self.assertIn("withheld until revoked: t-1 (from a)\n\nIts owner lets go and joins again at once;", out)

    def test_members_may_subscribe_to_different_topics(self):
        out = json.loads(self.assign("uniform", "a,b,c", "t0:4,t1:6", "--subscribe", "a=t0",
                                     "--subscribe", "c=t1", "--json"))
        self.assertEqual([["t0-0", "t0-1", "t0-2", "t0-3"], ["t1-0", "t1-2", "t1-4"], ["t1-1", "t1-3", "t1-5"]],
                         [member["partitions"] for member in out["members"]])

    def test_the_servers_assignors_keep_balance_and_say_what_moved(self):
        out = json.loads(self.assign("server-range", "a,b", "t:4", "--owned", "a=t:0-3", "--json"))
        self.assertEqual((2, 2, 0), (out["stayed"], out["moved"], out["withheld"]))

    def test_mistakes_are_named(self):
        good = ("assign", "--assignor", "range", "--members", "a,b", "--topics", "t:3")
        cases = (
            (("assign",), b"--assignor NAME is missing"),
            (("assign", "--assignor", "fair"), b"expected range, roundrobin, sticky"),
            (good[:3] + ("--members", "a,a", "--topics", "t:3"), b"\"a\" is there twice"),
            (good[:5] + ("--topics", "t"), b"expected NAME:PARTITIONS, such as t0:5, found \"t\""),
            (good[:5] + ("--topics", "t:0"), b"found \"t:0\""),
            (good + ("--owned", "c=t:0"), b"\"c\" is none of --members"),
            (good + ("--owned", "a=u:0"), b"expected TOPIC:PARTITION of --topics, found \"u:0\""),
            (good + ("--owned", "a=t:3"), b"t has partitions 0 to 2, found \"3\""),
            (good + ("--owned", "a=t:0-2", "--owned", "b=t:2"), b't-2 has two owners, "a" and "b"'),
            (good + ("--owned", "a=t:0-2,t:1"), b't-1 of "a" is there twice'),
            (good[:3] + ("--members", "a/x,b/x", "--topics", "t:3"), b'group.instance.id "x" is there twice'),
            (good + ("a",), b"expected MEMBER=..., found \"a\""),
            (good + ("--subscribe", "a=u"), b"\"u\" is none of --topics"),
        )
        for words, complaint in cases:
            done = run(*words)
            self.assertEqual((2, b""), (done.returncode, done.stdout), words)
            self.assertIn(complaint, done.stderr, words)


if __name__ == "__main__":
    unittest.main()
