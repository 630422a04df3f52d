#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# stress-ng as hard as it can for OOMTRACE_STRESS seconds in a cgroup with a limit, while oomtrace records its usage.
# Leaves in $OUT stress.jsonl, stress.events (the cgroup's
# memory.events), stress.rss (KiB, each second) and stress.cpu: oomtrace's own CPU time and that of all the machine, in
# clock ticks.
set -eu
CG=/sys/fs/cgroup/stress
mkdir -p "$CG"
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
echo 192M >"$CG/memory.max"
dmesg -n 1
./oomtrace --cgroup "$CG" --output json >"$OUT/stress.jsonl" 2>"$OUT/stress.err" &
tracer=$!
until [ -s "$OUT/stress.jsonl" ]; do sleep 0.1; done
echo "$$" >"$CG/cgroup.procs"
stress-ng --vm 4 --vm-bytes 256M --vm-populate --timeout "$OOMTRACE_STRESS" >/dev/null 2>&1 &
stress=$!
echo "$$" >/sys/fs/cgroup/cgroup.procs
while kill -0 "$stress" 2>/dev/null; do
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$tracer/status" >>"$OUT/stress.rss"
	sleep 1
done
cp "$CG/memory.events" "$OUT/stress.events"
awk '{ print $14 + $15 }' "/proc/$tracer/stat" >"$OUT/stress.cpu"
awk '/^cpu / { for (i = 2; i <= NF; i++) sum += $i; print sum }' /proc/stat >>"$OUT/stress.cpu"
kill -INT "$tracer"
wait "$tracer" || echo $? >"$OUT/stress.rc"
