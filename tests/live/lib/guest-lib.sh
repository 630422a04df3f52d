# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the scripts of busybox guests have in common; to be read in. They judge nothing, and leave in $OUT:
#
#   NAME NAME.err NAME.rc   what an oomtrace that was started as NAME said, and its exit code
#   kmsg.log     the kernel's log, with a line where each scenario begins and ends
#   who.jsonl    what the workloads say of themselves
#   expect.jsonl what the script knows and the others have to say: who writes memory.max, ...
#   events/      memory.events of every cgroup of each scenario, at the path of the cgroup
#   cli/         runs of oomtrace that end by themselves
#   timeouts     what was waited for in vain; must be empty
#
# SLOW, from tests/live/run, says how much longer to wait on this machine.
set -u

BIN=/oomtrace/oomtrace
WORK=/oomtrace/workload
CG=/sys/fs/cgroup
[ -e $CG/cgroup.controllers ] || CG=$CG/memory # cgroup v1
CGROUP_ROOT=$CG
SCENARIO=
SLOW=${SLOW:-1}
export CGROUP_ROOT SCENARIO

mkdir -p "$OUT/cli" "$OUT/events"
: >"$OUT/timeouts"
: >"$OUT/who.jsonl"
: >"$OUT/expect.jsonl"

uptime_s() {
	read -r up _ </proc/uptime
	echo "${up%%.*}"
}

# wait_until SECONDS COMMAND...: nothing here waits without a limit. On a machine with time for us a round takes a
# twentieth of a second; where rounds take longer, as many of them are waited for.
wait_until() {
	limit=$(($(uptime_s) + $1 * SLOW)) rounds=$(($1 * 20))
	shift
	until "$@"; do
		rounds=$((rounds - 1))
		if [ "$rounds" -lt 0 ] && [ "$(uptime_s)" -ge "$limit" ]; then
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

# A process that waits at a full pipe. Kernels before 5.16 can't say so in wchan (get_wchan(), arch/x86).
in_pipe() { # PID
	grep -q pipe "/proc/$1/wchan" || grep -q pipe_write "/proc/$1/stack"
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
	timeout -s KILL $((60 * SLOW)) "$@" >"$OUT/cli/$name.out" 2>"$OUT/cli/$name.err" </dev/null
	echo $? >"$OUT/cli/$name.rc"
}

# ---- scenarios and workloads ----

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

# ---- the whole run ----

begin_run() {
	# The log of one run has many stack traces: a console as slow as ours isn't for them.
	dmesg -n 1
	"$WORK" kmsg "oomtrace-test: done" >"$OUT/kmsg.log" 2>"$OUT/kmsg.err" &
	reader=$!
	expect cpus "$(grep -c ^processor /proc/cpuinfo)"
	expect slow "$SLOW"
}

end_run() {
	mark "done"
	wait_until 30 gone "$reader"
	echo "$(uptime_s)s: done"
	[ ! -s "$OUT/timeouts" ]
}
