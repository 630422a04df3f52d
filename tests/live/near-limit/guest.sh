#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A program grows by 1 GiB/s into a limit of 512 MiB, again and again, with a hook at 90 %. Leaves in $OUT, beside what
# guest-lib.sh says:
#   frozen.jsonl free.jsonl    oomtrace's records, with --freeze and without
#   hooks/N.frozen             cgroup.events of the cgroup, as each hook saw it, with --freeze
#   hooks/N.env                its variables
#   self.jsonl paused.jsonl    the same with --freeze, of a target that oomtrace is in, and of one that was frozen before
#   still-paused               cgroup.freeze of the latter, after its hook
#   meanwhile.jsonl            the same of a target that somebody else freezes while the hook runs
#   still-frozen               cgroup.freeze of that, after its hook
#   low.jsonl                  a mark of 3 %, and three climbs
#   flood.jsonl                a target that passes the mark and falls below it again and again
#   snapshot.jsonl snapshot.out   --snapshot with --freeze; smaps/PID is what a hook saw of a process that stood still
#   cached                        bytes of /ram/data in the page cache, as the process that has it open saw it
#   mappings.jsonl             the same of a process with 80,000 mappings
#   all.jsonl                  --all, with a large and a tiny limit
#   thawed                     cgroup.freeze after oomtrace, or it and what runs hooks, was killed while a hook ran
# shellcheck disable=SC2154,SC2034 # variables of the functions that are read in
set -u

. ./guest-lib.sh

mkdir -p "$OUT/hooks" /tmp/hooks
cat >/tmp/hook <<-'HOOK'
	#!/bin/sh
	# FOLDER: leaves there what it sees, and takes its time.
	env | grep ^OOMTRACE_ >"$1/$OOMTRACE_PID.env"
	cat "/sys/fs/cgroup$OOMTRACE_CGROUP/cgroup.events" >"$1/$OOMTRACE_PID.frozen"
	cat /proc/self/cgroup >"$1/$OOMTRACE_PID.cgroup"
	sleep 0.3
HOOK
cat >/tmp/slow-hook <<-'HOOK'
	#!/bin/sh
	: >/tmp/hooks/begun
	exec sleep 1000
HOOK
cat >/tmp/inside <<-'INSIDE'
	#!/bin/sh
	echo 0 >/sys/fs/cgroup/near/cgroup.procs
	exec /oomtrace/oomtrace "$@"
INSIDE
cat >/tmp/held-hook <<-'HELD'
	#!/bin/sh
	: >/tmp/hooks/begun
	while [ ! -e /tmp/hooks/go ]; do sleep 0.05; done
HELD
cat >/tmp/smaps-hook <<-'SMAPS'
	#!/bin/sh
	# FOLDER: leaves there what the mappings are.
	mkdir -p "$1"
	while read -r pid; do
		cat "/proc/$pid/smaps" >"$1/$pid"
	done <"/sys/fs/cgroup$OOMTRACE_CGROUP/cgroup.procs"
SMAPS
chmod +x /tmp/smaps-hook /tmp/hook /tmp/slow-hook /tmp/held-hook /tmp/inside

grow() {
	/oomtrace/grow "$CG/near" 600 2>>"$OUT/grow.err" &
	pid=$!
	wait_until 60 gone $pid
	wait $pid
}

runs() { # NAME OPTION...
	begin "$1"
	which=$1
	shift
	make_cgroup near 512M
	start_tracer "$which.jsonl" --output json --cgroup "$CG/near" "$@"
	tracer_ready "$which.jsonl"
	wait_until 30 in_file '"type":"usage"' "$OUT/$which.jsonl"
	done=0
	while [ $done -lt "$OOMTRACE_RUNS" ]; do
		grow
		done=$((done + 1))
		wait_until 30 count_at_least $done '"type":"hook"' "$OUT/$which.jsonl"
	done
	stop_tracer "$which.jsonl"
	end near
}

frozen_is() { # 0|1
	[ "$(cat "$CG/near/cgroup.freeze")" = "$1" ]
}

another_thaw() { # PID
	now=$(pidof oomtrace-thaw) && [ "$now" != "$1" ]
}

