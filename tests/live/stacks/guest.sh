#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Programs whose charges are known, and oomtrace on them; leaves in $OUT, for each scenario NAME: NAME.jsonl, NAME.folded, NAME.err, NAME.rc from
# oomtrace, and NAME.said, what the program says that it has charged.
set -u
cd "$(dirname "$0")" || exit
CG=/sys/fs/cgroup

# trace NAME OPTION... -- COMMAND: the command in a cgroup of its own, from when oomtrace is attached
# until both have ended.
trace() {
	name=$1 dir=$CG/$1 waited=0
	shift
	mkdir "$dir"
	echo 100M >"$dir/memory.max"
	set -- "$@" end-of-words
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	words=
	while [ "$1" != end-of-words ]; do
		words="$words $1"
		shift
	done
	# shellcheck disable=SC2086 # words without blanks
	./oomtrace --cgroup "$dir" --folded "$OUT/$name.folded" --output json $options >"$OUT/$name.jsonl" 2>"$OUT/$name.err" &
	tracer=$!
	until [ -s "$OUT/$name.jsonl" ] || [ $waited -ge $((600 * SLOW)) ]; do
		sleep 0.1
		waited=$((waited + 1))
	done
	sh -c "echo \$\$ >$dir/cgroup.procs; exec $words" >"$OUT/$name.said" 2>>"$OUT/$name.err"
	kill -INT $tracer
	wait $tracer
	echo $? >"$OUT/$name.rc"
	echo "$name: done"
}

echo +memory >$CG/cgroup.subtree_control
# As much that the sampling of one batch in two, of which a third of the pairs has one of each function, moves a share
# by less than a point: 1 GiB are 4096 batches.
trace static -- ./stacks-static 64 16
# Its end is that of the OOM killer, and it is gone when its stacks are printed.
trace dies -- ./ld.so --library-path . ./stacks-dynamic 64 16 --then-die
mkdir -p /tmp
trace made -- ./stacks-static 64 16 --made
trace kprobes --force-kprobes -- ./stacks-static 64 16
# 40 short-lived processes.
trace short -- sh -c "'for i in \$(seq 40); do ./stacks-static 32 1; done'"
# The process that reads files fails between two programs.
worker() {
	for dir in /proc/[0-9]*; do
		read -r comm <"$dir/comm" || continue
		[ "$comm" = oomtrace-syms ] || continue
		read -r comm <"/proc/$(sed -n 's/^PPid:\t//p' "$dir/status")/comm" || continue
		[ "$comm" != oomtrace-syms ] || echo "${dir#/proc/}"
	done 2>/dev/null
}
{
	until [ -e /tmp/half ] && [ "$(worker)" ]; do sleep 0.1; done
	kill -KILL "$(worker)"
	: >/tmp/killed
} &
trace replaced -- sh -c "'./stacks-static 64 12; : >/tmp/half; until [ -e /tmp/killed ]; do sleep 0.1; done; ./stacks-static 64 12'"
# Nobody has asked for stacks, but the trigger's is told.
mkdir $CG/plain
echo 32M >$CG/plain/memory.max
./oomtrace --cgroup $CG/plain --output json >"$OUT/plain.jsonl" 2>"$OUT/plain.err" &
tracer=$!
until [ -s "$OUT/plain.jsonl" ]; do sleep 0.1; done
sh -c "echo \$\$ >$CG/plain/cgroup.procs; exec ./stacks-static 1 1 --then-die" >"$OUT/plain.said" 2>&1
kill -INT $tracer
wait $tracer
echo $? >"$OUT/plain.rc"
