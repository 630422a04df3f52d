#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cgroups that are there before oomtrace, that come meanwhile, and that come and go; kills in some of them. Then more
# cgroups than there are flight recorders, and a target that comes late, and again. Leaves in $OUT, beside what guest-lib.sh says:
#   all.jsonl kprobes.jsonl room.jsonl wait.jsonl   oomtrace's records
#   kept-DATE.jsonl                      recordings of a dated name
#   all.rss room.rss                     oomtrace's resident memory in KiB
# shellcheck disable=SC2154,SC2034 # variables of the functions that are read in
set -u

. ./guest-lib.sh

rss_kib() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

# It has looked at each cgroup that there was: its memory no longer grows.
all_read() {
	was=$(rss_kib "$tracer")
	sleep 2
	[ "$(rss_kib "$tracer")" = "$was" ]
}

oom_told() { # FILE COUNT
	count_at_least "$2" '"type":"oom"' "$OUT/$1"
}

# One whose cgroup needs some memory for a moment.
comes_and_goes() { # CGROUP
	(
		echo 0 >"$CG/$1/cgroup.procs"
		head -c 2000000 /dev/zero | tail -c 1900000 >/dev/null
	)
}

# victims NAME FIRST LAST: each grows into its own limit.
victims() {
	for n in $(seq "$2" "$3"); do
		run_to_end -g "$CG/$1/k$n" hog 24
	done
}

all() { # NAME CGROUPS OPTION...
	which=$1 cgroups=$2
	shift 2
	begin "$which"
	make_cgroup "$which"
	delegate "$which"
	for n in $(seq 1 "$cgroups"); do
		make_cgroup "$which/c$n" 32M
	done
	for n in 1 2; do
		make_cgroup "$which/k$n" 16M
	done
	start_tracer "$which.jsonl" --all --output json "$@"
	tracer_ready "$which.jsonl"
	for n in 3 4; do
		make_cgroup "$which/k$n" 16M
	done
	for n in $(seq 1 "$cgroups"); do
		comes_and_goes "$which/c$n"
		[ $((n % 2)) = 0 ] || wait_until 10 try rmdir "$CG/$which/c$n"
		[ $((n % 25)) != 0 ] || victims "$which" $((n / 25)) $((n / 25))
	done
	wait_until 30 oom_told "$which.jsonl" $((cgroups / 25))
	# Of a limit above: its history is the limit's.
	make_cgroup "$which/pod" 16M
	delegate "$which/pod"
	make_cgroup "$which/pod/leaf"
	run_to_end -g "$CG/$which/pod/leaf" hog 24
	wait_until 30 oom_told "$which.jsonl" $((cgroups / 25 + 1))
	rss_kib "$tracer" >"$OUT/$which.rss"
	stop_tracer "$which.jsonl"
	end "$which"
}

# More cgroups than flight recorders: one of them is killed all the same, with its history.
room() {
	begin room
	make_cgroup room
	delegate room
	(cd "$CG/room" && seq 1 4200 | sed 's/^/c/' | xargs mkdir)
	make_cgroup room/k1 16M
	start_tracer room.jsonl --all --output json
	tracer_ready room.jsonl
	wait_until 120 all_read
	victims room 1 1
	wait_until 30 oom_told room.jsonl 1
	rss_kib "$tracer" >"$OUT/room.rss"
	stop_tracer room.jsonl
	kill_all room/k1
	mark "end room"
	rmdir "$CG/room/k1"
	(cd "$CG/room" && seq 1 4200 | sed 's/^/c/' | xargs rmdir)
	rmdir "$CG/room"
	SCENARIO=
}

waits() {
	begin wait
	make_cgroup wait
	delegate wait
	start_tracer wait.jsonl --cgroup "$CG/wait/late" --wait --output json
	wait_until 60 in_file 'waiting for' "$OUT/wait.jsonl.err"
	make_cgroup wait/late 16M
	tracer_ready wait.jsonl
	run_to_end -g "$CG/wait/late" hog 24
	wait_until 30 oom_told wait.jsonl 1
	wait_until 10 try rmdir "$CG/wait/late"
	wait_until 60 in_file '"target_gone":true' "$OUT/wait.jsonl"
	make_cgroup wait/late 16M
	wait_until 60 in_file '"type":"start"' "$OUT/wait.jsonl"
	run_to_end -g "$CG/wait/late" hog 24
	wait_until 30 oom_told wait.jsonl 2
	stop_tracer wait.jsonl
	end wait
}

# Who waits in vain is ended as a trace is.
waits_in_vain() {
	start_tracer never.jsonl --cgroup "$CG/never" --wait --output json
	wait_until 60 in_file 'waiting for' "$OUT/never.jsonl.err"
	stop_tracer never.jsonl
}

begin_run
echo +memory >"$CG/cgroup.subtree_control"
all all 100
# A recording for each second in which there is something, of which four are kept.
all kprobes 25 --force-kprobes --record "$OUT/kept-%Y%m%d-%H%M%S.jsonl" --keep-files 4
room
waits
waits_in_vain
end_run
