#!/usr/bin/env python3
"""simpy_bench.py - the benchmarks of the kernel on SimPy 3, in its natural form: processes.

    simpy_bench.py hold N EVENTS | mm1 CUSTOMERS | pp MESSAGES

Same workloads and the same line of JSON as bench_kernel; chance is Python's own generator, so the
digest (of nothing but the last time) only tells whether two runs were equal. phold and kmix are
not built: SimPy has no timers to cancel but by interrupting processes."""
import json
import random
import sys
import time

import simpy

SEED = 20240229


def resident_bytes():
    with open("/proc/self/smaps_rollup") as lines:
        return sum(int(x.split()[1]) * 1024 for x in lines if x.startswith("Anonymous:"))


class Enough(Exception):
    pass


class Counter:
    def __init__(self, wanted):
        self.left = wanted

    def one(self):
        self.left -= 1
        if self.left == 0:
            raise Enough


def hold(env, chance, counter, n):
    def item():
        while True:
            yield env.timeout(chance.expovariate(1.0))
            counter.one()

    for _ in range(n):
        env.process(item())
    return n


def mm1(env, chance, counter, _):
    queue = simpy.Store(env)
    sums = [0.0, 0.0]

    def arrivals():
        while True:
            yield env.timeout(chance.expovariate(0.9))
            queue.put(env.now)

    def server():
        while True:
            arrived = yield queue.get()
            yield env.timeout(chance.expovariate(1.0))
            sojourn = env.now - arrived
            sums[0] += sojourn
            sums[1] += sojourn * sojourn
            counter.one()

    env.process(arrivals())
    env.process(server())
    return 2


def pp(env, _chance, counter, _):
    boxes = [simpy.Store(env) for _ in range(1000)]

    def deliver(event):
        boxes[event.value].put(True)

    def send(to):
        env.timeout(1.0, to).callbacks.append(deliver)

    def actor(me):
        while True:
            yield boxes[me].get()
            counter.one()
            send(me ^ 1)

    for i in range(1000):
        env.process(actor(i))
    for i in range(0, 1000, 2):
        send(i)
    return 500


def main(arguments):
    benches = {"hold": (hold, 2), "mm1": (mm1, 1), "pp": (pp, 1)}
    if not arguments or arguments[0] not in benches:
        sys.exit(__doc__)
    run, numbers = benches[arguments[0]]
    values = [int(x) for x in arguments[1:]]
    if len(values) != numbers:
        sys.exit(__doc__)
    n, events = (values[0], values[1]) if numbers == 2 else (0, values[0])
    before = resident_bytes()
    env = simpy.Environment()
    pending = run(env, random.Random(SEED), Counter(events), n)
    start = time.perf_counter()
    try:
        env.run()
    except Enough:
        pass
    seconds = time.perf_counter() - start
    print(json.dumps({
        "bench": arguments[0], "n": n, "events": events, "seconds": round(seconds, 6),
        "m_per_s": round(events / seconds * 1e-6, 3),
        "bytes_per_pending": round((resident_bytes() - before) / pending, 1),
        "digest": f"{hash(env.now) & (2**64 - 1):016x}"}))


main(sys.argv[1:])
