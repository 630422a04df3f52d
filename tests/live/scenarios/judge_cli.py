# SPDX-License-Identifier: GPL-2.0-only
"""Command lines that end by themselves, most of them with an error."""

from command_lines import check_errors, check_quiet
from guest import check_plan
from kernels import PLAN_BTF, PLAN_KPROBES, expected_plan, machine_plan
from oracles import read_records

# Name: exit code, and what must be said on stderr. Every one says more than that it failed.
COMMAND_LINES = {
    "no-root": (3, r"CAP_BPF.*CAP_PERFMON|root"),
    "no-cap-bpf": (3, r"missing CAP_BPF:"),
    "no-cap-perfmon": (3, r"missing CAP_PERFMON:"),
    "no-btf": (3, r"BTF"),
    "locked-down": (3, r"locked down \(confidentiality\)"),
    "cgroup-outside": (1, r"/proc.*\n.*/sys/fs/cgroup"),
    "cgroup-dots": (2, r"\.\."),
    "cgroup-missing": (1, r"not-there"),
    "pid-missing": (1, r"4000000.*no such process"),
    "container-missing": (1, r"no-such-container"),
    "until-exit-machine": (2, r"--until-exit"),
    "disk-full": (1, r"No space left on device"),
    "disk-full-plan": (1, r"writing the output: No space left on device"),
    "record-exists": (1, r"expect\.jsonl is there already and isn't empty: remove it"),
    "record-link": (1, r"--record: /tmp/link is a link"),
    "folded-link": (1, r"--folded: /tmp/link is a link"),
    "scope-oom-ambiguous": (1, r"(?s)0123456789ab.*01234567012"),
}

QUIET = ("duration", "caps-enough", "plan-json", "plan-text", "plan-kprobes", "by-pid",
         "by-relative-path", "by-rooted-path", "stdout-closed", "stdout-closed-self")


def check_command_lines(guest):
    results = guest.results
    folder = guest.folder / "cli"
    check_errors(guest, COMMAND_LINES)
    check_quiet(guest, ("few-files",))
    said = guest.error("cli/inner-limits") or ""
    results.check("/inner/part, below the target, has a limit of its own, 32.0 MiB" in said,
                  "cli inner-limits: the limit below the target is told", said)
    said = guest.error("cli/crun-limits") or ""
    results.check("below the target" not in said and "/inner/container/memory.max'" in said,
                  "cli crun-limits: both limits of crun's are put back by hand, too", said)
    results.equal([v for (_, key), v in guest.expected.items() if key == "crun-limit"], [64 << 20],
                  "cli crun-limits: the inner one is put back")
    check_quiet(guest, QUIET)
    for name, plan, target in (("plan-json", machine_plan(guest.label), None), ("plan-kprobes", PLAN_KPROBES, None),
                               ("by-pid", PLAN_BTF, "/target/in"),
                               ("by-relative-path", PLAN_BTF, "/target/in"),
                               ("by-rooted-path", PLAN_BTF, "/target/in")):
        records = read_records(folder / f"{name}.out")
        if results.check(records, f"cli {name}: a session record"):
            check_plan(results, f"cli {name}", records[0], plan, has_target=target is not None)
            results.equal(records[0]["target"].get("cgroup"), target, f"cli {name}: target")
    text = guest.output("cli/plan-text")
    attached = expected_plan(guest.session, machine_plan(guest.label), has_target=False)
    results.check(all(label in text for label in attached.values() if label),
                  "cli plan-text: what is attached", repr(text))
    results.equal(guest.output("cli/led-to"), "precious\n", "cli: nothing is written by way of a link")
    records = read_records(folder / "duration.out")
    results.check(records and records[-1].get("reason") and not records[-1]["ooms"],
                  "cli duration: ends", records[-1:])
