#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Services of systemd that end, each by another's hand, with oomtrace on each. Leaves in $OUT for each NAME.out and
# NAME.out.jsonl, the journal of the two as "killers.log", and what docker-lib.sh lists.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

HERE=/oomtrace

# begin NAME COMMAND [OPTION...]: a service whose main process, a shell, waits, and oomtrace on it; $main is its pid.
begin() {
	step "$1"
	systemd-run -q --unit "$1" --service-type=exec "${@:3}" \
		/bin/sh -c "until [ -e /run/$1.go ]; do sleep 0.1; done; $2"
	main=$(systemctl show -P MainPID "$1")
	expect "$1" main "$main"
	start_tracer "$1.out" --cgroup "${slice:-$SLICE}/$1.service" --until-exit --record "$OUT/$1.out.jsonl"
	# Once it has found the functions that tell the way of a signal, it drops its privileges.
	wait_until 60 grep -q '^NoNewPrivs:.1' "/proc/${tracer_pids[$1.out]}/status"
}

go() {
	: >"/run/$1.go"
}

# What systemd says of it: a unit that has failed stays, with the code and status of its main process.
over() { # NAME
	tracer_done "$1.out"
	expect "$1" result "\"$(systemctl show -P Result "$1")\""
	expect "$1" status "\"$(systemctl show -P ExecMainStatus "$1")\""
}

stopped() {
	begin stopped 'sleep 1000'
	systemctl stop stopped
	over stopped
}

# It ignores SIGTERM, and so do its children.
killed_late() {
	begin late "trap '' TERM; : >/run/late.ready; sleep 1000" -p TimeoutStopSec=3
	go late
	wait_until 30 test -e /run/late.ready
	systemctl stop late
	over late
}

killed() {
	begin killed 'sleep 1000'
	systemctl kill -s KILL killed
	over killed
}

# Its child is killed at its limit, and systemd stops the rest.
oom_policy() {
	begin policy 'tail /dev/zero; sleep 1000' -p MemoryMax=32M -p MemorySwapMax=0 -p OOMPolicy=stop
	go policy
	over policy
}

inside() {
	begin inside 'kill -KILL $$$$' # systemd makes one of two
	go inside
	over inside
}

outside() {
	begin outside 'sleep 1000'
	bash -c "echo \$\$ >/run/sender; kill -KILL $main; exit 0"
	expect outside sender "$(cat /run/sender)"
	over outside
}

cgroup_kill() {
	[ -e $SLICE/cgroup.kill ] || return 0
	begin group 'sleep 1000'
	bash -c "echo \$\$ >/run/sender; echo 1 >$SLICE/group.service/cgroup.kill"
	expect group sender "$(cat /run/sender)"
	over group
}

# A child wants SIGKILL at the death of its parent, the main process.
parent_dies() {
	begin parent "exec $HERE/ends parent" -p StandardOutput=file:/run/parent.said
	go parent
	wait_until 30 grep -q '^orphan' /run/parent.said
	wait_until 30 grep -q '^parent' /run/parent.said
	expect parent orphan "$(sed -n 's/^orphan //p' /run/parent.said)"
	kill -USR2 "$main"
	over parent
}

# ends_itself NAME COMMAND [OPTION...]
ends_itself() {
	begin "$@"
	go "$1"
	over "$1"
}

earlyoom_kills() {
	begin asked "exec $HERE/memory grow 16"
	earlyoom -m 55,50 -s 100,100 -r 0 >"$OUT/earlyoom-1.log" 2>&1 &
	killer=$!
	expect asked sender $killer
	go asked
	over asked
	kill $killer
	wait $killer
	begin forced "trap '' TERM; exec $HERE/memory grow 16"
	systemd-run -q --unit early --service-type=exec earlyoom -m 55,50 -s 100,100 -r 0
	expect forced sender "$(systemctl show -P MainPID early)"
	go forced
	over forced
	systemctl stop early
}

oomd_kills() {
	printf '[OOM]\nDefaultMemoryPressureDurationSec=2s\n' >/etc/systemd/oomd.conf
	printf '[Slice]\nManagedOOMMemoryPressure=kill\nManagedOOMMemoryPressureLimit=1%%\n' \
		>/etc/systemd/system/pressed.slice
	systemctl daemon-reload
	slice=/sys/fs/cgroup/pressed.slice
	begin pressed "exec $HERE/memory churn 64" -p Slice=pressed.slice -p MemoryHigh=32M
	systemctl start systemd-oomd
	expect pressed sender "$(systemctl show -P MainPID systemd-oomd)"
	go pressed
	over pressed
	oomctl >"$OUT/oomctl" 2>&1
	slice=
}

main() {
	begin_run
	start_tracer machine.jsonl --output json
	stopped
	killed_late
	killed
	oom_policy
	inside
	outside
	cgroup_kill
	parent_dies
	ends_itself rlimit "exec $HERE/ends rlimit"
	ends_itself xcpu 'while :; do :; done' -p LimitCPU=1:10
	ends_itself seccomp "exec $HERE/ends seccomp"
	ends_itself strict "exec $HERE/ends strict"
	earlyoom_kills
	oomd_kills
	kill -INT "${tracer_pids[machine.jsonl]}"
	tracer_done machine.jsonl
	journalctl -o short --no-pager -u earlyoom -u early -u systemd-oomd >"$OUT/killers.log"
	end_run
}

main
