#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""extract.py commands PAGE FOLDER: each command that PAGE shows, into FOLDER/PAGE.NN.cmd, in their order.
extract.py file PAGE WORD: the fenced block that has WORD in one of its first three lines.

A command is a line of an "sh" block, or a line that begins with "$ " or "# oomtrace" in a block that names no
language, or a `command` of oomtrace, journalctl or systemctl in the text. Those with a PLACEHOLDER are left out, and
so are scripts. A comment behind a command is no part of it.
"""
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```", re.M | re.S)
PROMPT = re.compile(r"(?:\$|#(?= (?:oomtrace|systemctl) )) ")
COMMENT = re.compile(r"\s{2,}#.*$|\s+# (?:why|who)$", re.M)
PLACEHOLDER = re.compile(r"\b[A-Z]+\b")
INLINE = re.compile(r"`((?:oomtrace|journalctl|systemctl) [^`]*)`")


def whole(text):
    """Whether a shell wants no more lines."""
    return not subprocess.run(["bash", "-n"], input=text, text=True, stderr=subprocess.DEVNULL, check=False).returncode


def commands_of(block, prompted):
    text = ""
    for line in block.splitlines():
        if not text and prompted:
            found = PROMPT.match(line)
            if not found:
                continue
            line = line[found.end():]
        text += COMMENT.sub("", line)
        if text.strip() and not text.rstrip().endswith("\\") and whole(text):
            yield text
            text = ""
        elif text:
            text += "\n"


def commands(page):
    """In the order of the page."""
    found = []
    for match in BLOCK.finditer(page):
        language, body = match.groups()
        if language == "sh" and not body.startswith("#!"):
            found += [(match.start(), text) for text in commands_of(body, False)]
        elif not language:
            found += [(match.start(), text) for text in commands_of(body, True)]
    prose = BLOCK.sub(lambda match: " " * len(match[0]), page)
    found += [(match.start(), match[1]) for match in INLINE.finditer(prose) if not PLACEHOLDER.search(match[1])]
    return list(dict.fromkeys(text for _, text in sorted(found, key=lambda pair: pair[0])))


def main():
    what, page, argument = sys.argv[1:]
    text = Path(page).read_text(encoding="utf-8")
    if what == "commands":
        for number, command in enumerate(commands(text)):
            Path(argument, f"{Path(page).name}.{number:02}.cmd").write_text(command + "\n", encoding="utf-8")
        return 0
    blocks = [body for _, body in BLOCK.findall(text) if argument in "\n".join(body.splitlines()[:3])]
    if blocks:
        print(blocks[0], end="")
    return not blocks


if __name__ == "__main__":
    sys.exit(main())
