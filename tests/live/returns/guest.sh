#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A cgroup as a service manager makes it: made, filled until its only process is killed, removed, and at once made
# again. Beside it one of another name, with the same workload, that is none of oomtrace's business.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

. ./guest-lib.sh

RUNS=6

# followed N: of every other run oomtrace sees the beginning before anything happens in it, so that nothing of these
# runs may be missed. The others go on at once, as real ones do.
followed() {
	[ $(($1 % 2)) = 1 ] || wait_until 60 in_file "\"type\":\"start\".*\"run\":$1," "$OUT/restarts.jsonl"
}

# runs PATH: of it RUNS.
runs() {
	n=0
	while [ $n -lt $RUNS ]; do
		n=$((n + 1))
		[ $n = 1 ] || make_cgroup "$1" 16M
		followed $n
		run_to_end -g "$CG/$1" hog 32
		wait "$pid"
		wait_until 10 try rmdir "$CG/$1"
		# The parent goes with it now and then, as that of a unit in a slice of its own.
		[ $n != 3 ] || wait_until 10 try rmdir "$CG/${1%/*}"
		[ $n != 3 ] || make_cgroup "${1%/*}"
		[ $n != 3 ] || delegate "${1%/*}"
	done
}

restarts() {
	begin restarts
	make_cgroup services
	delegate services
	make_cgroup services/web 16M
	start_tracer restarts.jsonl --cgroup /services/web --output json
	tracer_ready restarts.jsonl
	runs services/web
	wait_until 60 grep -q "\"type\":\"exit\".*\"run\":$RUNS," "$OUT/restarts.jsonl"
	make_cgroup services/other 16M
	run_to_end -g "$CG/services/other" hog 32
	wait "$pid"
	stop_tracer restarts.jsonl
	end services
}

# With --until-exit it ends with the first of them.
until_exit() {
	begin until-exit
	make_cgroup services
	delegate services
	make_cgroup services/web 16M
	start_tracer until-exit.jsonl --cgroup /services/web --output json --until-exit
	run -g "$CG/services/web" -w /tmp/go hog 32
	tracer_ready until-exit.jsonl
	touch /tmp/go
	wait_until 90 gone "$pid"
	wait "$pid"
	tracer_done until-exit.jsonl
	end services
}

# It may have four processes, and wants more: what its end is told with is the kernel's own count.
refused() {
	begin refused
	make_cgroup few
	echo 4 >"$CG/few/pids.max"
	start_tracer refused.jsonl --cgroup /few --output json --until-exit
	tracer_ready refused.jsonl
	sh -c "echo \$\$ >$CG/few/cgroup.procs; for n in 1 2 3 4 5 6; do sleep 1 & done; wait" 2>/dev/null
	tracer_done refused.jsonl
	expect count "$(sed -n 's/^max //p' "$CG/few/pids.events")"
	end few
}

has_open() {
	try ls -l "/proc/$1/fd" | grep -q "$2"
}

# It goes while oomtrace begins: what has gone is said to have gone.
at_once() {
	begin at-once
	make_cgroup brief 16M
	start_tracer at-once.out --cgroup /brief --duration "$((10 * SLOW))s"
	wait_until 60 has_open "$tracer" /brief/
	rmdir "$CG/brief"
	tracer_done at-once.out
}

begin_run
echo "+memory +pids" >"$CG/cgroup.subtree_control"
restarts
until_exit
refused
at_once
end_run
