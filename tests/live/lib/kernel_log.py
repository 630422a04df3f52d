# SPDX-License-Identifier: GPL-2.0-only
"""Whether oomtrace itself has run into the OOM killer: a tracer that asks for memory at a limit kills."""

import re

# "[   12.345678][  T123] " or, without CONFIG_PRINTK_CALLER, without the second part
STAMP = re.compile(r"^(<\d+>)?(\[ *\d+\.\d+\])?(\[ *[TC]\d+\])? ?")
OWN = re.compile(r"(oomtrace\S*) invoked oom-killer: (.*)")
# A line of a call trace that the kernel is sure of; one with "? " is what happened to be on the stack.
FRAME = re.compile(r"^ *(?!\? )([\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+")
# Where the report of an OOM goes on after its call trace.
AFTER_TRACE = re.compile(r"^(Mem-Info:|memory: usage|Tasks state|oom-kill:)|invoked oom-killer")
# Follows the trace when the machine has no memory left: whoever asks next, for itself, is the one who invoked.
WHOLE_MACHINE = "Mem-Info:"
# Lowering a limit is oomtrace's own work, and what it kills then is what was asked for.
WRITES = {"memory_max_write", "mem_cgroup_resize_max"}


def own_ooms(lines):
    """The OOMs at a cgroup's limit that oomtrace or a helper has caused, other than by writing the limit."""
    found, reading, trace = [], None, set()
    for line in [*lines, "oom-kill:"]:
        text = STAMP.sub("", line.rstrip("\n"))
        if reading and AFTER_TRACE.search(text):
            if not trace & WRITES and not text.startswith(WHOLE_MACHINE):
                found.append(reading)
            reading = None
        if match := OWN.match(text):
            reading, trace = match[0], set()
        elif reading and (frame := FRAME.match(text)):
            trace.add(frame[1])
    return found


def check_own_ooms(run):
    lines = (run.folder / "dmesg.log").read_text("latin-1").splitlines()
    found = own_ooms(lines)
    run.results.check(not found, "oomtrace has not made the kernel kill", "; ".join(found[:3]))
