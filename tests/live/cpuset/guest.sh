#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine of two memory nodes, and a process that may use one of them and wants more than it has: by a cpuset (pinned),
# then by a memory policy (bound). Two oomtraces look on at each: of the machine, and of the process's cgroup. For each
# HOW, HOW-machine and HOW-cgroup.json, .err, .code and .txt (the report) are left in $OUT; HOW.pid of the process; and
# HOW.node: how much the other node had free then, in KiB.
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

# More than the node has, and less than the kernel promises on a machine of 1 GiB.
scenario pinned ./limits-workload loop 700
scenario bound ./bound 1 ./limits-workload loop 700
echo "done"
