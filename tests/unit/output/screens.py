#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""screens.py OOMTRACE FOLDER: what reports look like on terminals of 40 to 200 columns, in UTF-8 and in C.

Each report is printed to a terminal of its own, which tmux emulates. The terminal tells which lines it had to break
because oomtrace hadn't: none may be. The words must be those of the report in a pipe, of which a path may be broken
behind a slash, and no number may be parted from its unit. Some screens are kept in FOLDER/screens as they are to look:
UPDATE=1 writes them anew.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

COLUMNS = (40, 60, 80, 120, 200)
DETAILS = ((), ("--summary",), ("--brief",), ("--verbose",))
UNITS = re.compile(r"(B|[KMGTPE]iB|[nµu]?s|ms|min?|h)[,;:.)]?$")
NUMBER = re.compile(r"[\d.,]*\d$")
CURVE = re.compile(r"[▁▂▃▄▅▆▇█_.:=+*#-]+")
BETWEEN_NAMES = "/,;:=&"
TABLE_LEAST = 79  # columns: with less, a table of steps becomes sentences


SCREENS = [(f"incident.{columns}", columns, "C.UTF-8", ("incident.jsonl",)) for columns in COLUMNS] + [
    ("incident.c.40", 40, "C", ("incident.jsonl",)),
    ("incident.c.80", 80, "C", ("incident.jsonl",)),
    ("incident.verbose.80", 80, "C.UTF-8", ("--verbose", "incident.jsonl")),
    ("scenarios.brief.80", 80, "C.UTF-8", ("--brief", "scenarios.jsonl")),
    ("scenarios.summary.40", 40, "C.UTF-8", ("--summary", "scenarios.jsonl")),
    ("scenarios.summary.80", 80, "C.UTF-8", ("--summary", "scenarios.jsonl")),
    ("compare.40", 40, "C.UTF-8", ("--compare", "incident.jsonl", "scenarios.jsonl")),
    ("compare.80", 80, "C.UTF-8", ("--compare", "incident.jsonl", "scenarios.jsonl")),
    ("log.80", 80, "C.UTF-8", ("klog/24-ubuntu515-systemd-writes-memory-max.log",)),
]


class Terminals:
    """Terminals that show what commands print."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        with open(f"{folder}/tmux.conf", "w", encoding="ascii") as file:
            file.write("set -g history-limit 100000\n")
        # Nothing of the user's own.
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ("COLUMNS", "NO_COLOR", "LANG", "LC_CTYPE", "TMUX", "TMUX_PANE")}
        self.env |= {"LC_ALL": "C.UTF-8", "TMUX_TMPDIR": folder, "SHELL": "/bin/sh", "TERM": "xterm-256color"}

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-u", "-f", f"{self.folder}/tmux.conf", *words], env=self.env, check=True,
                              capture_output=True, timeout=300)
        return done.stdout.decode("utf-8")

    def show(self, columns, locale, command):
        """The exit code, the terminal's rows, and its lines, of which each may have taken several rows."""
        self.count += 1
        name = f"s{self.count}"
        script = 'name=$1; shift; LC_ALL=$1; export LC_ALL; shift; "$@" 2>/dev/null; echo $? >"$TMUX_TMPDIR/code"; ' \
                 'LC_ALL=C.UTF-8 tmux wait-for -S "$name"; exec sleep 300'
        self.tmux("new-session", "-d", "-s", name, "-x", str(columns), "-y", "24",
                  "sh", "-c", script, "sh", name, locale, *command)
        self.tmux("wait-for", name)
        with open(f"{self.folder}/code", encoding="ascii") as file:
            code = int(file.read())
        rows, lines = (self.tmux("capture-pane", "-p", "-S", "-", "-t", f"{name}:", *joined).rstrip("\n").split("\n")
                       for joined in ((), ("-J",)))
        if self.count > 1:
            self.tmux("kill-session", "-t", f"s{self.count - 1}")
        return code, rows, [line.rstrip() for line in lines]

    def end(self):
        subprocess.run(["tmux", "kill-server"], env=self.env, check=False, capture_output=True)


