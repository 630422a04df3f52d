# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of guests with systemd and Docker have in common; to be read in. As guest-lib.sh's scripts, they
# judge nothing and leave what happened in $OUT: kmsg.log, expect.jsonl, timeouts, and for each scenario NAME what
# oomtrace said, NAME.jsonl or NAME.out, with .err and .rc.
# shellcheck disable=SC2154,SC2034 # variables that the scripts set, or read

BIN=/oomtrace/oomtrace
WORK=/oomtrace/workload
SLICE=/sys/fs/cgroup/system.slice
# What the containers' first process waits for; nothing is to happen before oomtrace looks on.
GATE='until [ -e /tmp/go ]; do sleep 0.1; done;'

mkdir -p "$OUT/cli"
: >"$OUT/timeouts"
: >"$OUT/expect.jsonl"
declare -A tracer_pids
SLOW=${SLOW:-1}

# On a machine with time for us a round takes a twentieth of a second; where rounds take longer, as many of them are
# waited for.
wait_until() { # SECONDS COMMAND...
	local limit=$((SECONDS + $1 * SLOW)) rounds=$(($1 * 20))
	shift
	until "$@"; do
		rounds=$((rounds - 1))
		if [ $rounds -lt 0 ] && [ $SECONDS -ge $limit ]; then
			echo "$*" >>"$OUT/timeouts"
			return 1
		fi
		sleep 0.05
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

step() {
	echo "${SECONDS}s: $*"
	echo "oomtrace-test: begin $1" >/dev/kmsg
}

expect() {
	echo "{\"scenario\":\"$1\",\"key\":\"$2\",\"value\":$3}" >>"$OUT/expect.jsonl"
}

start_tracer() { # NAME OPTION...
	local name=$1
	shift
	"$BIN" "$@" >"$OUT/$name" 2>"$OUT/$name.err" &
	tracer_pids[$name]=$!
	wait_until 60 test -s "$OUT/$name"
}

# All end by themselves when their container is gone.
tracer_done() {
	wait_until 60 gone "${tracer_pids[$1]}" || kill -KILL "${tracer_pids[$1]}"
	wait "${tracer_pids[$1]}"
	echo $? >"$OUT/$1.rc"
}

cli() { # NAME COMMAND...
	local name=$1
	shift
	timeout -s KILL $((60 * SLOW)) "$@" >"$OUT/cli/$name.out" 2>"$OUT/cli/$name.err" </dev/null
	echo $? >"$OUT/cli/$name.rc"
}

run_container() { # NAME COMMAND [OPTION...]; its id is in $id
	id=$(docker run -d --name "$1" --network none "${@:3}" oomtest sh -c "$GATE $2")
}

go() {
	docker exec "$1" sh -c ': >/tmp/go'
}

running() {
	[ "$(docker inspect -f '{{.State.Running}}' "$1")" = true ]
}

not_running() {
	! running "$1"
}

# What Docker itself says of a container that is over.
expect_runtime() {
	wait_until 30 not_running "$1"
	expect "$1" exit_code "$(docker inspect -f '{{.State.ExitCode}}' "$1")"
	expect "$1" oom_killed "$(docker inspect -f '{{.State.OOMKilled}}' "$1")"
	expect "$1" id "\"$(docker inspect -f '{{.Id}}' "$1")\""
}

oom_kills() { # FOLDER
	sed -n 's/^oom_kill //p' "$1/memory.events"
}

# Whether there were this many kills in the container.
kills_reached() {
	[ ! -d "$scope" ] || [ "$(oom_kills "$scope")" -ge "$1" ]
}

frozen() {
	grep -q '^frozen 1' "$scope/cgroup.events"
}

scope_gone() {
	! [ -d "$scope" ]
}

# The cgroup may vanish under the write.
try_write() { # TEXT FILE
	{ echo "$1" >"$2"; } 2>/dev/null
}

# Gives the container's processes that have the one oom_score_adj the other. They may end meanwhile.
adjust() { # FROM TO
	local pid adj
	while read -r pid; do
		adj=$(cat "/proc/$pid/oom_score_adj" 2>/dev/null)
		[ "$adj" != "$1" ] || try_write "$2" "/proc/$pid/oom_score_adj"
	done <"$scope/cgroup.procs"
}

begin_run() {
	expect '' cpus "$(nproc)"
	expect '' slow "$SLOW"
	"$WORK" kmsg "oomtrace-test: done" >"$OUT/kmsg.log" 2>"$OUT/kmsg.err" &
	reader=$!
}

end_run() {
	echo "oomtrace-test: done" >/dev/kmsg
	wait_until 30 gone "$reader"
	echo "${SECONDS}s: done"
	[ ! -s "$OUT/timeouts" ]
}
