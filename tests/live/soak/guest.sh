#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A cgroup in which something is going on all the time for OOMTRACE_SOAK seconds, kills, new cgroups, new programs,
# changes of its limit, while three oomtraces trace it. Leaves in $OUT, for
# each of them, NAME.jsonl (its records but for those of usage), NAME.rss ("UPTIME_S KIB", about each 10 s) and NAME.rc;
# NAME.folded; memory.events; rounds.
set -u

USAGE=/oomtrace/usage-workload
TOP=/sys/fs/cgroup/soak
seconds=$OOMTRACE_SOAK

uptime_s() {
	read -r up _ </proc/uptime
	echo "${up%%.*}"
}

# trace NAME OPTION...: usage goes through the pipe, too; there is no room to keep an hour of it.
trace() {
	name=$1
	shift
	mkfifo "/tmp/$name"
	awk '!/"type":"usage"/ { print; fflush() }' <"/tmp/$name" >"$OUT/$name.jsonl" &
	/oomtrace/oomtrace --output json "$@" >"/tmp/$name" 2>"$OUT/$name.err" &
	echo $! >"/tmp/$name.pid"
	tracers="$tracers $name"
	rounds=0
	until [ -s "$OUT/$name.jsonl" ]; do
		rounds=$((rounds + 1))
		[ $rounds -lt $((600 * SLOW)) ] || { echo "oomtrace $name did not start" >&2; exit 1; }
		sleep 0.1
	done
}

look() {
	for name in $tracers; do
		sed -n "s/^VmRSS:[[:space:]]*\([0-9]*\) kB/$(uptime_s) \1/p" "/proc/$(cat "/tmp/$name.pid")/status" \
			>>"$OUT/$name.rss"
	done
}

tracers=
mkdir -p "$TOP/home"
echo +memory >"$TOP/cgroup.subtree_control"
echo 32M >"$TOP/memory.max"
trace machine
trace usage --cgroup "$TOP"
trace stacks --cgroup "$TOP" --stacks --folded "$OUT/stacks.folded"

round=0
start=$(uptime_s)
while [ $(($(uptime_s) - start)) -lt "$seconds" ]; do
	round=$((round + 1))
	"$USAGE" churn "$TOP" 20
	"$USAGE" steps "$TOP/home" 8 24 4 >/dev/null
	echo 24M >"$TOP/memory.max"
	"$USAGE" spike "$TOP/home" 48 >/dev/null
	echo 32M >"$TOP/memory.max"
	cp "$USAGE" "/tmp/program-$round" # a program that no one has seen
	"/tmp/program-$round" spike "$TOP/home" 12 >/dev/null
	rm "/tmp/program-$round"
	look
	sleep 5
done
echo $round >"$OUT/rounds"
cp "$TOP/memory.events" "$OUT/memory.events"
for name in $tracers; do
	pid=$(cat "/tmp/$name.pid")
	kill -INT "$pid"
	wait "$pid"
	echo $? >"$OUT/$name.rc"
done
wait
