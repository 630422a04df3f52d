#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real containers, and oomtrace on them. docker-lib.sh says what is left in $OUT.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

# Whether stress-ng has a worker: it gives it 1000.
has_worker() {
	local pid
	while read -r pid; do
		[ "$(cat "/proc/$pid/oom_score_adj" 2>/dev/null)" != 1000 ] || return 0
	done <"$scope/cgroup.procs"
	return 1
}

# The experiment: memory.max goes down in steps while stress-ng runs, and then so low that the
# container dies. stress-ng starts each worker again that is killed.
web() {
	local before max now
	step web
	run_container web 'exec stress-ng --vm 1 --vm-bytes 610M --vm-keep' -m 512m
	scope=$SLICE/docker-$id.scope
	before=$(oom_kills $SLICE)
	# One CPU has three traces and a storm to do. Where it has no time, the room must do.
	start_tracer web.jsonl --container web --output json --ring-size 16M
	start_tracer web-prefix.verbose.out --verbose --container "${id:0:10}" --ring-size 16M \
		--record "$OUT/web-prefix.verbose.out.jsonl"
	start_tracer web-kprobes.brief.out --brief --container "$id" --force-kprobes --ring-size 16M \
		--record "$OUT/web-kprobes.brief.out.jsonl"
	go web
	# While a killed worker is still exiting, the next that asks for memory, its parent, may
	# find only the init left to kill. Its turn is to come at the end.
	wait_until 60 has_worker
	adjust 0 -1000
	# It takes a worker long to fill a large limit: one kill a step is enough above.
	for max in $(seq 448 -64 64); do
		now=$(oom_kills "$scope")
		echo "${max}M" >"$scope/memory.max"
		echo "${SECONDS}s: memory.max ${max}M, $now kills"
		wait_until 60 kills_reached $((now + 1))
		adjust 0 -1000
	done
	wait_until 120 kills_reached 30
	# Kills go on all the time: the count is exact only while nothing runs.
	echo 1 >"$scope/cgroup.freeze"
	wait_until 30 frozen
	expect web frozen_kills "$(oom_kills "$scope")"
	# As the workers are: else one of them is always taken before it, and the storm lasts for minutes.
	adjust -1000 1000
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
	for name in web.jsonl web-prefix.verbose.out web-kprobes.brief.out; do
		tracer_done "$name"
	done
	expect_runtime web
}

# Its init gives the code of what it ran, which was OOM-killed: the init wasn't.
passes_on() {
	step passes-on
	run_container passes-on 'tail /dev/zero; exit $?' -m 32m
	start_tracer passes-on.jsonl --container passes-on --output json
	go passes-on
	tracer_done passes-on.jsonl
	expect_runtime passes-on
	cli passes-on "$BIN" report --summary "$OUT/passes-on.jsonl"
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

ends_told() { # N [NAME]
	[ "$(grep -c '"target_gone":true' "$OUT/${2:-restarts}.jsonl")" -ge "$1" ]
}

# A restart policy: its init is killed at its limit six times, and Docker starts it again five times.
restarts() {
	step restarts
	run_container restarts 'exec tail /dev/zero' -m 32m --restart on-failure:5
	start_tracer restarts.jsonl --container restarts --output json
	go restarts
	wait_until 180 not_running restarts
	wait_until 60 ends_told 6
	kill -INT "${tracer_pids[restarts.jsonl]}"
	tracer_done restarts.jsonl
	expect_runtime restarts
}

# Removed and made again under its name, as compose does when a service has changed: the second one is OOM-killed.
again() {
	step again
	run_container again 'exec tail /dev/zero' -m 32m --restart unless-stopped
	expect again first "\"$id\""
	start_tracer again.jsonl --container again --output json
	docker rm -f again >/dev/null
	wait_until 60 ends_told 1 again
	run_container again 'exec tail /dev/zero' -m 32m
	wait_until 60 grep -q '"type":"start"' "$OUT/again.jsonl"
	go again
	wait_until 60 ends_told 2 again
	kill -INT "${tracer_pids[again.jsonl]}"
	tracer_done again.jsonl
	expect_runtime again
}

# dockerd stands still while processes are killed, and when the container ends.
stopped() {
	local dockerd
	step stopped
	run_container stopped 'for i in 1 2 3; do tail /dev/zero; done; exec tail /dev/zero' -m 32m
	scope=$SLICE/docker-$id.scope
	start_tracer stopped.jsonl --container stopped --output json
	dockerd=$(pidof dockerd)
	kill -STOP "$dockerd"
	# This one has to ask for the name.
	start_tracer stopped-unasked.jsonl --output json
	: >"/proc/$(head -n 1 "$scope/cgroup.procs")/root/tmp/go"
	tracer_done stopped.jsonl
	kill -INT "${tracer_pids[stopped-unasked.jsonl]}"
	tracer_done stopped-unasked.jsonl
	kill -CONT "$dockerd"
	expect_runtime stopped
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
	cli misspelt "$BIN" --container alvie
	cli slash "$BIN" --container /alive
	cli unit "$BIN" --container "docker-$id.scope"
	# Among 17 ids two begin with the same hex digit.
	ids=$(docker ps -aq)
	until first=$(cut -c1 <<<"$ids" | sort | uniq -d | head -n 1) && [ -n "$first" ]; do
		ids+=$'\n'$(docker create oomtest sh)
	done
	expect ambiguous ids "[$(grep "^$first" <<<"$ids" | sed 's/^\(.\{12\}\).*/"\1"/' | paste -sd,)]"
	cli ambiguous "$BIN" --container "$first"
}

main() {
	begin_run
	web
	passes_on
	quits
	killed
	restarts
	again
	stopped
	command_lines
	end_run
}

main
