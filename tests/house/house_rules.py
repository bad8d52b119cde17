#!/usr/bin/env python3
"""The rules of the house, as a test: who may include whom, sizes, banned words, the top level.

Usage: house_rules.py [--report]   from anywhere inside the tree; exits 1 and lists what breaks a rule.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 500
ROOM_SOURCES_MAX = 16
TOP_LEVEL = {"CMakeLists.txt", "LICENSE", "README.md", "models", "plots", "scenarios", "sim", "tests"}

# Which folders a folder may include, besides itself. The longest matching prefix counts.
MAY_INCLUDE = {
    "sim/kernel": [],
    "sim/chance": [],
    "sim/watch": ["sim/kernel"],
    "sim/actor": ["sim/kernel", "sim/chance", "sim/watch"],
    "sim/resource": ["sim"],
    "models/protocol": ["sim"],
    "models/protocol/options": ["sim", "models/protocol"],
    "models/ledger": ["sim", "models/protocol"],
    "models/spec": ["sim", "models/protocol"],
    "models/log": ["sim", "models/protocol"],
    "models/client": ["sim", "models/protocol"],
    "models/group/assignors": ["sim", "models/protocol"],
    "models/group/modern": ["sim", "models/protocol", "models/group/assignors"],
    "models/group/share": ["sim", "models/protocol", "models/group/assignors"],
    "models/group": ["sim", "models/protocol", "models/log"],
    "models/transaction": ["sim", "models/protocol", "models/log", "models/group/assignors"],
    "models/replica": ["sim", "models/protocol", "models/log"],
    "models/quota": ["sim", "models/protocol"],
    "models/raft": ["sim", "models/protocol", "models/spec"],
    "models/storage": ["sim", "models/protocol", "models/log", "models/spec"],
    "models/broker": ["sim", "models/protocol", "models/log", "models/group", "models/spec",
                      "models/replica", "models/quota", "models/storage",
                      "models/transaction"],
    "models/broker/transactions": ["sim", "models/protocol", "models/log", "models/replica",
                                   "models/group", "models/transaction", "models/broker"],
    "models/broker/fetch": ["sim", "models/protocol", "models/log", "models/replica",
                            "models/quota", "models/broker"],
    "models/broker/metadata": ["sim", "models/protocol", "models/log", "models/replica",
                               "models/spec", "models/broker"],
    "models/broker/fetcher": ["sim", "models/protocol", "models/log", "models/replica",
                              "models/broker"],
    "models/broker/share": ["sim", "models/protocol", "models/log", "models/replica", "models/spec",
                            "models/group", "models/broker"],
    "models/controller": ["sim", "models/protocol", "models/log", "models/raft", "models/spec", "models/quota"],
    "models/zookeeper": ["sim", "models/protocol", "models/spec", "models/controller"],
    "models/workload": ["sim", "models/protocol", "models/spec"],
    "models/producer": ["sim", "models/protocol", "models/client", "models/ledger", "models/spec",
                        "models/workload", "models/group/assignors"],
    "models/producer/application": ["sim", "models/protocol", "models/ledger", "models/spec",
                                    "models/workload", "models/producer"],
    "models/producer/transactions": ["sim", "models/protocol", "models/client", "models/ledger",
                                     "models/spec", "models/workload", "models/producer"],
    "models/consumer": ["sim", "models/protocol", "models/client", "models/ledger", "models/spec",
                        "models/group/assignors"],
    "models/consumer/membership": ["sim", "models/protocol", "models/client", "models/spec",
                                   "models/group/assignors", "models/consumer"],
    "models/consumer/share": ["sim", "models/protocol", "models/client", "models/spec",
                              "models/ledger", "models/consumer"],
    "models/connect": ["sim", "models/protocol", "models/group/assignors", "models/spec",
                       "models/consumer"],
    "models/streams": ["sim", "models/protocol", "models/client", "models/ledger", "models/spec",
                       "models/consumer"],
    "models/invariants": ["sim", "models/protocol", "models/log", "models/broker",
                          "models/ledger", "models/group", "models/transaction"],
    "models/world": ["sim", "models"],
    "models/world/admin": ["sim", "models"],
    "models/world/applications": ["sim", "models"],
    "models/world/view": ["sim", "models"],
    "scenarios": ["sim", "models", "plots/plot.h", "kafkasim_commit.h"],
    "plots": [],
    "tests": ["sim", "models", "scenarios", "plots"],
}
# Words that would let chance, the wall clock, the locale or an address into a run.
BANNED = {
    r"\brand\s*\(": "a named Stream", r"\btime\s*\(": "sim_now", r"\bclock\s*\(": "sim_now",
    r"\bg_random_|\bg_rand_": "a named Stream", r"\bg_get_monotonic|\bg_get_real": "sim_now",
    r"\bg_hash_table_(iter_init|foreach|get_keys|get_values)": "an ordered array beside the table",
    r"\bqsort\s*\(": "g_array_sort", r"\bstrtok\s*\(": "g_strsplit", r"\bsprintf\s*\(": "snprintf",
    r"\bsetlocale\s*\(": "nothing", r"\bgetenv\s*\(": "an option",
    r"\b(exp|log|pow|sin|cos|exp2|log2|log10|expm1|log1p|cbrt|tgamma|lgamma)\s*\(": "sim_exp, sim_log, sim_pow",
}
BANNED_ROOMS = ("sim/", "models/")
MALLOC_ALLOWED = ("sim/kernel/",)


def strip(text):
    """Blanks comments and strings, keeps the lines."""
    def blank(match):
        return re.sub(r"[^\n]", "", match.group(0)) if match.group(0).startswith("/") else '""'
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def functions(text):
    """(name, code lines) of each function; a function ends with a brace in the first column."""
    lines = strip(text).split("\n")
    start = None
    for i, line in enumerate(lines):
        if line.startswith("{") and start is None:
            start = i
            head = i - 1
            while head > 0 and lines[head].strip() and not lines[head - 1].startswith(("}", "#")) \
                    and not lines[head - 1].rstrip().endswith(";") and lines[head - 1].strip():
                head -= 1
            name = re.search(r"(\w+)\s*\(", " ".join(lines[head:i]))
            first = head
        elif line.startswith("}") and start is not None:
            if name and not line.startswith("};"):
                yield name.group(1), sum(1 for row in lines[first:i + 1] if row.strip())
            start = None


def room_of(path):
    best = ""
    for room in MAY_INCLUDE:
        if (path == room or path.startswith(room + "/")) and len(room) > len(best):
            best = room
    return best


def check_includes(name, text, broken):
    room = room_of(name)
    for include in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
        allowed = [room] + MAY_INCLUDE.get(room, [])
        if not any(include == a or include.startswith(a.rstrip("/") + "/") for a in allowed):
            broken.append(f"{name}: includes {include}, against the direction of the house")


def check_words(name, text, broken):
    if not name.startswith(BANNED_ROOMS):
        return
    code = strip(text)
    for pattern, instead in BANNED.items():
        for match in re.finditer(pattern, code):
            line = code.count("\n", 0, match.start()) + 1
            broken.append(f"{name}:{line}: {match.group(0).strip('(')} is banned; use {instead}")
    if not name.startswith(MALLOC_ALLOWED) and re.search(r"(?<![>.\w])(malloc|calloc|realloc|free)\s*\(", code):
        broken.append(f"{name}: malloc or free; use GLib or the pool")


def check_sizes(name, text, sizes, broken):
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        broken.append(f"{name}: {lines} lines (at most {FILE_LINES_MAX})")
    if not name.endswith(".c"):
        return
    for function, count in functions(text):
        if not name.startswith("tests/"):
            sizes.append(count)
        if count > FUNCTION_LINES_MAX and not name.startswith("tests/"):
            broken.append(f"{name}: {function} has {count} code lines (at most {FUNCTION_LINES_MAX})")


def check_guards(name, text, broken):
    if name.endswith(".h") and not re.search(r"#ifndef KAFKASIM_\w+\n#define KAFKASIM_\w+\n", text):
        broken.append(f"{name}: no include guard KAFKASIM_...")


def tracked():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if out.returncode == 0 and out.stdout:
        return out.stdout.split("\n")[:-1]
    return [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]


def main():
    broken, sizes, rooms = [], [], {}
    names = tracked()
    for name in {n.split("/")[0] for n in names} - TOP_LEVEL:
        if not name.startswith(".") and name != "build":
            broken.append(f"top level: {name} does not belong there")
    for name in sorted(n for n in names if n.endswith((".c", ".h"))):
        path = ROOT / name
        if not path.exists():
            continue
        text = path.read_text(errors="replace")
        check_includes(name, text, broken)
        check_words(name, text, broken)
        check_sizes(name, text, sizes, broken)
        check_guards(name, text, broken)
        if name.endswith(".c"):
            folder = name.rsplit("/", 1)[0]
            rooms[folder] = rooms.get(folder, 0) + 1
    for folder, count in sorted(rooms.items()):
        if count > ROOM_SOURCES_MAX and not folder.startswith("tests"):
            broken.append(f"{folder}: {count} sources in one room (at most {ROOM_SOURCES_MAX})")
    sizes.sort()
    if sizes:
        print(f"{len(sizes)} functions: median {sizes[len(sizes) // 2]}, p90 {sizes[int(len(sizes) * .9)]}, "
              f"longest {sizes[-1]} code lines (aim: 15, 35; limit {FUNCTION_LINES_MAX})")
    print("\n".join(broken) if broken else "nothing outside the rules of the house")
    return 1 if broken else 0


sys.exit(main())