# killed WHAT: oomtrace, or with `all` what runs its hooks, too, while the target is frozen. With `thaw` who would thaw
# it is killed first, and another one takes over.
killed() {
	begin "killed-$1"
	make_cgroup near 512M
	rm -f /tmp/hooks/begun
	start_tracer "killed-$1.jsonl" --output json --cgroup "$CG/near" --on-near-limit 90:/tmp/slow-hook --freeze \
		--hook-time 10m
	tracer_ready "killed-$1.jsonl"
	wait_until 30 in_file '"type":"usage"' "$OUT/killed-$1.jsonl"
	# It stays below the limit.
	/oomtrace/grow "$CG/near" 480 2>>"$OUT/grow.err" &
	grower=$!
	wait_until 60 test -e /tmp/hooks/begun
	wait_until 10 frozen_is 1
	helpers=
	[ "$1" = one ] || helpers=$(pidof oomtrace-hook)
	if [ "$1" = thaw ]; then
		thaw=$(pidof oomtrace-thaw)
		kill -KILL "$thaw"
		wait_until 30 another_thaw "$thaw"
		frozen_is 1 || echo "thaw: let go too early" >>"$OUT/thawed"
	fi
	# shellcheck disable=SC2086 # none, or several
	kill -KILL "$(cat "/tmp/killed-$1.jsonl.pid")" $helpers
	if wait_until 30 frozen_is 0; then
		echo "$1" >>"$OUT/thawed"
	fi
	tracer_done "killed-$1.jsonl"
	wait_until 30 gone $grower
	wait_until 30 nothing_runs
	end near
}

# oomtrace is in the target, and so would stand still, too.
self() {
	begin self
	make_cgroup near 512M
	BIN=/tmp/inside
	start_tracer self.jsonl --output json --cgroup "$CG/near" --on-near-limit "90:/bin/true" --freeze
	BIN=/oomtrace/oomtrace
	tracer_ready self.jsonl
	wait_until 30 in_file '"type":"usage"' "$OUT/self.jsonl"
	# Not to the limit: whoever asks for memory there makes the kernel kill, also oomtrace.
	/oomtrace/grow "$CG/near" 480 2>>"$OUT/grow.err"
	wait_until 30 in_file '"type":"hook"' "$OUT/self.jsonl"
	stop_tracer self.jsonl
	end near
}

uses_100_mib() {
	[ "$(cat "$CG/near/memory.current")" -gt 104857600 ]
}

# Somebody else has frozen it, as `docker pause` does; then its limit comes down to it.
paused() {
	begin paused
	make_cgroup near 512M
	start_tracer paused.jsonl --output json --cgroup "$CG/near" --on-near-limit "90:/bin/true" --freeze
	tracer_ready paused.jsonl
	wait_until 30 in_file '"type":"usage"' "$OUT/paused.jsonl"
	/oomtrace/grow "$CG/near" 400 2>>"$OUT/grow.err" &
	grower=$!
	wait_until 60 uses_100_mib
	echo 1 >"$CG/near/cgroup.freeze"
	wait_until 30 in_file 'frozen 1' "$CG/near/cgroup.events"
	echo $(($(cat "$CG/near/memory.current") * 20 / 19)) >"$CG/near/memory.max"
	wait_until 30 in_file '"type":"hook"' "$OUT/paused.jsonl"
	cat "$CG/near/cgroup.freeze" >"$OUT/still-paused"
	kill -KILL $grower
	wait_until 30 gone $grower
	stop_tracer paused.jsonl
	end near
}

# Somebody else freezes it while the hook runs.
meanwhile() {
	begin meanwhile
	make_cgroup near 512M
	rm -f /tmp/hooks/begun /tmp/hooks/go
	start_tracer meanwhile.jsonl --output json --cgroup "$CG/near" --on-near-limit 90:/tmp/held-hook --freeze \
		--hook-time 10m
	tracer_ready meanwhile.jsonl
	wait_until 30 in_file '"type":"usage"' "$OUT/meanwhile.jsonl"
	/oomtrace/grow "$CG/near" 480 2>>"$OUT/grow.err" &
	grower=$!
	wait_until 60 test -e /tmp/hooks/begun
	wait_until 10 frozen_is 1
	echo 1 >"$CG/near/cgroup.freeze"
	: >/tmp/hooks/go
	wait_until 30 in_file '"type":"hook"' "$OUT/meanwhile.jsonl"
	cat "$CG/near/cgroup.freeze" >"$OUT/still-frozen"
	kill -KILL $grower
	wait_until 30 gone $grower
	stop_tracer meanwhile.jsonl
	end near
}

