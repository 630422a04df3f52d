#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""charge-bcc.py FUNCTION: counts with bcc the bytes that each cgroup charges, at the kernel's FUNCTION, until SIGINT.
Then prints them, or exits with 5 when there are none. overhead-guest.sh compares its cost with oomtrace's. It says
when it is attached, because it first compiles against the kernel's headers.
"""
import signal
import sys

from bcc import BPF

PROGRAM = """
#include <uapi/linux/ptrace.h>

BPF_HASH(bytes, u64, u64);

int charge(struct pt_regs *ctx)
{
	bytes.increment(bpf_get_current_cgroup_id(), (u64)(u32)PT_REGS_PARM3(ctx) * 4096);
	return 0;
}
"""

# Blocked, so that it is waited for below: what a shell starts in the background ignores it besides.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
signal.signal(signal.SIGINT, signal.SIG_DFL)
# -w: the kernel's headers make clang warn, and what is said first must be that it is attached.
bpf = BPF(text=PROGRAM, cflags=["-w"])
bpf.attach_kprobe(event=sys.argv[1], fn_name="charge")
print("attached", flush=True)
signal.sigwait([signal.SIGINT])
counted = bpf["bytes"].items()
for cgroup, count in counted:
    print(cgroup.value, count.value)
sys.exit(0 if counted else 5)
