#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""screens.py OOMTRACE FOLDER: what reports look like on terminals of 40 to 200 columns, in UTF-8 and in C.

Each report is printed to a terminal of its own. A small emulator puts the characters where a terminal would, and tells
which lines the terminal had to break because oomtrace hadn't. Such a line may only be a single word behind its label;
the words must be those of the report in a pipe, and no number may be parted from its unit.
"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import unicodedata

COLUMNS = (40, 60, 80, 120, 200)
DETAILS = ((), ("--brief",), ("--verbose",))
UNITS = re.compile(r"(B|[KMGTPE]iB|[nµu]?s|ms|min?|h)[,;:.)]?$")
NUMBER = re.compile(r"[\d.,]*\d$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CURVE = re.compile(r"[▁▂▃▄▅▆▇█_.:=+*#-]+")
TABLE_LEAST = 79  # columns: with less, a table of steps becomes sentences
HANG_MOST = 26  # columns before what follows a label or a log's time


def width_of(char):
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Screen:
    """Lines as the terminal shows them; `broken` are those that it had to break itself."""

    def __init__(self, columns, text):
        self.lines, self.broken, self.odd = [], [], []
        for line in text.replace("\r\n", "\n").split("\n"):
            column, rows = 0, 1
            for char in COLOUR.sub("", line):
                if char < " " or "\x7f" <= char < "\xa0":
                    self.odd.append(repr(char))
                if column + width_of(char) > columns:
                    column, rows = 0, rows + 1
                column += width_of(char)
            plain = COLOUR.sub("", line)
            self.lines.append(plain)
            if rows > 1:
                self.broken.append(plain)


def on_terminal(columns, locale, command):
    """What the command prints on a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "LANG", "LC_CTYPE")}
    env |= {"LC_ALL": locale, "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL,
                          env=env) as process:
        os.close(slave)
        got = bytearray()
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux's way to say that nobody has it open any more
                break
            if not data:
                break
            got += data
        code = process.wait()
    os.close(master)
    return code, got.decode("utf-8")


def in_pipe(command, columns=0):
    """0 columns: lines are as long as they are."""
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"LC_ALL": "C.UTF-8"}
    if columns:
        env["COLUMNS"] = str(columns)
    return subprocess.run(command, capture_output=True, env=env, check=True).stdout.decode("utf-8")


def words_of(text):
    return [word for word in text.split() if not CURVE.fullmatch(word)]


def parted(lines):
    """Numbers at a line's end whose unit begins the next."""
    for line, after in zip(lines, lines[1:]):
        words, first = line.split(), after.split()
        if words and first and after.startswith(" ") and NUMBER.match(words[-1]) and UNITS.match(first[0]):
            yield f"{line!r} / {after!r}"


def problems_of(columns, locale, command, expected):
    code, text = on_terminal(columns, locale, command)
    screen = Screen(columns, text)
    if code:
        yield f"exit code {code}"
    for line in screen.broken:
        if line.rstrip().rfind(" ") >= HANG_MOST:  # more than a label and a word for which there is no room
            yield f"broken by the terminal: {line!r}"
    for char in screen.odd:
        yield f"a control character: {char}"
    for where in parted(screen.lines):
        yield f"a number without its unit: {where}"
    if words_of("\n".join(screen.lines)) != expected:
        got = words_of("\n".join(screen.lines))
        at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
        yield f"other words than in a pipe: {got[at - 3:at + 5]}, not {expected[at - 3:at + 5]}"
    if locale != "C" and "\n".join(screen.lines) != in_pipe(command, columns):
        yield "not as in a pipe with COLUMNS"
    if locale == "C" and re.search("[▁-█]", text):
        yield "a curve that a C locale can't show"


def main():
    oomtrace, folder = sys.argv[1:]
    failed = count = 0
    for name in ("incident.jsonl", "stacks.jsonl", "scenarios.jsonl",
                 "klog/24-ubuntu515-systemd-writes-memory-max.log", "klog/17-next50-oom-group-caller-init-panic.log"):
        for detail in DETAILS:
            command = [oomtrace, "report", *detail, f"{folder}/{name}"]
            wide, narrow = words_of(in_pipe(command)), words_of(in_pipe(command, TABLE_LEAST - 1))
            for columns, locale in [(columns, "C.UTF-8") for columns in COLUMNS] + [(40, "C"), (80, "C")]:
                count += 1
                expected = wide if columns >= TABLE_LEAST else narrow
                for problem in list(problems_of(columns, locale, command, expected))[:5]:
                    failed += 1
                    print(f"FAIL: {name} {' '.join(detail)} at {columns} columns, {locale}: {problem}")
    print(f"{count} screens, {failed} problems")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
