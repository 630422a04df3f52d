#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The experiment, inside demo.sh's guest. Its output is for a person who reads along. It leaves in $OUT what
# summary.py needs. $1: "colour" if that person has a terminal.
set -eu

CONTAINER_LIMIT=512m
RAMP=now:160M:-64M@3s
RAMP_SECONDS=30 # that takes, with the last step, and some more
LAST_STEP=20M
# Whether something can live at 20M is up to how fast the kernel frees what it has killed already; at this
# nothing can.
FALLBACK=1M
STRESS='stress-ng --vm 1 --vm-bytes 610M --vm-keep'

bold='' plain=''
if [ "${1:-}" = colour ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
	export TERM=xterm
else
	export NO_COLOR=1
fi

say() { printf '%s== %s%s\n' "$bold" "$*" "$plain"; }
shell() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }

# until_true SECONDS COMMAND...
until_true() {
	left=$(($1 * 5))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.2
	done
}

container_runs() { [ "$(docker inspect -f '{{.State.Running}}' web)" = true ]; }
container_dead() { [ "$(docker inspect -f '{{.State.Running}}' web)" = false ]; }
cgroup_empty() { ! grep -q '^populated 1' "$cgroup/cgroup.events" 2>/dev/null; }

start_container() {
	shell "docker run -d --name web -m $CONTAINER_LIMIT oomtest \\"
	printf '      %s\n' "$STRESS"
	# The program waits until everybody looks on.
	docker run -d --name web -m $CONTAINER_LIMIT --network none oomtest \
		sh -c "until [ -e /go ]; do sleep 0.2; done; exec $STRESS --quiet" >/dev/null
	until_true 60 container_runs
	id=$(docker inspect -f '{{.Id}}' web)
	cgroup=/sys/fs/cgroup/system.slice/docker-$id.scope
}

show_memory() {
	shell 'docker exec web free -b'
	docker exec web free -b | cut -c1-66 # without the columns that would break an 80-column line
	shell 'docker stats --no-stream web'
	docker stats --no-stream --format '{{.Name}}   MEM USAGE / LIMIT   {{.MemUsage}}   {{.MemPerc}}' web
	shell 'cat memory.current memory.max    # in its cgroup'
	cat "$cgroup/memory.current" "$cgroup/memory.max"
	echo 'They differ: free reads /proc/meminfo, which inside a container too is that of the'
	echo "whole machine; docker stats reads the container's cgroup, to which its limit belongs."
}

start_recorder() {
	./oomtrace --container web --output json >"$OUT/oomtrace.jsonl" 2>"$OUT/oomtrace.err" &
	json=$!
	# It writes its first line when everything is attached.
	until_true 60 test -s "$OUT/oomtrace.jsonl"
}

start_changes() {
	shell "oomtrace --container web --ramp $RAMP --set-max $LAST_STEP"
	./oomtrace --container web --ramp $RAMP --set-max $LAST_STEP &
	text=$!
}

# In a process without children: a signal, SIGCHLD too, would end the write before its work is done.
set_limit() {
	shell "echo $1 > memory.max"
	sh -c "echo $1 >'$cgroup/memory.max'"
}

start_container
show_memory
start_recorder
say "now stress-ng begins: it wants 610 MiB and may have $CONTAINER_LIMIT"
docker exec web sh -c '>/go'
start_changes
until_true $RAMP_SECONDS cgroup_empty || set_limit $FALLBACK
until_true 60 container_dead || say 'the container is still alive'
wait $json && wait $text
docker inspect web >"$OUT/inspect.json"
shell "docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' web"
docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' web
