#!/usr/bin/env python3
"""The README's commands, executed: what it tells a newcomer to type must work.

readme_commands.py --test-command     prints the command of the block marked `sh test`
readme_commands.py --install-command  prints the command of the block marked `sh install`
readme_commands.py BUILD_FOLDER       runs every other `sh` block in a scratch copy of the tree

A block may say what exit status it ends with: ```sh exit=1
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def blocks():
    text = (ROOT / "README.md").read_text()
    for match in re.finditer(r"^```sh([^\n]*)\n(.*?)^```", text, re.M | re.S):
        yield match.group(1).split(), match.group(2).strip()


def single(mark):
    found = [command for marks, command in blocks() if mark in marks]
    if len(found) != 1:
        sys.exit(f"README.md: {len(found)} blocks are marked `sh {mark}`, expected one")
    return found[0]


def scratch_copy(folder):
    for name in ("scenarios", "plots", "tests/evidence"):
        shutil.copytree(ROOT / name, folder / name)


def main():
    if sys.argv[1] == "--test-command":
        print(single("test"))
        return 0
    if sys.argv[1] == "--install-command":
        print(single("install"))
        return 0
    build = pathlib.Path(sys.argv[1]).resolve()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        scratch_copy(folder)
        (folder / "build").mkdir()
        for name in ("kafkasim", "tests"):
            (folder / "build" / name).symlink_to(build / name)
        install = single("install")
        run_part = install[install.index("build/kafkasim"):]  # the build itself is the one under test
        for marks, command in [([], run_part)] + [b for b in blocks() if not {"test", "install"} & set(b[0])]:
            expected = next((int(m[5:]) for m in marks if m.startswith("exit=")), 0)
            done = subprocess.run(["bash", "-ec", command], cwd=folder, capture_output=True, text=True)
            if done.returncode == expected:
                passed += 1
            else:
                failed += 1
                print(f"exit {done.returncode}, expected {expected}: {command}\n{done.stdout}{done.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
