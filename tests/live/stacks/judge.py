# SPDX-License-Identifier: GPL-2.0-only
"""--stacks and --folded against programs that know what they charge where."""

from oracles import read_records
from results import guarded
from stack_shares import check_stacks, check_trigger


def check_plain(run):
    """Nobody has asked for stacks, but the trigger's is told."""
    lines = read_records(run.folder / "plain.jsonl")
    run.results.unless(not [line for line in lines if line["type"] == "stack" and "oom_id" not in line],
                       "plain: samples that nobody asked for")
    check_trigger(run, "plain", lines, "die_here", "/stacks-static")


def check(run):
    for name in "static", "dies", "made", "kprobes", "short", "replaced":
        guarded(run.results, check_stacks, run, name, "ld.so" if name == "dies" else "stacks-static")
    guarded(run.results, check_plain, run)
