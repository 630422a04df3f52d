#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""stacks.py FOLDER: judges what stacks-guest.sh or stacks-docker-guest.sh left. The oracle is the program
itself, which says what it has charged in which function. Exits with 1 if anything differs."""
import collections
import json
import os
import re
import sys

POINTS = 3.0  # percent of the bytes by which a function's share may differ
CHARGE = "page_counter_try_charge"

checks, failures = 0, []


def check(good, text):
    global checks
    checks += 1
    if not good:
        failures.append(text)


def records(folder, name):
    with open(f"{folder}/{name}.jsonl") as file:
        return [json.loads(line) for line in file]


def read_folded(folder, name):
    """[(frames, bytes)]"""
    lines = []
    with open(f"{folder}/{name}.folded") as file:
        for line in file:
            match = re.fullmatch(r"([^;]+(?:;[^;]+)*) (\d+)\n", line)
            check(match, f"{name}: folded line {line!r}")
            if match:
                lines.append((match[1].split(";"), int(match[2])))
    return lines


def said(folder, name):
    total = collections.Counter()
    with open(f"{folder}/{name}.said") as file:
        for line in file:
            total.update(json.loads(line))
    return total


def check_run(folder, name, hook):
    with open(f"{folder}/{name}.rc") as file:
        check(file.read() == "0\n", f"{name}: exit code")
    with open(f"{folder}/{name}.err") as file:
        errors = [line for line in file if line.startswith("oomtrace")]
    # It is said, and no more than that.
    want = ["another one takes its place"] if name == "replaced" else []
    check(len(errors) == len(want) and all(w in e for w, e in zip(want, errors)), f"{name}: stderr {errors}")
    lines = records(folder, name)
    plan = {entry["purpose"]: entry["attached"] for entry in lines[0]["plan"]}
    check(plan["stacks"] == hook, f"{name}: attached {plan['stacks']}, not {hook}")
    check(not [line for line in lines if line["type"] == "lost"], f"{name}: something was lost")
    check(lines[-1]["type"] == "end", f"{name}: no end")
    return lines


def check_shares(name, folded, charged, program):
    """The shares of the two allocators among what was charged in either."""
    found = collections.Counter()
    for frames, size in folded:
        for function in ("alloc_a", "alloc_b"):
            # Page tables are charged there too; they are not the program's.
            if function in frames and "__mem_cgroup_charge_[k]" in frames or \
                    function in frames and "mem_cgroup_charge_[k]" in frames:
                found[function] += size
                check(frames[frames.index(function) - 1] == "one_round" or
                      frames[frames.index(function) - 1] == "main", f"{name}: caller in {frames}")
                check(frames[0] == program, f"{name}: comm in {frames}")
                check(frames[-1].endswith("_[k]"), f"{name}: kernel part of {frames}")
    want = 100 * charged["alloc_a"] / (charged["alloc_a"] + charged["alloc_b"])
    total = sum(found.values())
    got = 100 * found["alloc_a"] / total if total else 0
    check(abs(got - want) <= POINTS, f"{name}: alloc_a has {got:.2f} %, not {want:.2f} %")
    # In all, what the program says and at most one batch for each CPU and round more or less.
    want = charged["alloc_a"] + charged["alloc_b"]
    # Of the short-lived, some end before anybody could look at them: they have no names. What is lost with a
    # process that has failed are names, and the sum of all is what it was.
    if name in ("short", "replaced"):
        check(total > 0.4 * want, f"{name}: only {total} bytes of {want} have names")
    else:
        check(abs(total - want) < 0.03 * want, f"{name}: {total} bytes, not {want}")
    # The others charge more: before its end, and what a container's runtime does in it.
    if name not in ("dies", "docker"):
        check(abs(sum(size for _, size in folded) - want) < 0.05 * want, f"{name}: the sum of all")
    return got


def check_sums(name, lines, folded):
    stacks = [line for line in lines if line["type"] == "stack" and "oom_id" not in line]
    check(sum(s["bytes"] for s in stacks) == sum(size for _, size in folded),
          f"{name}: JSON and folded differ")
    for stack in stacks:
        check(stack["samples"] > 0 and stack["bytes"] >= 4096 * stack["samples"], f"{name}: {stack}")
        names = [frame.get("function") for frame in stack["kernel"]]
        check((names or name == "replaced") and not [n for n in names if n and n.startswith("bpf_")],
              f"{name}: {names}")
    # A stack without names has no kernel part.
    nameless = sum(stack["samples"] for stack in stacks if not stack["kernel"])
    check(lines[-1].get("nameless_stacks", 0) == nameless, f"{name}: {nameless} stacks without names")


def check_trigger(name, lines, function, module):
    ooms = [line for line in lines if line["type"] == "oom"]
    triggers = [line for line in lines if line["type"] == "stack" and "oom_id" in line]
    check([line["oom_id"] for line in triggers] == [line["id"] for line in ooms] and ooms,
          f"{name}: not one stack for each OOM")
    for oom, stack in zip(ooms, triggers):
        check(stack["pid"] == oom["trigger"]["pid"] and lines.index(stack) > lines.index(oom),
              f"{name}: a trigger's stack {stack}")
        names = [frame.get("function") for frame in stack["user"]]
        check(stack["user"], f"{name}: no user stack of the trigger")
        if name == "plain" and not any(names):
            print("the trigger was gone before it could be looked at")
            continue
        check(function in names, f"{name}: {function} isn't in the trigger's stack {names}")
        check(stack["user"] and stack["user"][0].get("module", "").endswith(module),
              f"{name}: module in {stack['user']}")
        check("out_of_memory" in [frame.get("function") for frame in stack["kernel"]],
              f"{name}: the trigger's kernel stack {stack['kernel']}")


def judge(folder):
    shares = []
    names = ["docker"] if os.path.exists(f"{folder}/docker.jsonl") else \
        ["static", "dies", "made", "kprobes", "short", "replaced"]
    for name in names:
        hook = f"{'kprobe' if name == 'kprobes' else 'fexit'} {CHARGE}"
        lines, folded = check_run(folder, name, hook), read_folded(folder, name)
        program = {"dies": "ld.so", "docker": "only-here"}.get(name, "stacks-static")
        shares.append(f"{name} {check_shares(name, folded, said(folder, name), program):.2f}")
        check_sums(name, lines, folded)
        if name == "dies":
            check_trigger(name, lines, "die_here", "/stacks-dynamic")
    if "static" in names:
        lines = records(folder, "plain")
        check(not [line for line in lines if line["type"] == "stack" and "oom_id" not in line],
              "plain: samples that nobody asked for")
        check_trigger("plain", lines, "die_here", "/stacks-static")
    return ", ".join(shares)


def main():
    shares = judge(sys.argv[1])
    for text in failures:
        print("FAIL", text)
    print(f"{checks - len(failures)} passed, {len(failures)} failed; alloc_a has 70 % of the bytes; "
          f"found: {shares}")
    sys.exit(bool(failures))


main()
