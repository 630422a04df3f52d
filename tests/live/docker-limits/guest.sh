#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Limits of real containers, changed by the runtime and by oomtrace. docker-lib.sh says what is left in $OUT.
# shellcheck disable=SC2154,SC2034 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

# docker update writes memory.max through systemd, runc or both; the workers that it kills are
# started again and grow into the new limit.
update() {
	local before
	step update
	run_container update 'exec stress-ng --vm 2 --vm-bytes 200M --vm-keep' -m 256m --memory-swap 256m
	scope=$SLICE/docker-$id.scope
	before=$(oom_kills $SLICE)
	start_tracer update.jsonl --container update --output json
	go update
	wait_until 120 uses 160000000
	expect update updated_at "$(boot_ns)"
	docker update --memory 96m --memory-swap 96m update >/dev/null
	wait_until 120 kills_reached 3
	docker kill update >/dev/null
	tracer_done update.jsonl
	expect update kills $(($(oom_kills $SLICE) - before))
	expect_runtime update
	step update-end
}

uses() {
	[ "$(cat "$scope/memory.current")" -ge "$1" ]
}

boot_ns() {
	awk '{ printf "%d", $1 * 1e9 }' /proc/uptime
}

ramp() {
	local before
	step ramp
	run_container ramp 'exec stress-ng --vm 2 --vm-bytes 280M --vm-keep' -m 320m --memory-swap 320m
	before=$(oom_kills $SLICE)
	go ramp
	scope=$SLICE/docker-$id.scope
	wait_until 120 uses 230000000
	start_tracer ramp.jsonl --container ramp --output json --ramp 256M:64M:-24M@3s --set-max 20M
	wait_until 180 gone "${tracer_pids[ramp.jsonl]}"
	tracer_done ramp.jsonl
	expect ramp kills $(($(oom_kills $SLICE) - before))
	expect_runtime ramp
	step ramp-end
}

begin_run
update
ramp
end_run
