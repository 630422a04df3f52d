#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Processes that hold their memory, and then a limit that is lowered below it: each kill comes inside that write, while
# nobody's memory changes. The last kill is one of the whole machine. $OUT has "scores", what /proc/PID/oom_score had
# before that one, "usage.before" and "usage.after", memory.current in the scene "relief", and what guest-lib.sh lists.
# shellcheck disable=SC2154,SC2153 # variables of the file that is read in, and of the suite
set -u

. ./guest-lib.sh

TRACERS="machine.jsonl target.jsonl kprobes.jsonl text.out"

# A trace of the whole machine attaches what these scenes are for when all else is attached, and then gives up rights.
confined() {
	grep -q '^NoNewPrivs:.1' "/proc/$(cat "/tmp/$1.pid")/status"
}

start_tracers() {
	start_tracer machine.jsonl --output json
	start_tracer target.jsonl --cgroup /target --output json
	start_tracer kprobes.jsonl --force-kprobes --cgroup /target --output json
	start_tracer text.out --cgroup /target --record "$OUT/text.out.jsonl"
	for name in $TRACERS; do
		tracer_ready "$name"
		wait_until 60 confined "$name"
	done
}

# tasks ADJ COMMAND...: in the target, until it says that it is ready.
tasks() {
	: >/tmp/said
	adj=$1
	shift
	(
		echo 0 >$CG/target/cgroup.procs
		echo "$adj" >/proc/self/oom_score_adj
		exec ./tasks "$@"
	) >/tmp/said 2>>"$OUT/workload.err" &
	wait_until 300 in_file ready /tmp/said
}

# held ADJ NAME COMMAND...: a workload in the target that has all its memory.
held() {
	adj=$1 comm=$2
	shift 2
	run_held -g $CG/target -a "$adj" -n "$comm" "$@"
}

on_v1() {
	[ ! -e $CG/cgroup.controllers ]
}

# lower MIB: the limit, by so much below usage. On cgroup v1 such a write fails and kills nobody: there one more process
# asks for as much.
lower() {
	if on_v1; then
		cat $CG/target/memory.usage_in_bytes >$CG/target/memory.limit_in_bytes
		run_held -g $CG/target -a -1000 -n asks hog "$1"
	else
		usage=$(cat $CG/target/memory.current)
		echo $((usage - $1 * 1048576)) >$CG/target/memory.max
	fi
}

clear_target() {
	kill_all target
	if on_v1; then
		echo -1 >$CG/target/memory.limit_in_bytes
	else
		echo max >$CG/target/memory.max
	fi
	mark "end $SCENARIO"
}

few() {
	begin few
	held 0 big hog 16
	held 0 small hog 3
	held -300 held-back hog 30
	held -1000 fixed hog 9
	held 1000 raised hog 1
	run -g $CG/target -a 0 share-mm 4
	wait_until 60 says "$pid" holding
	run -g $CG/target -a 0 zombie-leader 5
	wait_until 60 in_file '"scenario":"few".*"role":"zombie-leader","state":"holding"' "$OUT/who.jsonl"
	tasks 0 vfork 512
	lower 12
	clear_target
}

# crowd NAME COUNT KINDS: one of many is large, and one that is held back.
crowd() {
	begin "$1"
	tasks 0 crowd "$2" "$3"
	held -300 held-back hog 30
	held 0 large hog 40
	lower 8
	clear_target
}

# What thousands of processes had is given back over seconds (stacks, by RCU).
at_rest() {
	[ "$(cat $CG/target/memory.current)" -lt 8388608 ]
}

# What memory.current says before and after is what came back.
relief() {
	begin relief
	wait_until 120 at_rest
	held -1000 fixed hog 4
	held 0 victim hog 24
	cat $CG/target/memory.current >"$OUT/usage.before"
	lower 8
	wait_until 60 gone "$pid"
	wait_until 60 in_file '"type":"relief".*"comm":"victim"' "$OUT/target.jsonl"
	cat $CG/target/memory.current >"$OUT/usage.after"
	clear_target
}

none() {
	begin none
	# Of runs that kill nothing only one a second is sent, the kill before them included.
	sleep 2
	held -1000 fixed hog 12
	lower 4
	clear_target
}

machine() {
	begin machine
	held 900 raised hog 20
	held -700 held-back hog 60
	held 300 other hog 10
	./tasks scores >"$OUT/scores"
	echo f >/proc/sysrq-trigger
	wait_until 60 in_file '"sysrq":true' "$OUT/machine.jsonl"
	clear_target
}

begin_run
make_cgroup target
start_tracers
few
crowd hundred 100 50
if ! on_v1; then
	[ "$CROWD" = 0 ] || crowd thousands "$CROWD" 8
	relief
	none
fi
machine
for name in $TRACERS; do
	stop_tracer "$name"
done
end_run
