#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Targets at the edges of what oomtrace follows. For each scenario NAME it leaves in $OUT NAME.json, .err and .code of
# oomtrace; and NAME.pid of a hog, or NAME.kills, what the kernel counted.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh
LEVELS=72
MANY=4200

hog() { # CGROUP: until it is killed
	echo 8M >"$TOP/$1/memory.max"
	in_cgroup "$1" ./limits-workload loop 16
	echo $pid >"$OUT/$name.pid"
	wait $pid
}

# A kill far below the target: $LEVELS cgroups, each in the one before.
deep() {
	path=deep
	mkdir $TOP/deep
	i=0
	while [ $i -lt $LEVELS ]; do
		echo +memory >$TOP/$path/cgroup.subtree_control
		path=$path/d
		mkdir $TOP/$path
		i=$((i + 1))
	done
	start_trace deep --cgroup /deep
	until_true 'the usage of the deepest' has "$OUT/deep.json" '"type":"usage"' $((LEVELS + 1))
	hog $path
	until_true 'the kill' has "$OUT/deep.json" '"type":"oom"'
	end_trace
}

# More cgroups than there is room for are made while oomtrace runs; then there are as many when it starts.
many() {
	mkdir $TOP/many
	echo +memory >$TOP/many/cgroup.subtree_control
	start_trace made --cgroup /many
	until_true 'the usage of the target' has "$OUT/made.json" '"type":"usage"'
	(cd $TOP/many && seq $MANY | xargs mkdir)
	hog many/$MANY
	until_true 'the kill' has "$OUT/made.json" '"type":"oom"'
	end_trace
	start_trace many --cgroup /many
	until_true 'the usage of all' has "$OUT/many.json" '"type":"usage"' $((MANY + 1))
	hog many/$MANY
	until_true 'the kill' has "$OUT/many.json" '"type":"oom"'
	end_trace
}

# The target's folder is open: it has been found.
found() {
	for fd in "/proc/$tracer/fd"/*; do
		[ "$(readlink "$fd")" != "$1" ] || return 0
	done
	return 1
}

stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

# The target goes, with a kill, when oomtrace knows it and hasn't attached yet.
gone() { # NAME CGROUP
	name=$1
	mkdir "$TOP/$2"
	./oomtrace --output json --cgroup "/$2" >"$OUT/$name.json" 2>"$OUT/$name.err" &
	tracer=$!
	until_true 'the target to be found' found "$TOP/$2"
	kill -STOP $tracer
	until_true 'oomtrace to stop' stopped $tracer
	hog "$2"
	until_true 'the cgroup to go' rmdir "$TOP/$2" 2>/dev/null
	[ ! -s "$OUT/$name.json" ] || echo late >"$OUT/$name.late"
	kill -CONT $tracer
	# It would wait for the target to come back.
	until_true 'the target to be told as gone' has "$OUT/$name.json" '"target_gone":true'
	end_trace
	./oomtrace report "$OUT/$name.json" >"$OUT/$name.txt"
}

deep
many
gone gone-root gone
mkdir $TOP/above
echo +memory >$TOP/above/cgroup.subtree_control
gone gone-above above/gone
echo "done"
