# SPDX-License-Identifier: GPL-2.0-only
"""stress-ng at its hardest: nothing is lost, or it is counted."""

from guest import RSS_MAX_KIB
from oracles import of, read_counters, read_records


def check(run):
    results, folder = run.results, run.folder
    records = read_records(folder / "stress.jsonl")
    end, lost = records[-1], sum(r.get("count", 0) for r in of(records, "lost"))
    usage = of(records, "usage")
    results.equal((records[0]["type"], end["type"], end.get("lost")), ("session", "end", lost),
                  "stress: from session to end, what was lost is counted")
    results.check(len(usage) >= 1000, "stress: many usage records", len(usage))
    # Ids of OOMs count up in the kernel: one that is missing was lost.
    ids = [o["id"] for o in of(records, "oom")]
    results.check(ids == list(range(1, len(ids) + 1)) or lost, "stress: every OOM is there", ids[:20])
    killed, counted = sum(o["killed"] for o in of(records, "oom")), read_counters(folder / "stress.events")["oom_kill"]
    results.check(killed == counted or lost, "stress: every kill is there", f"{killed}, memory.events has {counted}")
    rss = [int(word) for word in (folder / "stress.rss").read_text().split()]
    results.check(rss and max(rss) <= RSS_MAX_KIB, f"stress: resident memory, at most {RSS_MAX_KIB} KiB",
                  max(rss, default=None))
    own, machine = map(int, (folder / "stress.cpu").read_text().split())
    print(f"stress: {len(usage)} usage records, {len(ids)} OOMs, {lost} lost, {max(rss)} KiB, "
          f"{100 * own / machine:.1f} % of the machine's CPU time")
