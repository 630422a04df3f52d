#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the reports that pages show, and compares: check_examples.py OOMTRACE RECORDING PAGE...

Of the fenced blocks of a page that name no language, a line "$ oomtrace report ..." is run, with the lines
that go on with it (after "|" or "\\"), where web.jsonl is RECORDING. The lines below it, and those of later
blocks without a command, must be in what it prints, in this order. "…" stands for anything, and any white
space for any other, because pages cut and wrap long lines. Commands of other programs aren't run.

Prints one line for each text that isn't there, and exits with 1 if there was any. "SKIP" if a command
needs jq and there is none.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def blocks(text):
    return [body for language, body in re.findall(r"^```([^\n]*)\n(.*?)^```", text, re.M | re.S) if not language]


def steps(block):
    """(command or None, the lines shown below it) of a block, in order."""
    command, shown, going_on = None, [], False
    for line in block.splitlines():
        if going_on or re.match(r"[$#] ", line):
            if not going_on:
                if command or shown:
                    yield command, shown
                command, shown = line[2:], []
                prompt = line[0]
            else:
                command += "\n" + line
            going_on = line.rstrip().endswith(("|", "\\"))
            if prompt == "#" or not command.startswith("oomtrace report "):
                command = command if going_on else "-"
            continue
        shown.append(line)
    yield command, shown


def run(command, folder, oomtrace):
    # The page's comment behind a command is no part of it.
    command = re.sub(r"\s{2,}#.*$", "", command, flags=re.M)
    env = dict(os.environ, PATH=f"{os.path.dirname(oomtrace)}:{os.environ['PATH']}", COLUMNS="100")
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, env=env, timeout=120, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")


def missing(shown, output):
    """The first text of the lines shown that isn't in the output, in its place; None: all are."""
    text = " ".join(output.split())
    for part in re.split("…", "\n".join(shown)):
        part = " ".join(part.split())
        at = text.find(part)
        if at < 0:
            return part
        text = text[at + len(part):]
    return None


def check_page(page, folder, oomtrace):
    output, ran = None, 0
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for block in blocks(text):
        for command, shown in steps(block):
            if command == "-":
                output = None
            elif command and "jq" in command and not shutil.which("jq"):
                print(f"SKIP {page}: there is no jq for: {command}")
                output = None
            elif command:
                done = run(command, folder, oomtrace)
                output = done.stdout
                ran += 1
                if done.returncode:
                    yield f"exit code {done.returncode}: {command}"
            lost = missing(shown, output) if output is not None and shown else None
            if lost is not None:
                yield f"shows what the program doesn't print: {lost}"
    if not ran:
        yield "has no command to run"


def main():
    oomtrace, recording, *pages = [os.path.abspath(name) for name in sys.argv[1:]]
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(recording, os.path.join(folder, "web.jsonl"))
        for page in pages:
            faults += [f"{page}: {fault}" for fault in check_page(page, folder, oomtrace)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
