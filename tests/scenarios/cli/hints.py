#!/usr/bin/env python3
"""What the program says to who has erred, and what it hides in class: hints.py BUILD_FOLDER [unittest arguments]"""
import json
import resource
import signal
import subprocess
import sys
import time
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

    def hint_to(self, changes, *words):
        told = self.told(json.dumps({**SMALL, **changes}), *words)
        self.assertEqual(1, told.count("= hint: "), told)
        return told.partition("= hint: ")[2].partition("\n")[0]

    def test_what_was_meant_is_shown(self):
        producer = SMALL["producers"][0]
        for changes, meant in (({"timeline": [{"at": "1s", "do": "crash", "leader": "orders-0"}]},
                                'an object stands in braces: { "topic": ... }'),
                               ({"goals": [{"metric": "lag", "max": 0}]}, 'did you mean "lag.max" or "lag.end"?'),
                               ({"producers": [{**producer, "rate": "200ms"}]}, 'so many in a second are "200/s"'),
                               ({"goals": [{"metric": "consume.rate", "min": 1960}]}, 'write the unit: "1960/s"')):
            self.assertEqual(meant, self.hint_to(changes))

    def test_partitions_beside_an_assignment_are_too_many(self):
        topic = {"name": "orders", "assignment": [[1, 2, 3]]}
        self.assertEqual('one of the two is enough: leave "partitions" out, or "assignment"',
                         self.hint_to({"topics": [topic]}, "--set", "/topics/0/partitions=3"))

    def test_two_stalls_at_once_add_up(self):
        for first, second, times in (({"member": "billing-0"}, {"member": "billing-0"}, 1), ({"group": "billing"}, {"member": "billing-1"}, 1),
                                     ({"member": "billing-0"}, {"member": "billing-1"}, 0)):
            stalls = [{"at": "1s", "do": "stall", "for": "2s", **first}, {"at": "2s", "do": "stall", "for": "1s", **second}]
            done = self.go("check", self.scenario(timeline=stalls))
            self.assertEqual((0, times), (done.returncode, done.stderr.count("the two add up")), done.stderr)

    def test_an_empty_file_names_the_program_as_it_was_called(self):
        self.assertIn(f"= hint: {PROGRAM} init prints a scenario to start from\n", self.told(""))


class Meant(Case):
    """Who is nearly right is told what is."""

    def told(self, *words):
        done = self.go(*words)
        self.assertEqual((2, ""), (done.returncode, done.stdout), words)
        return done.stderr

    def test_words_of_the_command_line(self):
        small = self.scenario()
        for words, meant in ((("describe", "topic", small), "topics"), (("describe", "grups", small), "groups"),
                             (("describe", "groups", small, "--group", "biling"), "billing"),
                             (("describe", "topics", small, "--topic", "order"), "orders"),
                             (("assign", "--assignor", "rang", "--members", "a", "--topics", "t:1"), "range"),
                             (("compare", small, small, "--seeds", "1-5"), "1..5"),
                             (("sweep", small, "--seeds", "1:5"), "1..5"), (("sweep", small, "--seeds", "5..1"), "1..5")):
            self.assertIn(f'; did you mean "{meant}"?\n', self.told(*words))
        self.assertIn('found "1..10001"\n', self.told("sweep", small, "--seeds", "1..10001"))

    def test_a_time_wants_its_unit(self):
        small = self.scenario()
        for words in (("run", small, "--until", "2"), ("describe", "topics", small, "--at", "2")):
            self.assertIn('write the unit: "2s" or "2ms"\n', self.told(*words))

    def test_pointers_of_other_notations(self):
        for words, meant in (("topics.0.partitions", "/topics/0/partitions"), ("topics[0].partitions", "/topics/0/partitions"),
                             ("topics/0/partitions", "/topics/0/partitions"), ("$.topics[0].partitions", "/topics/0/partitions"),
                             ("topics.orders.replication.factor", "/topics/0/replication.factor"),
                             ("topics.partitions", "/topics/0/partitions"),
                             ("producers.checkout.config.linger.ms", "/producers/0/config/linger.ms"),
                             ("cluster.config.log.segment.bytes", "/cluster/config/log.segment.bytes"),
                             ("acks", "/producers/0/config/acks"), ("min.insync.replicas", "/topics/0/config/min.insync.replicas")):
            told = self.told("check", self.scenario(), "--set", f"{words}=3")
            self.assertIn(f'expected POINTER=VALUE, such as /topics/0/partitions=24\n      = hint: did you mean "{meant}=3"?\n', told)
        for words in ("nothing", "no.such.thing", "", ".", "..", "[]", "x" * 5000, "." * 5000):
            self.assertNotIn("hint", self.told("check", self.scenario(), "--set", f"{words}=3"))

    def test_values_of_options(self):
        for value, hint in (("al", 'did you mean "all"?'), ("2", '"all" waits for the replicas in sync; ')):
            self.assertIn(f"= hint: {hint}", self.told("check", self.scenario(), "--set", f"/producers/0/config/acks={value}"))
        self.assertIn('did you mean "org.apache.kafka.clients.consumer.StickyAssignor"?',
                      self.told("check", self.scenario(), "--set", "/groups/0/config={\"partition.assignment.strategy\": \"stiky\"}"))

    def test_an_assignor_that_the_brokers_do_not_have(self):
        def told(name, **cluster):
            config = {"group.protocol": "consumer", "group.remote.assignor": name}
            return self.go("check", self.scenario(groups=[{"name": "billing", "topics": ["orders"], "members": 2, "config": config}],
                                                  cluster={"brokers": 3, **cluster})).stderr
        self.assertIn("the brokers have uniform,range (group.consumer.assignors): no member gets in", told("unifrom"))
        self.assertIn("the brokers have range (", told("uniform", config={"group.consumer.assignors": "range"}))
        self.assertEqual("", told("range") + told("uniform"))

    def test_a_verb_and_a_member(self):
        def event(**more):
            return self.told("check", self.scenario(timeline=[{"at": "1s", **more}]))
        self.assertIn('expected one of 34 words, found "crsh"', event(do="crsh", broker=1))
        self.assertIn(f'= hint: did you mean "crash"? (all: {PROGRAM} explain do)\n', event(do="crsh", broker=1))
        self.assertIn(f"= hint: all: {PROGRAM} explain do\n", event(do="xyzzy", broker=1))
        self.assertIn('"crash", "stop", "start"', self.go("explain", "do").stdout)
        self.assertIn('= hint: there are "billing-0", "billing-1"\n', event(do="leave", member="billing-7"))


