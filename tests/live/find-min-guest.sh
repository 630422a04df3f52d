#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest of find-min.sh: --find-min on a program that needs exactly $1 MiB, beside page cache that it
# doesn't need.
need=$1
cgroup=/sys/fs/cgroup/min
mkdir $cgroup
echo $((need * 4))M >$cgroup/memory.max
(
	echo 0 >$cgroup/cgroup.procs
	dd if=/dev/vda of=/dev/null bs=1M count=40 2>/dev/null
	exec ./limits-workload loop "$need"
) &
# Its first pass is done when usage doesn't grow any more.
before=0 now=1 rounds=0
while [ "$now" -gt "$before" ] || [ "$now" -lt $((need << 20)) ]; do
	rounds=$((rounds + 1))
	[ $rounds -lt 60 ] || exit 1
	before=$now
	sleep 1
	now=$(cat $cgroup/memory.current)
done
high=$(cat $cgroup/memory.high)
./oomtrace --cgroup /min --find-min --hold 2s >"$OUT/find-min" || exit
cat "$OUT/find-min"
[ "$(cat $cgroup/memory.high)" = "$high" ] || { echo 'FAIL memory.high was not restored'; exit 1; }
grep -q '^oom_kill 0$' $cgroup/memory.events || { echo 'FAIL something was killed'; exit 1; }
# The same in JSON, where the last line says it.
./oomtrace --cgroup /min --find-min --hold 1s --output json >"$OUT/find-min.jsonl" || exit
[ "$(cat $cgroup/memory.high)" = "$high" ] || { echo 'FAIL memory.high was not restored'; exit 1; }
tries=$(grep -c '^{"type":"min-try",.*"holds":\(true\|false\)}$' "$OUT/find-min.jsonl")
tail -n 1 "$OUT/find-min.jsonl" |
	grep -q "^{\"type\":\"min\",.*\"cgroup\":\"/min\",.*\"tries\":$tries,\"kills\":0,\"max_bytes\":[0-9]" ||
	{ echo 'FAIL the JSON'; exit 1; }
# What the program needs besides: what is neither its memory nor reclaimable page cache.
found=$(sed -n 's/.*(\([0-9]*\) bytes).*/\1/p' "$OUT/find-min")
least=$((need << 20)) most=$((((need * 105) << 20) / 100 + (2 << 20)))
echo "found $found for $least bytes of need, at most $most"
[ "$found" -ge "$least" ] && [ "$found" -le $most ]
