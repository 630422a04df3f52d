#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# --find-min on a program that needs exactly OOMTRACE_NEED MiB, beside page cache that it doesn't need. Leaves in $OUT
# find-min and find-min.jsonl (what oomtrace said), high (memory.high before, and after each), memory.events.
set -u
cgroup=/sys/fs/cgroup/min
mkdir $cgroup
echo $((OOMTRACE_NEED * 4))M >$cgroup/memory.max
(
	echo 0 >$cgroup/cgroup.procs
	dd if=/dev/vda of=/dev/null bs=1M count=40 2>/dev/null
	exec ./limits-workload loop "$OOMTRACE_NEED"
) &
# Its first pass is done when usage doesn't grow any more.
before=0 now=1 rounds=0
while [ "$now" -gt "$before" ] || [ "$now" -lt $((OOMTRACE_NEED << 20)) ]; do
	rounds=$((rounds + 1))
	[ $rounds -lt $((60 * SLOW)) ] || { echo "the program's first pass isn't done"; exit 1; }
	before=$now
	sleep 1
	now=$(cat $cgroup/memory.current)
done
cat $cgroup/memory.high >"$OUT/high"
./oomtrace --cgroup /min --find-min --hold 2s >"$OUT/find-min" || exit
cat "$OUT/find-min" $cgroup/memory.high
cat $cgroup/memory.high >>"$OUT/high"
cp $cgroup/memory.events "$OUT/"
# The same in JSON, where the last line says it.
./oomtrace --cgroup /min --find-min --hold 1s --output json >"$OUT/find-min.jsonl" || exit
cat $cgroup/memory.high >>"$OUT/high"
