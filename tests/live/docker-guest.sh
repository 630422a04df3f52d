#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside the guest with systemd and Docker: real containers, and oomtrace on them. As guest.sh,
# it judges nothing and leaves what happened in $OUT: kmsg.log, expect.jsonl, timeouts, and for each
# scenario NAME what oomtrace said, NAME.jsonl or NAME.out, with .err and .rc.
set -u

BIN=/oomtrace/oomtrace
WORK=/oomtrace/workload
SLICE=/sys/fs/cgroup/system.slice
# What the containers' first process waits for; nothing is to happen before oomtrace looks on.
GATE='until [ -e /tmp/go ]; do sleep 0.1; done;'

mkdir -p "$OUT/cli"
: >"$OUT/timeouts"
: >"$OUT/expect.jsonl"
declare -A tracer_pids

wait_until() { # SECONDS COMMAND...
	local limit=$((SECONDS + $1))
	shift
	until "$@"; do
		if [ $SECONDS -ge $limit ]; then
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
	timeout -s KILL 60 "$@" >"$OUT/cli/$name.out" 2>"$OUT/cli/$name.err" </dev/null
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

# The experiment: memory.max goes down in steps while stress-ng runs, and then so low that the
# container dies. stress-ng starts each worker again that is killed.
web() {
	local before max now
	step web
	run_container web 'exec stress-ng --vm 1 --vm-bytes 610M --vm-keep' -m 512m
	scope=$SLICE/docker-$id.scope
	before=$(oom_kills $SLICE)
	start_tracer web.jsonl --container web --output json
	start_tracer web-prefix.out --container "${id:0:10}" --record "$OUT/web-prefix.out.jsonl"
	start_tracer web-kprobes.jsonl --container "$id" --force-kprobes --output json
	go web
	# It takes a worker long to fill a large limit: one kill a step is enough above.
	for max in $(seq 448 -64 64); do
		now=$(oom_kills "$scope")
		echo "${max}M" >"$scope/memory.max"
		echo "${SECONDS}s: memory.max ${max}M, $now kills"
		wait_until 60 kills_reached $((now + 1))
		# While a killed worker is still exiting, the next that asks for memory, its parent, may
		# find only the init left to kill. Its turn is to come at the end.
		adjust 0 -1000
	done
	wait_until 120 kills_reached 30
	# Kills go on all the time: the count is exact only while nothing runs.
	echo 1 >"$scope/cgroup.freeze"
	wait_until 30 frozen
	expect web frozen_kills "$(oom_kills "$scope")"
	adjust -1000 0
	step web-end
	echo 0 >"$scope/cgroup.freeze"
	# 20 MiB are often the end of it. But stress-ng's first process is small, and the last that the
	# OOM killer takes: when it has got away, there is less.
	for max in 20M 8M 4M 2M 1M; do
		! scope_gone || break
		try_write "$max" "$scope/memory.max"
		for _ in $(seq 60); do
			! scope_gone || break
			sleep 0.1
		done
	done
	wait_until 30 scope_gone
	expect web slice_kills $(($(oom_kills $SLICE) - before))
	for name in web.jsonl web-prefix.out web-kprobes.jsonl; do
		tracer_done "$name"
	done
	expect_runtime web
}

# Two ends that are not the OOM killer's; the second has the same exit code, 137.
quits() {
	step quits
	run_container quits 'exit 0'
	start_tracer quits.jsonl --container quits --output json
	go quits
	tracer_done quits.jsonl
	expect_runtime quits
}

killed() {
	step killed
	run_container killed :
	start_tracer killed.jsonl --container killed --output json
	docker kill killed >/dev/null
	tracer_done killed.jsonl
	expect_runtime killed
}

command_lines() {
	local first ids=''
	step cli
	run_container alive :
	cli by-name "$BIN" --container alive --dry-run --output json
	cli by-id "$BIN" --container "$id" --dry-run --output json
	cli by-prefix "$BIN" --container "${id:0:12}" --dry-run --output json
	expect alive id "\"$id\""
	cli not-running "$BIN" --container quits
	cli missing "$BIN" --container no-such-container
	# Among 17 ids two begin with the same hex digit.
	ids=$(docker ps -aq)
	until first=$(cut -c1 <<<"$ids" | sort | uniq -d | head -n 1) && [ -n "$first" ]; do
		ids+=$'\n'$(docker create oomtest sh)
	done
	expect ambiguous ids "[$(grep "^$first" <<<"$ids" | sed 's/^\(.\{12\}\).*/"\1"/' | paste -sd,)]"
	cli ambiguous "$BIN" --container "$first"
}

main() {
	expect '' cpus "$(nproc)"
	"$WORK" kmsg "oomtrace-test: done" >"$OUT/kmsg.log" 2>"$OUT/kmsg.err" &
	reader=$!
	web
	quits
	killed
	command_lines
	echo "oomtrace-test: done" >/dev/kmsg
	wait_until 30 gone "$reader"
	echo "${SECONDS}s: done"
	[ ! -s "$OUT/timeouts" ]
}

main
