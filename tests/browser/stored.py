# SPDX-License-Identifier: GPL-2.0-only
"""An incident as the service keeps it: it has no usage but the seconds before, and its session and writes of limits are
of days before."""
import json

from chromium import Page
from results import Results

DAYS = 3
TICKS = "[...document.querySelectorAll('.dygraph-axis-label-x')].map(label => label.textContent)"
HEADER = "document.querySelector('header time').textContent"
ALL = "[...document.querySelectorAll('.tools button')].find(button => button.textContent === 'All').click()"


def earlier(record: dict) -> dict:
    date, clock = record["time"].split("T")
    return record | {"time": f"{date[:-2]}{int(date[-2:]) - DAYS:02}T{clock}"}


def save_stored(recording: str, path: str) -> None:
    """What an incident would have of this recording: its kills, and a write of the limit as of days before."""
    session, *rest = [json.loads(line) for line in open(recording, encoding="utf-8")]
    limit = next(record for record in rest if record["type"] == "limit" and record["file"] == "memory.max")
    kept = [earlier(session), earlier(limit | {"kills": 0, "ts_ns": session["ts_ns"], "time": session["time"]})]
    kept += [record for record in rest if record["type"] in ("oom", "exit", "end")]
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(record) + "\n" for record in kept)


def check_stored(results: Results, page: Page, html: str) -> None:
    page.scheme("light")
    page.size(1100, 900)
    page.open(html)
    ticks = page.evaluate(TICKS)
    results.check(ticks and all(tick[2:3] == ":" for tick in ticks),
                  f"stored: shows the seconds that are known: {ticks}")
    results.equal(page.evaluate(HEADER), "2026-11-23 23:32:37", "stored: the time of the kill, not of the session")
    page.evaluate(ALL)
    ticks = page.evaluate(TICKS)
    results.check(any("Nov" in tick for tick in ticks), f"stored: all of it has the write of days before: {ticks}")
