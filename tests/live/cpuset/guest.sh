#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine of two memory nodes, and a process that may use one of them and wants more than it has. Two oomtraces look
# on: of the machine, and of the process's cgroup. NAME.json, .err, .code and .txt (the report) of each are left in $OUT;
# hog.pid; and nodes: how much the other node had free then, in KiB.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh
ONE=/sys/devices/system/node/node1

[ -d $ONE ] || fail 'there is one memory node only'
echo '+cpuset +memory' >$TOP/cgroup.subtree_control || fail 'cpuset'
mkdir $TOP/pinned
echo 1 >$TOP/pinned/cpuset.mems

for name in machine pinned; do
	option=
	[ $name = machine ] || option='--cgroup /pinned'
	# shellcheck disable=SC2086 # two words, or none
	./oomtrace --output json $option >"$OUT/$name.json" 2>"$OUT/$name.err" &
	echo $! >/tmp/$name
	until_true "oomtrace for $name" has "$OUT/$name.json" '"type":"session"'
done
# More than the node has, and less than the kernel promises on a machine of 1 GiB.
in_cgroup pinned ./limits-workload loop 700
echo $pid >"$OUT/hog.pid"
wait $pid
sed -n 's/.*MemFree: *\([0-9]*\) kB/\1/p' /sys/devices/system/node/node0/meminfo >"$OUT/nodes"
for name in machine pinned; do
	tracer=$(cat /tmp/$name)
	until_true "the kill in $name" has "$OUT/$name.json" '"type":"oom"'
	end_trace
	./oomtrace report "$OUT/$name.json" >"$OUT/$name.txt"
done
echo "done"