def in_pipe(command, columns=0):
    """0 columns: lines are as long as they are."""
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"LC_ALL": "C.UTF-8"}
    if columns:
        env["COLUMNS"] = str(columns)
    return subprocess.run(command, capture_output=True, env=env, check=True).stdout.decode("utf-8")


def words_of(text):
    """Without curves."""
    return [word for word in text.split() if not CURVE.fullmatch(word)]


def matches(got, expected):
    """A name that is longer than a line is several words, or has no middle."""
    parts = re.split("…|[.]{3}", "".join(got))
    return re.fullmatch(".{0,300}?".join(map(re.escape, parts)), "".join(expected))


def parted(lines):
    """Numbers at a line's end whose unit begins the next."""
    for line, after in zip(lines, lines[1:]):
        words, first = line.split(), after.split()
        if words and first and after.startswith(" ") and NUMBER.match(words[-1]) and UNITS.match(first[0]):
            yield f"{line!r} / {after!r}"


def problems_of(terminals, columns, locale, command, expected):
    code, rows, lines = terminals.show(columns, locale, command)
    piped = in_pipe(command, columns)
    if code:
        yield f"exit code {code}"
    for line in lines:
        if len(line) > columns:
            yield f"broken by the terminal: {line!r}"
    for where in parted(rows):
        yield f"a number without its unit: {where}"
    got, whole = words_of("\n".join(lines)), set(expected)
    if not matches(got, expected):
        at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
        yield f"other words than in a pipe: {got[at - 3:at + 5]}, not {expected[at - 3:at + 5]}"
    for first, second in zip(got, got[1:]):
        if first + second in whole and {first, second}.isdisjoint(whole) and first[-1] not in BETWEEN_NAMES:
            yield f"a name is broken: {first} {second}"
    if locale != "C" and lines != [line.rstrip() for line in piped.rstrip("\n").split("\n")]:
        yield "not as in a pipe with COLUMNS"
    if locale == "C" and re.search("[▁-█]", "\n".join(lines)):
        yield "a curve that a C locale can't show"


def check_kept(terminals, oomtrace, folder):
    """How many of the screens that are kept don't look as they are kept."""
    failed = 0
    for name, columns, locale, words in SCREENS:
        path = pathlib.Path(f"{folder}/screens/{name}.txt")
        files = [word if word.startswith("-") else f"{folder}/{word}" for word in words]
        _, rows, _ = terminals.show(columns, locale, [oomtrace, "report", *files])
        text = "\n".join(row.rstrip() for row in rows).replace(f"{folder}/", "") + "\n"
        if os.environ.get("UPDATE") == "1":
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or text != path.read_text(encoding="utf-8"):
            failed += 1
            print(f"FAIL: {path}: it looks otherwise now; UPDATE=1 writes it anew:")
            subprocess.run(["diff", str(path), "-"], input=text.encode(), check=False)
    return failed


def main():
    oomtrace, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    failed = count = 0
    with tempfile.TemporaryDirectory() as own:
        terminals = Terminals(own)
        try:
            for name in ("incident.jsonl", "stacks.jsonl", "scenarios.jsonl",
                         "klog/24-ubuntu515-systemd-writes-memory-max.log",
                         "klog/17-next50-oom-group-caller-init-panic.log"):
                for detail in DETAILS:
                    command = [oomtrace, "report", *detail, f"{folder}/{name}"]
                    wide, narrow = words_of(in_pipe(command)), words_of(in_pipe(command, TABLE_LEAST - 1))
                    for columns, locale in [(columns, "C.UTF-8") for columns in COLUMNS] + [(40, "C"), (80, "C")]:
                        count += 1
                        expected = wide if columns >= TABLE_LEAST else narrow
                        for problem in list(problems_of(terminals, columns, locale, command, expected))[:5]:
                            failed += 1
                            print(f"FAIL: {name} {' '.join(detail)} at {columns} columns, {locale}: {problem}")
            failed += check_kept(terminals, oomtrace, folder)
        finally:
            terminals.end()
    print(f"{count} screens and {len(SCREENS)} that are kept, {failed} problems")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
