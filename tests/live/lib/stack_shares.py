# SPDX-License-Identifier: GPL-2.0-only
"""Stacks that are known: the program itself says what it has charged in which function."""

import collections
import json
import re

from kernels import version
from oracles import read_records

POINTS = 3.0  # percent of the bytes by which a function's share may differ
CHARGE = "page_counter_try_charge"
# The call of a program at a function's entry may be a jump (25e4e3565d45): the function isn't on the stack then.
JUMPS_FROM = (6, 19)


def read_folded(run, name):
    """[(frames, bytes)]"""
    lines = []
    with (run.folder / f"{name}.folded").open() as file:
        for line in file:
            match = re.fullmatch(r"([^;]+(?:;[^;]+)*) (\d+)\n", line)
            run.results.unless(match, f"{name}: folded line {line!r}")
            if match:
                lines.append((match[1].split(";"), int(match[2])))
    return lines


def said(run, name):
    total = collections.Counter()
    with (run.folder / f"{name}.said").open() as file:
        for line in file:
            total.update(json.loads(line))
    return total


def check_run(run, name, hook):
    run.results.unless((run.folder / f"{name}.rc").read_text() == "0\n", f"{name}: exit code")
    errors = [line for line in (run.folder / f"{name}.err").read_text().splitlines() if line.startswith("oomtrace")]
    # It is said, and no more than that.
    want = ["Another one takes its place"] if name == "replaced" else []
    run.results.unless(len(errors) == len(want) and all(w in e for w, e in zip(want, errors)),
                       f"{name}: stderr {errors}")
    lines = read_records(run.folder / f"{name}.jsonl")
    plan = {entry["purpose"]: entry["attached"] for entry in lines[0]["plan"]}
    run.results.unless(plan["stacks"] == hook, f"{name}: attached {plan['stacks']}, not {hook}")
    run.results.unless(not [line for line in lines if line["type"] == "lost"], f"{name}: something was lost")
    run.results.unless(lines[-1]["type"] == "end", f"{name}: no end")
    return lines


def check_shares(run, name, folded, charged, program):
    """The shares of the two allocators among what was charged in either."""
    found = collections.Counter()
    for frames, size in folded:
        for function in ("alloc_a", "alloc_b"):
            # Page tables are charged there too; they are not the program's.
            if function in frames and "__mem_cgroup_charge_[k]" in frames or \
                    function in frames and "mem_cgroup_charge_[k]" in frames:
                found[function] += size
                run.results.unless(frames[frames.index(function) - 1] == "one_round" or
                                   frames[frames.index(function) - 1] == "main", f"{name}: caller in {frames}")
                run.results.unless(frames[0] == program, f"{name}: comm in {frames}")
                run.results.unless(frames[-1].endswith("_[k]"), f"{name}: kernel part of {frames}")
    want = 100 * charged["alloc_a"] / (charged["alloc_a"] + charged["alloc_b"])
    total = sum(found.values())
    got = 100 * found["alloc_a"] / total if total else 0
    run.results.unless(abs(got - want) <= POINTS, f"{name}: alloc_a has {got:.2f} %, not {want:.2f} %")
    # In all, what the program says and at most one batch for each CPU and round more or less.
    want = charged["alloc_a"] + charged["alloc_b"]
    # Of the short-lived, some end before anybody could look at them: they have no names. What is lost with a
    # process that has failed are names, and the sum of all is what it was.
    if name in ("short", "replaced"):
        run.results.unless(total > 0.4 * want, f"{name}: only {total} bytes of {want} have names")
    else:
        run.results.unless(abs(total - want) < 0.03 * want, f"{name}: {total} bytes, not {want}")
    # The others charge more: before its end, and what a container's runtime does in it.
    if name not in ("dies", "docker"):
        run.results.unless(abs(sum(size for _, size in folded) - want) < 0.05 * want, f"{name}: the sum of all")
    print(f"{name}: alloc_a has 70 % of the bytes; found {got:.2f} %")


def check_sums(run, name, lines, folded):
    stacks = [line for line in lines if line["type"] == "stack" and "oom_id" not in line]
    run.results.unless(sum(s["bytes"] for s in stacks) == sum(size for _, size in folded),
                       f"{name}: JSON and folded differ")
    for stack in stacks:
        run.results.unless(stack["samples"] > 0 and stack["bytes"] >= 4096 * stack["samples"], f"{name}: {stack}")
        names = [frame.get("function") for frame in stack["kernel"]]
        # Of oomtrace's own: its programs and what the kernel calls them from, which is innermost. A container has
        # programs made, too.
        own = [n for n in names if n and re.match(r"bpf_(prog_[0-9a-f]{16}|trampoline|get_stack|trace_run)", n)]
        own += [n for n in names[:1] if n and n.startswith("bpf_")]
        run.results.unless((names or name == "replaced") and not own, f"{name}: {names}")
    # A stack without names has no kernel part.
    nameless = sum(stack["samples"] for stack in stacks if not stack["kernel"])
    run.results.unless(lines[-1].get("nameless_stacks", 0) == nameless, f"{name}: {nameless} stacks without names")


def check_trigger(run, name, lines, function, module):
    ooms = [line for line in lines if line["type"] == "oom"]
    triggers = [line for line in lines if line["type"] == "stack" and "oom_id" in line]
    run.results.unless([line["oom_id"] for line in triggers] == [line["id"] for line in ooms] and ooms,
                       f"{name}: not one stack for each OOM")
    for oom, stack in zip(ooms, triggers):
        run.results.unless(stack["pid"] == oom["trigger"]["pid"] and lines.index(stack) > lines.index(oom),
                           f"{name}: a trigger's stack {stack}")
        names = [frame.get("function") for frame in stack["user"]]
        run.results.unless(stack["user"], f"{name}: no user stack of the trigger")
        if name == "plain" and not any(names):
            print("the trigger was gone before it could be looked at")
            continue
        run.results.unless(function in names, f"{name}: {function} isn't in the trigger's stack {names}")
        run.results.unless(stack["user"] and stack["user"][0].get("module", "").endswith(module),
                           f"{name}: module in {stack['user']}")
        entries = {"out_of_memory"} if version(lines[0]) < JUMPS_FROM else {"out_of_memory", "mem_cgroup_out_of_memory"}
        names = {frame.get("function") for frame in stack["kernel"]}
        run.results.unless(names & entries,
                           f"{name}: the trigger's kernel stack {stack['kernel']}")


def check_stacks(run, name, program):
    """One trace with --stacks or --folded: `program` is the comm of the process that charged."""
    hook = f"{'kprobe' if name == 'kprobes' else 'fexit'} {CHARGE}"
    lines, folded = check_run(run, name, hook), read_folded(run, name)
    check_shares(run, name, folded, said(run, name), program)
    check_sums(run, name, lines, folded)
    if name == "dies":
        check_trigger(run, name, lines, "die_here", "/stacks-dynamic")
