#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes the OOM killer act in every way that we know, while oomtrace traces it. Leaves in $OUT what oomtrace, the kernel
# and the workloads say; judge.py judges. guest-lib.sh says which files there are; of this script's own are
#
#   machine.jsonl kprobes.jsonl text.out  oomtrace over the whole run
#   target.jsonl lineage.jsonl scope-*.jsonl tiny.jsonl  for one scenario
#   text.out.jsonl rotated.jsonl[.1] killed.jsonl   recordings beside text.out, kprobes.jsonl, killed.out
# shellcheck disable=SC2154 # variables of the files that are read in
set -u

. ./guest-lib.sh
. ./tracers.sh
. ./command-lines.sh

one() {
	begin one
	make_cgroup one 32M
	run_to_end -g "$CG/one" hog 64
	end one
}

# Shared and file pages, another user, a hostile name, and one whose end fills the kernel's 15 bytes.
parts() {
	begin parts
	make_cgroup parts 32M
	run_to_end -g "$CG/parts" -u 1000 -a 500 -n "$(printf 'a "b)\033[1m\303\251')" \
		hog 24 8 6 /files/parts
	run_to_end -g "$CG/parts" -a -500 -n fifteen-letters hog 24 8 8 /files/parts2
	end parts
}

pool() {
	begin pool
	make_cgroup pool 48M
	run -g "$CG/pool" pool 4 20
	wait_until 60 settled "$pid"
	end pool
}

group() {
	begin group
	make_cgroup group 48M
	echo 1 >"$CG/group/memory.oom.group"
	run_to_end -g "$CG/group" pool 3 20
	wait_until 30 all_gone "$CG/group/cgroup.procs"
	end group
}

ancestor() {
	begin ancestor
	make_cgroup ancestor 32M
	delegate ancestor
	make_cgroup ancestor/child
	delegate ancestor/child
	make_cgroup ancestor/child/leaf
	run_to_end -g "$CG/ancestor/child/leaf" hog 64
	end ancestor
}

adj() {
	begin adj
	make_cgroup adj
	run_held -g "$CG/adj" -a -1000 hog 20
	run_held -g "$CG/adj" -a 300 hog 8
	echo 24M >"$CG/adj/memory.max"
	wait_until 30 gone "$pid"
	end adj
}

# The leader is a zombie before the others are gone: only the cgroup tells when all are.
zombie() {
	begin zombie
	make_cgroup zombie 32M
	run_to_end -g "$CG/zombie" zombie-leader 64
	wait_until 30 all_gone "$CG/zombie/cgroup.procs"
	end zombie
}

sharemm() {
	begin sharemm
	make_cgroup sharemm 32M
	run_to_end -g "$CG/sharemm" share-mm 64
	wait_until 30 all_gone "$CG/sharemm/cgroup.procs"
	end sharemm
}

# The trigger is not the victim: it is this shell, inside its write.
lower() {
	begin lower
	make_cgroup lower
	run_held -g "$CG/lower" hog 40
	expect trigger_pid $$
	echo 16M >"$CG/lower/memory.max"
	wait_until 30 gone "$pid"
	end lower
}

# The cgroup is no more when oomtrace gets to read about the kill.
removed() {
	begin removed
	make_cgroup removed
	delegate removed
	make_cgroup removed/at-once 32M
	# shellcheck disable=SC2086  # a list of names
	stop_reading $TRACERS
	run_to_end -g "$CG/removed/at-once" hog 64
	wait "$pid"
	wait_until 30 try rmdir "$CG/removed/at-once"
	# shellcheck disable=SC2086
	go_on_reading $TRACERS
	end removed
}

# Nothing can be read from /proc when oomtrace gets to it, and most victims never executed a program. One
# oomtrace saw the exec of their ancestor, the other came after it, and knows it from /proc only.
lineage() {
	begin lineage
	make_cgroup lineage
	rm -f /tmp/go
	run -g "$CG/lineage" -w /tmp/go lineage 4
	wait_until 30 says "$pid" start
	start_tracer lineage.jsonl --cgroup "$CG/lineage" --output json
	tracer_ready lineage.jsonl
	# It drops its privileges when it has looked around in /proc.
	wait_until 30 in_file '^NoNewPrivs:.1' "/proc/$tracer/status"
	touch /tmp/go
	wait_until 60 says "$pid" holding
	# shellcheck disable=SC2086  # a list of names
	stop_reading $TRACERS lineage.jsonl
	echo 0 >"$CG/lineage/memory.max"
	wait_until 30 all_gone "$CG/lineage/cgroup.procs"
	wait "$pid"
	# shellcheck disable=SC2086
	go_on_reading $TRACERS lineage.jsonl
	stop_tracer lineage.jsonl
	end lineage
}

exiting() {
	begin exiting
	make_cgroup exiting
	run_to_end exiting 24 "$CG/exiting" 8388608
	end exiting
}