climbs() { # NAME PERCENT LIMIT
	begin "$1"
	make_cgroup near "$3"
	start_tracer "$1.jsonl" --output json --cgroup "$CG/near" --on-near-limit "$2:/bin/true"
	tracer_ready "$1.jsonl"
	wait_until 30 in_file '"type":"usage"' "$OUT/$1.jsonl"
}

# Each climb is told, although 5 % below the mark there is nothing. They are more than a second apart.
low() {
	climbs low 3 512M
	for climb in 1 2 3; do
		/oomtrace/grow "$CG/near" 32 2>>"$OUT/grow.err"
		wait_until 30 count_at_least $climb '"type":"near-limit"' "$OUT/low.jsonl"
		sleep 1.1
	done
	stop_tracer low.jsonl
	end near
}

# It is told once in a second, and not with each climb.
flood() {
	climbs flood 50 8M
	/oomtrace/grow "$CG/near" 6 "$OOMTRACE_CLIMBS" 2>>"$OUT/grow.err"
	stop_tracer flood.jsonl
	end near
}

# What the memory is, at the mark and 10 s later; then the kill, which tells it.
snapshot() {
	begin snapshot
	make_cgroup near 280M
	mkdir -p /hold /ram
	mount -t tmpfs none /hold
	mount -t ramfs none /ram
	start_tracer snapshot.jsonl --output json --cgroup "$CG/near" --on-near-limit "80:/tmp/smaps-hook $OUT/smaps" \
		--snapshot --freeze
	tracer_ready snapshot.jsonl
	wait_until 30 in_file '"type":"usage"' "$OUT/snapshot.jsonl"
	/oomtrace/hold "$CG/near" 170 2>>"$OUT/grow.err" &
	holder=$!
	wait_until 60 in_file '"type":"snapshot"' "$OUT/snapshot.jsonl"
	kill -USR2 $holder
	wait_until 60 in_file '"again":true' "$OUT/snapshot.jsonl"
	kill -USR1 $holder
	wait_until 60 gone $holder
	wait_until 30 in_file '"type":"oom"' "$OUT/snapshot.jsonl"
	stop_tracer snapshot.jsonl
	cp /tmp/cached "$OUT/cached"
	umount /hold /ram
	end near
}

# A process of 80,000 mappings, of which the snapshot's time is not enough for all.
mappings() {
	begin mappings
	echo 100000 >/proc/sys/vm/max_map_count
	make_cgroup near 256M
	start_tracer mappings.jsonl --output json --cgroup "$CG/near" --snapshot --freeze
	tracer_ready mappings.jsonl
	wait_until 30 in_file '"type":"usage"' "$OUT/mappings.jsonl"
	/oomtrace/hold "$CG/near" 200 80000 2>>"$OUT/grow.err" &
	holder=$!
	wait_until 90 in_file '"type":"snapshot"' "$OUT/mappings.jsonl"
	kill -USR1 $holder
	wait_until 60 gone $holder
	wait_until 30 in_file '"type":"oom"' "$OUT/mappings.jsonl"
	stop_tracer mappings.jsonl
	end near
}

# Every cgroup has the mark: one that is passed by many batches, and one whose limit is a few.
all() {
	begin all
	make_cgroup near 512M
	make_cgroup tiny 4M
	start_tracer all.jsonl --output json --all --on-near-limit 90:/bin/true --snapshot --freeze
	tracer_ready all.jsonl
	/oomtrace/grow "$CG/near" 600 2>>"$OUT/grow.err"
	/oomtrace/grow "$CG/tiny" 8 2>>"$OUT/grow.err"
	wait_until 30 count_at_least 2 '"type":"hook"' "$OUT/all.jsonl"
	stop_tracer all.jsonl
	wait_until 10 try rmdir "$CG/tiny"
	end near
}

nothing_runs() {
	! pidof sleep oomtrace-hook oomtrace-thaw >/dev/null
}

begin_run
expect runs "$OOMTRACE_RUNS"
runs frozen --on-near-limit "90:/tmp/hook $OUT/hooks" --freeze
mkdir "$OUT/hooks-free"
runs free --on-near-limit "90:/tmp/hook $OUT/hooks-free"
self
paused
killed one
killed all
killed thaw
meanwhile
low
flood
snapshot
mappings
all
end_run
