# SPDX-License-Identifier: GPL-2.0-only
"""However oomtrace ends, the old limit stands again."""

from oracles import read_records

OLD = "268435456"


def outcome(folder, name):
    return [r["outcome"] for r in read_records(folder / name) if r["type"] == "steps"]


def check_sigkills(results, kills, slow):
    """The guard puts the limit back within a second, or as much longer as this machine is slower."""
    within_ms = 1000 * slow
    for name, kill in kills.items():
        result = kill["result"]
        results.check(result and result["wrong_ms"] <= within_ms and result["after"] == OLD,
                      f"{name}: the old limit stands again within {within_ms} ms", kill)
    late = max((k["result"]["wrong_ms"] for k in kills.values() if k["result"]), default=0)
    changed = sum(1 for k in kills.values() if k["result"] and k["result"]["before"] != OLD)
    print(f"{len(kills)} ends by SIGKILL, {changed} of them with the limit changed: the latest after {late:.0f} ms")
    results.check(kills, "there were ends by SIGKILL")


def check_ends(run, slow):
    results, folder = run.results, run.folder
    ends = {r["end"]: r for r in read_records(folder / "ends.jsonl")}
    for name, end in ends.items():
        if "want" in end:
            results.equal(end["after"], end["want"], f"{name}: memory.max after it")
    for name in ("end-INT", "end-TERM", "end-HUP", "end-two", "end-max"):
        results.equal((ends[name]["rc"], outcome(folder, name)), (0, ["restored"]), f"{name}: exit code and outcome")
    texts = outcome(folder, "end-other")
    results.check(any("somebody else" in text for text in texts), "end-other: says who changed the limit", texts)
    texts = outcome(folder, "end-keep")
    results.check(ends["end-keep"]["after"] != OLD and any("as asked" in text for text in texts),
                  "end-keep: the limit is kept", (ends["end-keep"], texts))
    said = (folder / "cli/two.err").read_text()
    results.check(ends["two"]["rc"] != 0 and "another oomtrace" in said, "two: the second is refused",
                  (ends["two"], said))
    for name in ("end-full", "end-fills"):
        results.equal(ends[name]["rc"], 1, f"{name}: exit code")
    results.check(ends["end-fills"]["bytes"], "end-fills: something was written before the disk was full")
    check_sigkills(results, {name: end for name, end in ends.items() if name.startswith("SIGKILL-")}, slow)
