#!/usr/bin/env python3
"""Planted bugs: each rule of the models is broken once, and something must notice.

Usage: tests/mutations/run.py [--scratch DIR] [--only NAME] [--finder NAME] [--sample] [--list] [--texts]
                              [--in-place BUILD]

The sources are copied to a scratch folder and built once; then, for each mutation of mutations.py,
one text of one file is replaced, what changed is built again, and its finder must fail. Without a
mutation every finder must pass. Exit 1 when a mutation survives, when its text is not there any
more (or twice), or when a finder fails without one. The tree itself is never touched, but with
--in-place: for CI, whose clone is thrown away and has built and tested everything in BUILD already.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mutations import FINDERS, MUTATIONS, SAMPLE  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = sorted({command.split()[0] for command in FINDERS.values()})
JOBS = str(os.cpu_count() or 2)


class Scratch:
    """Where mutations are planted, and where they are built."""

    def __init__(self, source, build):
        self.source, self.build = source, build


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def copy_sources(target_root):
    listed = run(["git", "-C", str(ROOT), "ls-files", "-z"]).stdout.split("\0")
    for name in filter(None, listed):
        source = ROOT / name
        if source.is_file():
            target = target_root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def build(scratch, targets):
    result = run(["cmake", "--build", str(scratch.build), "-j", JOBS, "--target", *targets])
    return result.returncode == 0, result.stdout


def configure(scratch):
    # Debug means no link-time optimisation; -O1 is the best of compile and run time together.
    result = run(["cmake", "-S", str(scratch.source), "-B", str(scratch.build),
                  "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-O1"])
    if result.returncode != 0:
        sys.exit("configure failed\n" + result.stdout[-2000:])


def find(scratch, finder):
    """Whether the finder failed, and the line that says best why."""
    program, *arguments = FINDERS[finder].split()
    try:
        result = run([str(scratch.build / "tests" / program), *arguments], timeout=300, cwd=scratch.source,
                     env={**os.environ, "CK_FORK": "no"})
    except subprocess.TimeoutExpired:
        return True, "it hung"
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("case ") or "failed" in line or "bug in" in line]
    return result.returncode != 0, (telling or lines or ["?"])[0].strip()


def plant(path, mutation):
    text = path.read_text()
    count = text.count(mutation.text)
    if count != 1:
        return None, f"its text stands {count} times in {mutation.file}"
    path.write_text(text.replace(mutation.text, mutation.replacement))
    return text, None


def try_mutation(scratch, mutation):
    """An empty string when the mutation was found, else what is wrong."""
    path = scratch.source / mutation.file
    original, problem = plant(path, mutation)
    if problem is not None:
        return problem
    started = time.monotonic()
    try:
        built, output = build(scratch, [FINDERS[mutation.finder].split()[0]])
        found, why = find(scratch, mutation.finder) if built else (False, "")
    finally:
        path.write_text(original)
    if not built:
        return "it does not compile: " + output[-300:]
    if not found:
        return f"it survives {FINDERS[mutation.finder]}"
    print(f"found     {mutation.name:40} {time.monotonic() - started:5.1f} s  {why}", flush=True)
    return ""


def control(scratch):
    built, output = build(scratch, TARGETS)
    if not built:
        sys.exit("the build fails without any mutation\n" + output[-2000:])
    for finder in FINDERS:
        failed, why = find(scratch, finder)
        if failed:
            sys.exit(f"{FINDERS[finder]} fails without any mutation: {why}")
    print(f"control   {len(FINDERS)} finders pass without a mutation", flush=True)


def check_texts(chosen):
    """Whether each text stands once in the tree: a mutation goes with the code it breaks."""
    lost = [m for m in chosen if (ROOT / m.file).read_text().count(m.text) != 1]
    for mutation in lost:
        print(f"{mutation.name}: its text does not stand once in {mutation.file}")
    return 1 if lost else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", help="folder to build in, kept; a temporary one otherwise")
    parser.add_argument("--only", help="this mutation alone")
    parser.add_argument("--finder", choices=FINDERS, help="those that this finder is to find")
    parser.add_argument("--sample", action="store_true", help="the cheapest of each family")
    parser.add_argument("--in-place", metavar="BUILD", help="plant in this very tree, build in BUILD")
    parser.add_argument("--texts", action="store_true", help="only look whether every text stands once in the tree")
    parser.add_argument("--list", action="store_true", help="what is planted, and stop")
    options = parser.parse_args()
    chosen = [m for m in MUTATIONS if options.only in (None, m.name) and options.finder in (None, m.finder)
              and (m.name in SAMPLE or not options.sample)]
    if options.texts:
        return check_texts(chosen)
    if options.list:
        for mutation in chosen:
            print(f"{mutation.name:40} {mutation.finder:20} {mutation.file}")
        return 0
    folder = None
    if options.in_place:
        scratch = Scratch(ROOT, pathlib.Path(options.in_place).resolve())
    else:
        folder = pathlib.Path(options.scratch or tempfile.mkdtemp(prefix="kafkasim-mutations-"))
        scratch = Scratch(folder / "source", folder / "build")
    problems = 0
    try:
        if folder is not None:
            copy_sources(scratch.source)
            configure(scratch)
            control(scratch)
        for mutation in chosen:
            problem = try_mutation(scratch, mutation)
            if problem:
                print(f"NOT FOUND {mutation.name}: {problem}", flush=True)
            problems += 1 if problem else 0
    finally:
        if folder is not None and options.scratch is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(chosen) - problems} of {len(chosen)} planted bugs found")
    return 1 if problems or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
