#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Where twelve questions have their answers: questions.py OOMTRACE INCIDENT STORM, or questions.py --make STORM

INCIDENT is tests/golden/incident.jsonl, STORM a made-up one of 24 kills; both as this version of oomtrace writes
recordings. Prints a row a question, for each recording: the row of a terminal of 80 columns on which the answer ends,
and how many screens of 1280x800 down the page it stands ("+1 click": in a card that is closed). "+2 keys": so often a
reader presses Space until the answer is there, in less(1) of 24 rows and in the browser. "-": the answer isn't there.
The last row has the seconds of CPU time until all of it is there. docs/notes/twelve-questions.md has what it printed.
"""
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

from chromium import Page
from recording import make

SCREEN = 800
COLUMNS = 80
ROWS = 23  # less(1) keeps one of 24 for itself
# A question, and what answers it in the one recording and in the other; as words, with one blank between two.
QUESTIONS = [
    ("Who was killed?", r"busybox", r"process(es)?: web|UTC: web|killed web|web pid 1001"),
    ("Which limit was hit, and whose is it?", r"(own limit of|limit) 64\.0 MiB", r"(own limit of|limit) 512\.0 MiB"),
    ("Did somebody lower it, and who?", r"lowered from 128\.0 MiB by (pid 1 \(systemd|systemd)",
     r"(lowered from 512\.0 MiB|512\.0 MiB -> 384\.0 MiB|512\.0 MiB → 384\.0 MiB) by web|"
     r"384\.0 MiB web pid 464"),
    ("What became of the container?", r"exit code 137", r"exit code 137"),
    ("Did Docker notice?", r"OOMKilled true", r"OOMKilled true"),
    ("What changed before?", r"128\.0 MiB (->|→) 64\.0 MiB|lowered from 128\.0 MiB",
     r"512\.0 MiB (->|→) 384\.0 MiB|lowered from 512\.0 MiB"),
    ("When was the last one killed?", r"(OOM killed 1|killed at 23:32:37|23:32:37\.366)",
     r"(\+54\.5 s|20:17:02\.86)"),
    ("How fast did it grow?", r"2\.3 MiB(/s| a second)", r"90\.0 MiB(/s| a second)"),
    ("What was the memory?", r"anon(ymous)? 79\.0 MiB", r"anon(ymous)? 409\.6 MiB, file|page cache 23\.6 MiB"),
    ("Who else was big?", r"[Bb]iggest|[Nn]ext by points|candidate.*\bMiB", r"[Bb]iggest|[Nn]ext by points"),
    ("Would a higher limit have helped?", r"put the limit back", r"no limit near this one would have held"),
    ("What was the program doing?", r"__write", r"leaf_\d"),
]

# The place of the first text that matches: its end's distance from the top, and whether its card is closed.
PLACE = """
(pattern => {
  const wanted = new RegExp(pattern);
  const blocks = [...document.querySelectorAll('h1, h2, p, li, tr, dd, summary, figcaption, ol, .flame div')];
  for (const block of blocks) {
    if (!wanted.test(block.textContent.replace(/\\s+/g, ' ')))
      continue;
    const closed = [...document.querySelectorAll('details:not([open])')].find(details => details.contains(block) &&
      block.tagName !== 'SUMMARY' && !block.closest('summary'));
    const seen = closed ? closed.querySelector('summary') || closed : block;
    return [seen.getBoundingClientRect().bottom + scrollY, closed ? 1 : 0];
  }
  return null;
})
"""


def lines_of(text: str) -> tuple[str, list[int]]:
    """The text with one blank between words, and the row of a terminal of 80 columns of each of its characters."""
    joined, where, rows = "", [], 0
    for line in text.split("\n"):
        for word in re.finditer(r"\S+", line):
            joined += word[0] + " "
            where += [rows + 1 + (word.end() - 1) // COLUMNS] * (len(word[0]) + 1)
        rows += 1 + max(0, len(line) - 1) // COLUMNS
    return joined, where + [rows]


def keys(count: int) -> str:
    return f" +{count} key{'' if count == 1 else 's'}" if count else ""


def run(command: list[str], **options: object) -> tuple[bytes, float]:
    """What it prints, and its seconds of CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(command, check=True, capture_output=True, **options).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return said, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_text(oomtrace: str, recording: str, patterns: list[str]) -> list[str]:
    env = {**os.environ, "COLUMNS": str(COLUMNS), "LC_ALL": "C.UTF-8"}
    text, seconds = run([oomtrace, "report", recording], env=env)
    joined, where = lines_of(text.decode())
    found = [re.search(pattern, joined) for pattern in patterns]
    rows = [where[match.end() - 1] if match else 0 for match in found]
    shown = [f"{row}{keys((row - 1) // ROWS)}" if row else "-" for row in rows]
    return shown + [str(where[-1] - 1), f"{seconds:.2f} s"]


def on_page(page: Page, oomtrace: str, recording: str, patterns: list[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        html = f"{folder}/page.html"
        _, seconds = run([oomtrace, "report", "--format", "html", "--output", html, recording])
        page.scheme("light")
        page.size(1280, SCREEN)
        page.open(html)
        seconds += page.cpu_seconds()
        places = [page.evaluate(f"{PLACE}({pattern!r})") for pattern in patterns]
        height = page.evaluate("document.documentElement.scrollHeight")
    shown = [f"{place[0] / SCREEN:.1f}{keys(int(place[0] // SCREEN))}" + (" +1 click" if place[1] else "")
             if place else "-" for place in places]
    return shown + [f"{height / SCREEN:.1f}", f"{seconds:.2f} s"]


def make_storm(path: str) -> None:
    """A container whose limit is lowered eight times, with its cgroup where Docker has it."""
    storm = make("web", seconds=60, kills=24, usage_per_s=20)
    storm.save(path)
    file = pathlib.Path(path)
    file.write_text(file.read_text("utf-8").replace(storm.cgroup, f"/system.slice/docker-{'e' * 64}.scope"), "utf-8")


def main() -> None:
    if sys.argv[1] == "--make":
        make_storm(sys.argv[2])
        return
    oomtrace, recordings = sys.argv[1], sys.argv[2:4]
    columns = []
    with Page() as page:
        for i, recording in enumerate(recordings):
            patterns = [question[1 + i] for question in QUESTIONS]
            columns += [in_text(oomtrace, recording, patterns), on_page(page, oomtrace, recording, patterns)]
    names = [question[0] for question in QUESTIONS] + ["(all of it)", "(until it is there)"]
    for row in zip(names, *columns):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