class Folders(Case):
    """Results in the place of scenarios, and the other way round."""

    def test_the_scenario_of_a_result_is_named_and_can_be_compared(self):
        self.go("run", self.scenario(), "--no-plots", "-o", "a")
        for words in (("run", "a"), ("check", "a"), ("sweep", "a"), ("compare", "a", "a"), ("describe", "topics", "a")):
            done = self.go(*words)
            self.assertEqual((2, ""), (done.returncode, done.stdout), words)
            self.assertIn("a: error: this is a folder, and a scenario is a file\n"
                          "      = hint: the scenario that this is a result of: a/scenario.json\n", done.stderr)
        self.assertIn("compare runs scenarios with many seeds; it does not read results\n", self.go("compare", "a", "a").stderr)
        done = self.go("compare", "a/scenario.json", "small.json", "--seeds", "1..2", "-q")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertNotIn("hint", self.go("run", ".").stderr)

    def test_values_of_one_file_are_compared_by_sweep(self):
        done = self.go("compare", self.scenario("my own.json"), "--set", "/topics/0/partitions=6")
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        command = done.stderr.split("one file: ")[1].splitlines()[0]
        done = subprocess.run(["sh", "-c", f"{command} --seeds 1..2 -o b --no-plots"], cwd=self.here, capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn("partitions = 12", done.stdout)
        self.assertIn("compare needs FILE FILE...\n", self.go("compare").stderr)

    def test_a_scenario_is_no_plot(self):
        done = self.go("plot", self.scenario())
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertIn(f"is a file; to run it: {PROGRAM} run ", done.stderr)


class Places(Case):
    """What cannot be written is told before the work, not after it."""

    def test_a_place_that_takes_no_results_is_refused_before_the_run(self):
        small, nowhere = self.scenario(), self.here / "file"
        nowhere.write_text("")
        for words in (("run", small), ("sweep", small, "--seeds", "1..2"), ("compare", small, small, "--seeds", "1..2")):
            for place in ("", "file", "file/x"):
                done = self.go(*words, "-o", place)
                self.assertEqual((4, ""), (done.returncode, done.stdout), (words, place))
                self.assertEqual(1, done.stderr.count("\n"), done.stderr)

    def test_results_that_could_not_be_written_are_told_but_not_offered(self):
        small = self.scenario()
        for words in (("run", small, "-s", "8"), ("sweep", small, "--seeds", "1..2")):
            self.assertEqual(0, self.go(*words, "--no-plots", "-o", "a").returncode)
            done = subprocess.run([PROGRAM, *words, "--no-plots", "-o", "a"], cwd=self.here, text=True, capture_output=True,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
            self.assertEqual(4, done.returncode)
            self.assertIn("acked.records.lost", done.stdout)
            self.assertNotIn("results: ", done.stdout)

    def test_standard_output_that_takes_nothing_is_told(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "explain", "acks"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((4, "kafkasim: cannot write to standard output: No space left on device\n"), (done.returncode, done.stderr))

    def test_closed_streams_do_not_become_results(self):
        self.go("run", self.scenario(), "--no-plots", "-o", "a", "-v")
        subprocess.run(["sh", "-c", f"'{PROGRAM}' run small.json --no-plots -o b -v <&- >&- 2>&-"], cwd=self.here)
        self.assert_same_folders(self.here / "a", self.here / "b")
        done = subprocess.run(["sh", "-c", f"'{PROGRAM}' explain acks >&-"], stderr=subprocess.PIPE, text=True)
        self.assertEqual((4, "kafkasim: cannot write to standard output: Bad file descriptor\n"), (done.returncode, done.stderr))

    def test_a_comparison_that_is_interrupted_claims_nothing(self):
        long = self.scenario(duration="7d")
        process = subprocess.Popen([PROGRAM, "compare", str(long), str(long), "--seeds", "1..2"], cwd=self.here, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
        self.assertEqual(130, process.returncode)
        self.assertTrue(told.endswith("\nA and B have run 0 of 2 seeds to their end.\n"), told)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