storm() {
	begin storm
	make_cgroup storm 20M
	run_to_end -g "$CG/storm" storm 4 8 30
	end storm
}

# One cgroup is the target: kills in it, by whichever limit, are reported, and its sibling's not.
target() {
	begin target
	make_cgroup target 64M
	delegate target
	make_cgroup target/in
	make_cgroup target/out 16M
	start_tracer target.jsonl --cgroup "$CG/target/in" --output json
	tracer_ready target.jsonl
	run_held -g "$CG/target/in" hog 1
	cli by-pid "$BIN" --pid "$pid" --dry-run --output json
	cli by-relative-path "$BIN" --cgroup target/in --dry-run --output json
	cli by-rooted-path "$BIN" --cgroup /target/in --dry-run --output json
	run_to_end -g "$CG/target/out" hog 32
	run_to_end -g "$CG/target/in" hog 96
	mark "end target"

	# The whole machine, in the same target: two processes of 60 % of the memory each, twice.
	begin machine
	echo max >"$CG/target/memory.max"
	kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	run -g "$CG/target/in" pool 3 $((kib * 6 / 10 / 1024))
	wait_until 120 settled "$pid"
	stop_tracer target.jsonl
	end target
}

scope() { # NAME MIB STATUS
	begin "$1"
	dir=system.slice/docker-$CONTAINER.scope
	make_cgroup system.slice
	delegate system.slice
	make_cgroup "$dir" 32M
	rm -f /tmp/go
	run -g "$CG/$dir" -w /tmp/go init "$2" "$3"
	wait_until 30 in_file "\"scenario\":\"$1\".*\"role\":\"init\"" "$OUT/who.jsonl"
	# Two whose ids begin alike make the prefix ambiguous.
	make_cgroup "system.slice/docker-01234567$(echo $CONTAINER | cut -c1-56).scope"
	cli "$1-ambiguous" "$BIN" --container 01234567 --dry-run
	start_tracer "$1.jsonl" --container 0123456789ab --output json
	tracer_ready "$1.jsonl"
	touch /tmp/go
	wait_until 60 gone "$pid"
	wait "$pid"
	expect status $?
	tracer_done "$1.jsonl"
	end system.slice
}

# A ring for a few events, and a reader that sleeps: loss, and nothing but loss.
tiny() {
	begin tiny
	make_cgroup tiny
	run_held -g "$CG/tiny" pool 20 2
	start_tracer tiny.jsonl --ring-size 4K --output json
	tracer_ready tiny.jsonl
	stop_reading tiny.jsonl
	echo 4M >"$CG/tiny/memory.max"
	go_on_reading tiny.jsonl
	stop_tracer tiny.jsonl
	end tiny
}

# No process may be killed. Lowering the limit must return, and so must oomtrace's records: the
# faults of the second part run into the OOM killer thousands of times a second until we end them.
none() {
	begin none
	make_cgroup none
	run_held -g "$CG/none" -a -1000 hog 24
	from=$(uptime_s)
	echo 8M >"$CG/none/memory.max"
	expect write_seconds $(($(uptime_s) - from))
	kill_all none
	from=$(uptime_s)
	run -g "$CG/none" -a -1000 hog 24
	wait_until 20 count_at_least 3 '"outcome":"no-victim"' "$OUT/machine.jsonl"
	kill -KILL "$pid"
	expect fault_seconds $(($(uptime_s) - from))
	end none
}

# A tracer that has no time to end its recording.
killed() {
	start_tracer killed.out --record "$OUT/killed.jsonl"
	tracer_ready killed.out
	# What tells relief is attached a little later than what tells kills.
	wait_until 60 in_file '^NoNewPrivs:.1' "/proc/$(cat /tmp/killed.out.pid)/status"
	begin killed
	make_cgroup killed 32M
	run_to_end -g "$CG/killed" hog 64
	wait_until 30 in_file '"type":"relief"' "$OUT/killed.jsonl"
	wait_until 30 in_file 'is back' "$OUT/killed.out" # text waits for the names of the stack
	wait_until 30 in_file '"type":"stack"' "$OUT/killed.jsonl" # and such records wait for more of them
	kill -KILL "$(cat /tmp/killed.out.pid)"
	tracer_done killed.out
	end killed
}

main() {
	begin_run
	echo +memory >"$CG/cgroup.subtree_control"
	mkdir -p /files
	# ramfs: its pages are file pages, those of tmpfs would be shmem
	mount -t ramfs none /files && chmod 777 /files

	command_lines
	start_tracers
	one
	parts
	pool
	group
	ancestor
	adj
	zombie
	sharemm
	lower
	removed
	lineage
	exiting
	storm
	target
	scope scope-oom 64 0
	scope scope-exit 4 3
	tiny
	none
	killed
	stop_tracers
	locked_down
	end_run
}

main
