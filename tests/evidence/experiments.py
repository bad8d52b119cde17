"""Which recording is compared with which scenario, and what is measured."""
from experiments_groups import group_experiments
from experiments_modern import modern_experiments
from measures import balance, crash, crash_partitions, cycles, freeze, restart, stop, stop_partitions
from experiments_consumer import consumer_experiments
from experiments_offsets import offset_experiments
from experiments_producer import producer_experiments
from experiments_transactions import transaction_experiments
from measures_more import quorum, reassignment, two_stopped


# Recorded while other recorders ran on the machine's two cores. (G13 and G14 are from its quiet hours.)
# Not among them: F9, which is about timers only; F10, whose largest latencies, 7.0 to 7.7 s for a silence of 7 s, leave no room for waits; F13, where
# nothing but the copy ran: here its 200 MB are produced first, and that would not end in time.
LOADED = {"F1", "F2", "F3", "F4", "F5", "F6", "F8", "F12"}
LOADED_GROUPS = {"G1", "G2", "G3", "G4", "G5", "G7", "G8", "G10", "G11", "G15", "G17"}


class Table:
    """One recording's rows beside one measure of a run."""

    def __init__(self, title, file, measure, keep=lambda row: True, variant=0, columns="*", within=None):
        self.title, self.file, self.measure, self.keep, self.variant = title, file, measure, keep, variant
        self.columns = columns
        self.recorded = None  # a function that reads the recording in its own way
        self.within = within  # of averages: inside is so near, as a part of the recorded value


class Experiment:
    def __init__(self, name, text, tables, scenario=None, variants=((),), shifted=True, spread=1000):
        self.name, self.text, self.tables = name, text, tables
        self.scenario, self.variants = scenario or name, variants
        self.shifted = shifted  # the steps of the timeline came at a random time
        self.spread = spread  # ms, to both sides
        self.starts_clients = name.partition("-")[0] in LOADED_GROUPS  # elsewhere they have run for a while
        self.loaded = name in LOADED or self.starts_clients


def load(seed):
    """Threads of other programs beside a loaded recording. Load averages of 10 to 40 were noted now
    and then, single runs were quiet: seeds spread over 1 to 40, each octave alike."""
    return round(40 ** ((seed - 1) % 20 / 19))


def quiet(row):
    return row.get("neighbour", "0") == "0"


def acks(value):
    return lambda row: row["acks"] == value and quiet(row)


def two_quiet(topic, producer, value):
    words = {"all": "acks=all", "1": "acks=1", "0": "acks=0"}[value]
    return [Table(words, "F2-quiet/runs.csv", lambda run: crash(run, topic, producer, 1), acks(value)),
            Table(f"{words}, by partition", "F2-quiet/partitions.csv",
                  lambda run: crash_partitions(run, topic, producer, 1), acks(value))]


def session(value):
    return lambda row: row["session_timeout_ms"] == value


