#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Containers that end by SIGKILL, each by another sender, with oomtrace on each. Leaves in $OUT for each NAME.jsonl and
# NAME.out, and what docker-lib.sh lists.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

GRACE=3

# begin NAME COMMAND: a container whose first process, a shell, waits, and oomtrace on it; $init is its pid.
begin() {
	step "$1"
	run_container "$1" :
	init=$(docker inspect -f '{{.State.Pid}}' "$1")
	expect "$1" init "$init"
	start_tracer "$1.jsonl" --container "$1" --output json
	start_tracer "$1.out" --container "$1" --record "$OUT/$1.out.jsonl"
}

over() { # NAME
	tracer_done "$1.jsonl"
	tracer_done "$1.out"
}

# A shell that is pid 1 has no handler for SIGTERM: it takes all of the grace.
stopped() {
	begin stopped
	docker stop -t $GRACE stopped >/dev/null
	over stopped
	expect_runtime stopped
}

killed() {
	begin killed
	docker kill killed >/dev/null
	over killed
	expect_runtime killed
}

removed() {
	begin removed
	docker rm -f removed >/dev/null
	over removed
}

from_host() {
	begin from-host
	bash -c "echo \$\$ >/tmp/sender; kill -KILL $init; exit 0"
	expect from-host sender "$(cat /tmp/sender)"
	over from-host
	expect_runtime from-host
}

# From a container that is in the machine's pid namespace.
from_container() {
	begin from-container
	docker run -d --name other --pid host --network none oomtest sh -c "kill -KILL $init; sleep 1000" >/dev/null
	expect from-container sender "$(docker inspect -f '{{.State.Pid}}' other)"
	expect from-container other "\"$(docker inspect -f '{{.Id}}' other)\""
	over from-container
	expect_runtime from-container
	docker rm -f other >/dev/null
}

by_cgroup_kill() {
	[ -e $SLICE/cgroup.kill ] || return 0
	begin cgroup-kill
	bash -c "echo \$\$ >/tmp/sender; echo 1 >$SLICE/docker-$id.scope/cgroup.kill"
	expect cgroup-kill sender "$(cat /tmp/sender)"
	over cgroup-kill
	expect_runtime cgroup-kill
}

# It doesn't end by SIGKILL: nobody is to be blamed.
quits() {
	begin quits
	go quits
	over quits
	expect_runtime quits
}

main() {
	begin_run
	start_tracer machine.jsonl --output json
	stopped
	killed
	removed
	from_host
	from_container
	by_cgroup_kill
	quits
	kill -INT "${tracer_pids[machine.jsonl]}"
	tracer_done machine.jsonl
	end_run
}

main
