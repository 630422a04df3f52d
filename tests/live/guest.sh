#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh [v1|v2]. Runs inside the busybox guest: makes the OOM killer act in every way we know while oomtrace looks
# on, and leaves what happened, from all sides, in $OUT. It judges nothing; check.py does, outside.
#
#   machine.jsonl kprobes.jsonl text.out  oomtrace over the whole run (.err: stderr, .rc: exit code)
#   target.jsonl lineage.jsonl scope-*.jsonl tiny.jsonl  for one scenario
#   kmsg.log     the kernel's log, with a line where each scenario begins and ends
#   who.jsonl    what the workloads say of themselves
#   expect.jsonl what this script knows and the others have to say: who writes memory.max, ...
#   events/      memory.events of every cgroup of each scenario, at the path of the cgroup
#   cli/         runs of oomtrace that end by themselves, most of them with an error
#   text.out.jsonl rotated.jsonl[.1] killed.jsonl   recordings beside text.out, kprobes.jsonl, killed.out
#   timeouts     what was waited for in vain; must be empty
set -u

BIN=/oomtrace/oomtrace
WORK=/oomtrace/workload
CG=/sys/fs/cgroup
[ "${1:-}" != v1 ] || CG=/sys/fs/cgroup/memory
CGROUP_ROOT=$CG
SCENARIO=
export CGROUP_ROOT SCENARIO

mkdir -p "$OUT/cli" "$OUT/events"
: >"$OUT/timeouts"
: >"$OUT/who.jsonl"
: >"$OUT/expect.jsonl"

uptime_s() {
	read -r up _ </proc/uptime
	echo "${up%%.*}"
}

# wait_until SECONDS COMMAND...: nothing here waits without a limit.
wait_until() {
	limit=$(($(uptime_s) + $1))
	shift
	until "$@"; do
		if [ "$(uptime_s)" -ge "$limit" ]; then
			echo "$SCENARIO: $*" >>"$OUT/timeouts"
			return 1
		fi
		sleep 0.05
	done
}

# A zombie counts as gone: it waits for us only.
gone() {
	! [ -d "/proc/$1" ] || try grep -q '^State:.[ZX]' "/proc/$1/status"
}

all_gone() {
	[ -z "$(cat "$@" 2>/dev/null)" ]
}

in_file() {
	grep -q "$1" "$2"
}

count_at_least() {
	[ "$(grep -c "$2" "$3")" -ge "$1" ]
}

try() {
	"$@" 2>/dev/null
}

expect() {
	echo "{\"scenario\":\"$SCENARIO\",\"key\":\"$1\",\"value\":$2}" >>"$OUT/expect.jsonl"
}

# ---- oomtrace ----

# start_tracer NAME OPTION...: returns when it is attached. Its pid is in tracer_NAME.
start_tracer() {
	name=$1
	shift
	"$BIN" "$@" >"$OUT/$name" 2>"$OUT/$name.err" &
	tracer=$!
	echo "$tracer" >"/tmp/$name.pid"
}

# The first line is written when everything is attached.
tracer_ready() {
	wait_until 60 test -s "$OUT/$1"
}

tracer_done() {
	pid=$(cat "/tmp/$1.pid")
	if ! wait_until 60 gone "$pid"; then
		kill -KILL "$pid"
	fi
	wait "$pid"
	echo $? >"$OUT/$1.rc"
}

stop_tracer() {
	kill -INT "$(cat "/tmp/$1.pid")"
	tracer_done "$1"
}

stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

# stop_reading NAME...: what comes now waits in the ring. Returns when they have really stopped:
# the signal of it, SIGCHLD, would end a write of memory.max before its time.
stop_reading() {
	for name; do
		kill -STOP "$(cat "/tmp/$name.pid")"
		wait_until 10 stopped "$(cat "/tmp/$name.pid")"
	done
}

go_on_reading() {
	for name; do
		kill -CONT "$(cat "/tmp/$name.pid")"
	done
}

