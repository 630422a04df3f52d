#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine of two memory nodes, and a process that may use one of them and wants more than it has: by a cpuset (pinned),
# then by a memory policy (bound). Two oomtraces look on at each: of the machine, and of the process's cgroup. For each
# HOW, HOW-machine and HOW-cgroup.json, .err, .code and .txt (the report) are left in $OUT; HOW.pid of the process; and
# HOW.node: how much the other node had free then, in KiB. held.large and held.small: memory.current of two that look on.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh
ONE=/sys/devices/system/node/node1

[ -d $ONE ] || fail 'there is one memory node only'
echo '+cpuset +memory' >$TOP/cgroup.subtree_control || fail 'cpuset'
mkdir $TOP/pinned $TOP/bound
echo 1 >$TOP/pinned/cpuset.mems

# scenario HOW COMMAND...
scenario() {
	how=$1
	shift
	for name in "$how-machine" "$how-cgroup"; do
		option=
		[ "$name" = "$how-machine" ] || option="--cgroup /$how"
		# shellcheck disable=SC2086 # two words, or none
		./oomtrace --output json $option >"$OUT/$name.json" 2>"$OUT/$name.err" &
		echo $! >"/tmp/$name"
		until_true "oomtrace for $name" has "$OUT/$name.json" '"type":"session"'
	done
	in_cgroup "$how" "$@"
	echo $pid >"$OUT/$how.pid"
	wait $pid
	sed -n 's/.*MemFree: *\([0-9]*\) kB/\1/p' /sys/devices/system/node/node0/meminfo >"$OUT/$how.node"
	for name in "$how-machine" "$how-cgroup"; do
		tracer=$(cat "/tmp/$name")
		until_true "the kill in $name" has "$OUT/$name.json" '"type":"oom"'
		end_trace
		./oomtrace report "$OUT/$name.json" >"$OUT/$name.txt"
	done
}

# Others whose memory stays: they are told of as the largest, with what they have after the kill.
others_are_full() {
	[ "$(cat $TOP/held/memory.current)" -ge 83886080 ]
}
for name in large small; do
	mkdir -p $TOP/held/$name
	echo +memory >$TOP/held/cgroup.subtree_control
	in_cgroup held/$name ./limits-workload loop "$([ $name = large ] && echo 60 || echo 20)"
	echo $pid >>/tmp/held
done
until_true 'the memory of the others' others_are_full

# More than the node has, and less than the kernel promises on a machine of 1 GiB.
scenario pinned ./limits-workload loop 700
scenario bound ./bound 1 ./limits-workload loop 700
for name in large small; do
	cat $TOP/held/$name/memory.current >"$OUT/held.$name"
done
xargs kill </tmp/held
echo "done"