EXPERIMENTS = [
    Experiment("F1-quiet", "kill -9 of a broker that leads, acks=all.", [
        Table("kill", "F1-quiet/runs.csv", lambda run: crash(run, "t", "p", 1), quiet),
        Table("by partition", "F1-quiet/partitions.csv", lambda run: crash_partitions(run, "t", "p", 1), quiet),
        Table("restart", "F1-quiet/restarts.csv", lambda run: restart(run, ["t"], 1), quiet)]),
    Experiment("crash-leader", "The scenario for class, scenarios/failures/crash-leader.json, set up as F1-quiet.", [
        Table("kill", "F1-quiet/runs.csv", lambda run: crash(run, "orders", "checkout", 1), quiet,
              columns="last_heartbeat_before_kill; fenced; heartbeat_to_fence; *_leader_change; *_gap; *_first_ack; lost"),
        Table("by partition", "F1-quiet/partitions.csv", lambda run: crash_partitions(run, "orders", "checkout", 1), quiet,
              columns="*: gap; *: election_*")], scenario="../failures/crash-leader"),
    Experiment("F1", "The same on a loaded machine.", [
        Table("kill", "F1/runs.csv", lambda run: crash(run, "t", "p", 1))]),
    Experiment("F2-quiet", "kill -9 of a broker that leads; three topics at once.",
               two_quiet("all", "acks-all", "all") + two_quiet("one", "acks-1", "1") +
               two_quiet("zero", "acks-0", "0") + [
                   Table("restart", "F2-quiet/restarts.csv", lambda run: restart(run, ["one"], 1), quiet)]),
    Experiment("F2", "acks=1 on a loaded machine.", [
        Table("acks=1", "F2/runs.csv", lambda run: crash(run, "one", "acks-1", 1), lambda row: row["acks"] == "1")]),
    Experiment("F3", "kill -9 of a broker that only follows, acks=all.", [
        Table("kill", "F3/runs.csv", lambda run: crash(run, "t", "p", 3))]),
    Experiment("F4-quiet", "SIGTERM of a broker that leads, acks=all; it starts again inside its old session.", [
        Table("stop and start", "F4-quiet/runs.csv", lambda run: stop(run, "t", "p", 1)),
        Table("by partition", "F4-quiet/partitions.csv", lambda run: stop_partitions(run, "t", "p", 1))]),
    Experiment("F4-balance", "The same with leader.imbalance.check.interval.seconds=10.", [
        Table("leaders return", "F4-quiet/runs.csv", lambda run: balance(run, "t", "p", 1),
              lambda row: row["source"] == "F4-10", columns="preferred_*")]),
    Experiment("F4", "SIGTERM on a loaded machine, one stop.", [
        Table("stop and start", "F4/runs.csv", lambda run: stop(run, "t", "p", 1))]),
    Experiment("F5", "Start again after kill -9, loaded machine.", [
        Table("restart", "F5/runs.csv", lambda run: restart(run, ["t"], 1))]),
    Experiment("F6", "SIGSTOP of a follower for 20 s, loaded machine, one run.", [
        Table("freeze", "F6/runs.csv", lambda run: freeze(run, "follows", "follows", 1))]),
    Experiment("F8-quiet", "SIGTERM of brokers 3 and 2, min.insync.replicas=2.", [
        Table("two down", "F8-quiet/runs.csv", lambda run: two_stopped(run, "t", "p", "probe"))]),
    Experiment("F8", "The same on a loaded machine, one run.", [
        Table("two down", "F8/runs.csv", lambda run: two_stopped(run, "t", "p", "probe"))]),
    Experiment("F9", "The fencing after session time-outs of 9 and 20 s.", [
        Table("session 9000", "F9/runs.csv", lambda run: crash(run, "t", "p", 1), session("9000")),
        Table("session 20000", "F9/runs.csv", lambda run: crash(run, "t", "p", 1), session("20000"), variant=1)],
               variants=((), ("/cluster/config/broker.session.timeout.ms=20000",))),
    Experiment("F10", "A follower is silent for 7 s at a time; replica.lag.time.max.ms=5000.", [
        Table("cycles", "F10/runs.csv", lambda run: cycles(run, "t", "p", 3))]),
    Experiment("F12", "kill -9 of the active one of three controllers, loaded machine, one run.", [
        Table("fail-over", "F12/runs.csv", lambda run: quorum(run, "t", "p"))]),
    Experiment("F13", "200 MB move under a throttle of 20 MB/s.", [
        Table("reassignment", "F13/runs.csv", lambda run: reassignment(run, "t"))]),
]
EXPERIMENTS += producer_experiments(Table, Experiment)
EXPERIMENTS += group_experiments(Table, Experiment)
EXPERIMENTS += offset_experiments(Table, Experiment)
EXPERIMENTS += modern_experiments(Table, Experiment)
EXPERIMENTS += transaction_experiments(Table, Experiment)
EXPERIMENTS += consumer_experiments(Table, Experiment)
