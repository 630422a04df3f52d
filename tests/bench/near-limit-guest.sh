#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# near-limit-guest.sh RUNS: runs in the guest, for scripts/bench/near-limit.sh. A program grows by up to 1 GiB/s into a
# limit of 512 MiB with a hook at 90 %: so many times with --freeze, a fifth of that without. Leaves in $OUT:
#   WHICH.jsonl WHICH.err   oomtrace's records, and what it says
#   WHICH.begun             lines: when each hook began, CLOCK_BOOTTIME in nanoseconds, as the hook has it
set -eu
CG=/sys/fs/cgroup/near

dmesg -n 1
echo +memory >/sys/fs/cgroup/cgroup.subtree_control

lines() { # FILE TEXT
	grep -c "$2" "$1" || true
}

until_is() { # COUNT FILE TEXT
	until [ "$(lines "$2" "$3")" -ge "$1" ]; do
		sleep 0.1
	done
}

grows() { # WHICH RUNS OPTION...
	which=$1 runs=$2
	shift 2
	mkdir "$CG"
	echo 512M >"$CG/memory.max"
	./oomtrace --output json --cgroup "$CG" --on-near-limit "90:/oomtrace/hook $OUT/$which.begun" "$@" \
		>"$OUT/$which.jsonl" 2>"$OUT/$which.err" &
	tracer=$!
	until_is 1 "$OUT/$which.jsonl" '"type":"usage"'
	sleep 1
	for run in $(seq 1 "$runs"); do
		./grow "$CG" 600 || true
		until_is "$run" "$OUT/$which.jsonl" '"type":"oom"'
		until_is "$run" "$OUT/$which.jsonl" '"type":"hook"'
		sleep 1.1 # a second mark within a second isn't told
	done
	kill -INT "$tracer"
	wait "$tracer" || [ $? -lt 5 ]
	until rmdir "$CG"; do sleep 0.1; done
}

grows frozen "$1" --freeze
grows free $(($1 / 5))
