#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the Docker guest and leaves $OUT/incident.jsonl, the recording of one incident, for
# docs/incident.md and the golden files:
#   scripts/vm/vm.sh --kernel 6.1 --root docker --mem 1024 --smp 1 --timeout 300 --live --out build/incident \
#       --put build/static/oomtrace --put tests/golden/incident-guest.sh -- sh ./incident-guest.sh
# A container has a server, its init, whose cache grows, and a worker. While nobody looks, somebody lowers
# its limit below what it uses.
set -eu

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

runs() { [ "$(docker inspect -f '{{.State.Running}}' web)" = true ]; }
uses_mib() { [ "$(cat "$cgroup/memory.current")" -ge $(($1 * 1048576)) ]; }

# awk keeps what it is told to: its last argument is only a name.
docker run -d --name web -m 128m --memory-swap 128m --network none oomtest busybox awk '
	BEGIN {
		while (system("test -e /go"))
			system("sleep 0.2")
		while (1) {
			for (j = 0; j < 25000; j++)
				cache[i++] = "page " i
			system("sleep 0.5")
		}
	}' server >/dev/null
until_true 60 runs
docker exec -d web busybox awk '
	BEGIN {
		for (i = 0; i < 150000; i++)
			job[i] = "job " i
		while (1)
			system("sleep 1")
	}' worker
id=$(docker inspect -f '{{.Id}}' web)
cgroup=/sys/fs/cgroup/system.slice/docker-$id.scope

./oomtrace --container web --record "$OUT/incident.jsonl" >"$OUT/incident.txt" 2>"$OUT/incident.err" &
tracer=$!
until_true 60 test -s "$OUT/incident.txt"
docker exec web sh -c '>/go'
until_true 90 uses_mib 76
# It fails when the container is gone before it is done.
docker update --memory 64m --memory-swap 64m web || true
wait $tracer
docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' web