# cli NAME COMMAND...: to its end, for its output and exit code.
cli() {
	name=$1
	shift
	timeout -s KILL 60 "$@" >"$OUT/cli/$name.out" 2>"$OUT/cli/$name.err" </dev/null
	echo $? >"$OUT/cli/$name.rc"
}

# ---- scenarios ----

mark() {
	echo "oomtrace-test: $*" >/dev/kmsg
}

# make_cgroup PATH [MAX]: below $CG; its parent hands the memory controller on.
make_cgroup() {
	mkdir -p "$CG/$1"
	[ $# -lt 2 ] || echo "$2" >"$CG/$1/memory.max"
}

delegate() {
	echo +memory >"$CG/$1/cgroup.subtree_control"
}

begin() {
	SCENARIO=$1
	echo "$(uptime_s)s: $1"
	mark "begin $1"
}

# The figures of a cgroup and all below it, before the cgroups go.
save_events() {
	find "$CG/$1" -type d | while read -r dir; do
		to=$OUT/events/$SCENARIO/${dir#"$CG/"}
		mkdir -p "$to"
		for file in memory.events memory.events.local; do
			try cat "$dir/$file" >"$to/$file"
		done
	done
}

kill_all() {
	find "$CG/$1" -name cgroup.procs | while read -r file; do
		while read -r pid; do
			try kill -KILL "$pid"
		done <"$file"
	done
	# shellcheck disable=SC2046  # one path a word: these are our own names
	wait_until 30 all_gone $(find "$CG/$1" -name cgroup.procs)
}

# end CGROUP: saves its figures and removes it and all below it.
end() {
	kill_all "$1"
	save_events "$1"
	mark "end $SCENARIO"
	find "$CG/$1" -depth -type d | while read -r dir; do
		wait_until 10 try rmdir "$dir"
	done
	SCENARIO=
}

# run OPTION... COMMAND...: a workload in the background; its pid is in $pid.
run() {
	"$WORK" "$@" >>"$OUT/who.jsonl" 2>>"$OUT/workload.err" &
	pid=$!
}

says() {
	grep -q "\"scenario\":\"$SCENARIO\",\"pid\":$1,.*\"state\":\"$2\"" "$OUT/who.jsonl"
}

# What shares a limit with others may be killed before: newer kernels look for another victim before the
# first has given back all, and the small parent of the large can be that.
settled() {
	says "$1" holding || gone "$1"
}

# run_held ...: as run, and returns when it holds all its memory.
run_held() {
	run "$@"
	wait_until 60 says "$pid" holding
}

run_to_end() {
	run "$@"
	wait_until 90 gone "$pid"
}

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

# A container as Docker lays it out under systemd, without a runtime to ask.
CONTAINER=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
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
	begin killed
	make_cgroup killed 32M
	run_to_end -g "$CG/killed" hog 64
	wait_until 30 in_file '"type":"oom"' "$OUT/killed.jsonl"
	kill -KILL "$(cat /tmp/killed.out.pid)"
	tracer_done killed.out
	end killed
}

# A disk without room: the trace goes on without the recording.
full_disk() {
	mkdir -p /full
	mount -t tmpfs -o size=64k none /full
	dd if=/dev/zero of=/full/rest bs=4k 2>"$OUT/full-dd.err"
	cli record-full "$BIN" --duration 1s --record /full/rec
	wc -c </full/rec >"$OUT/cli/record-full.size"
	umount /full
}

# Needs a real kernel, but no OOM.
command_lines() {
	SCENARIO=cli
	cli plan-json "$BIN" --dry-run --output json
	cli plan-text "$BIN" --dry-run
	cli plan-kprobes "$BIN" --dry-run --force-kprobes --output json
	cli duration "$BIN" --duration 1s --output json
	cli no-root "$WORK" -u 1000 exec "$BIN"
	cli no-cap-bpf "$WORK" drop-caps 39,21 "$BIN"
	cli no-cap-perfmon "$WORK" drop-caps 38,21 "$BIN"
	cli caps-enough "$WORK" drop-caps 21 "$BIN" --duration 100ms --output json
	cli cgroup-outside "$BIN" --cgroup /proc
	cli cgroup-dots "$BIN" --cgroup "$CG/system.slice/.."
	cli cgroup-missing "$BIN" --cgroup "$CG/not-there"
	cli pid-missing "$BIN" --pid 4000000
	cli container-missing "$BIN" --container no-such-container
	cli until-exit-machine "$BIN" --until-exit
	# shellcheck disable=SC2016  # $BIN is for the inner shell
	cli stdout-closed env BIN="$BIN" OUT="$OUT" sh -c '
		{ "$BIN" --duration 2s --output json; echo $? >"$OUT/cli/stdout-closed-self.rc"; } |
			head -n 1'
	full_disk
	cli record-exists "$BIN" --duration 1s --record "$OUT/expect.jsonl"
	# shellcheck disable=SC2016
	cli disk-full env BIN="$BIN" sh -c '"$BIN" --duration 1s --output json >/dev/full'
	if mount -t tmpfs none /sys/kernel/btf; then
		cli no-btf "$BIN"
		umount /sys/kernel/btf
	fi
	SCENARIO=
}

TRACERS="machine.jsonl kprobes.jsonl text.out"

begin_run() {
	# The log of one run has many stack traces: a console as slow as ours isn't for them.
	dmesg -n 1
	"$WORK" kmsg "oomtrace-test: done" >"$OUT/kmsg.log" 2>"$OUT/kmsg.err" &
	reader=$!
	expect cpus "$(grep -c ^processor /proc/cpuinfo)"
}

start_tracers() {
	start_tracer machine.jsonl --output json
	start_tracer kprobes.jsonl --force-kprobes --output json --record "$OUT/rotated.jsonl" --record-size 64K
	start_tracer text.out --record "$OUT/text.out.jsonl"
	for name in $TRACERS; do
		tracer_ready "$name"
	done
}

stop_tracers() {
	for name in $TRACERS; do
		stop_tracer "$name"
	done
}

# The last of all: it can't be undone, and takes the kernel's memory from programs that are attached.
locked_down() {
	SCENARIO=cli
	mount -t securityfs none /sys/kernel/security
	echo confidentiality >/sys/kernel/security/lockdown
	cli locked-down "$BIN"
	SCENARIO=
}

end_run() {
	mark "done"
	wait_until 30 gone "$reader"
	echo "$(uptime_s)s: done"
	[ ! -s "$OUT/timeouts" ]
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

# The memory controller on cgroup v1, as old container hosts have it. A limit there is in
# memory.limit_in_bytes, kills are counted in memory.oom_control, and a container of Docker's
# cgroupfs driver is /docker/ID.
main_v1() {
	begin_run
	start_tracers

	begin one
	make_cgroup one/below
	echo 32M >"$CG/one/memory.limit_in_bytes"
	run_to_end -g "$CG/one/below" hog 64
	expect oom_kill "$(sed -n 's/^oom_kill //p' "$CG/one/below/memory.oom_control")"
	mark "end one"

	begin container
	dir=docker/$CONTAINER
	make_cgroup "$dir"
	echo 32M >"$CG/$dir/memory.limit_in_bytes"
	rm -f /tmp/go
	run -g "$CG/$dir" -w /tmp/go init 64 0
	wait_until 30 in_file '"role":"init"' "$OUT/who.jsonl"
	start_tracer container.jsonl --container 0123456789ab --output json
	tracer_ready container.jsonl
	touch /tmp/go
	wait_until 60 gone "$pid"
	tracer_done container.jsonl
	mark "end container"

	SCENARIO=cli
	cli container-missing "$BIN" --container no-such-container
	SCENARIO=
	stop_tracers
	end_run
}

if [ "${1:-}" = v1 ]; then
	main_v1
else
	main
fi
