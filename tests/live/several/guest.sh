#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cgroups with limits: machines of systemd-nspawn, by the names of their cgroups, and others. Some are followed, by name or
# by pattern, some are there before oomtrace, and some go and are made again at once. Each is filled until its process is
# killed. Leaves in $OUT, beside what guest-lib.sh says: btf.out and kprobes.out, and their recordings.
# shellcheck disable=SC2154 # variables of the functions that are read in
set -u

. ./guest-lib.sh

RUNS=4

killed_in() { # CGROUP
	run_to_end -g "$CG/$1" hog 24
	wait "$pid"
}

# runs CGROUP: of it RUNS, as fast as they go.
runs() {
	n=0
	while [ $n -lt $RUNS ]; do
		n=$((n + 1))
		[ $n = 1 ] || make_cgroup "$1" 16M
		killed_in "$1"
		wait_until 10 try rmdir "$CG/$1"
	done
}

scenario() { # NAME OPTION...
	which=$1
	shift
	begin "$which"
	for slice in several several/machine.slice; do
		make_cgroup "$slice"
		delegate "$slice"
	done
	for name in web1 other; do
		make_cgroup "several/machine.slice/machine-$name.scope" 16M
		make_cgroup "several/$name" 16M
	done
	make_cgroup several/api.service 16M
	# Two are named, of which one is to come, and of three patterns one matches nothing yet.
	start_tracer "$which.out" --container 'web*' --container db --cgroup "$CG/several/web1" --cgroup '*.service' \
		--cgroup '/several/late/*' --wait --record "$OUT/$which.out.jsonl" "$@"
	tracer_ready "$which.out"
	wait_until 60 count_at_least 3 '"type":"start"' "$OUT/$which.out.jsonl"
	# Others', and one that is made and filled before oomtrace can have looked at its name.
	killed_in several/other
	killed_in several/machine.slice/machine-other.scope
	make_cgroup several/new 16M
	killed_in several/new
	echo 20M >"$CG/several/other/memory.max"
	# A limit above, and one of a target.
	echo 200M >"$CG/several/memory.max"
	echo 15M >"$CG/several/api.service/memory.max"
	killed_in several/api.service
	runs several/machine.slice/machine-web1.scope
	runs several/web1
	# Those that come.
	make_cgroup several/machine.slice/machine-db.scope 16M
	killed_in several/machine.slice/machine-db.scope
	make_cgroup several/machine.slice/machine-web2.scope
	delegate several/machine.slice/machine-web2.scope
	make_cgroup several/machine.slice/machine-web2.scope/inner 16M
	killed_in several/machine.slice/machine-web2.scope/inner
	make_cgroup several/late
	delegate several/late
	for name in deep wide; do
		make_cgroup "several/late/$name" 16M
		killed_in "several/late/$name"
	done
	wait_until 60 count_at_least $((2 * RUNS + 5)) '"type":"oom"' "$OUT/$which.out.jsonl"
	wait_until 60 count_at_least $((2 * RUNS)) '"target_gone":true' "$OUT/$which.out.jsonl"
	stop_tracer "$which.out"
	end several
}

# A service that starts before its targets.
service() {
	begin service
	make_cgroup several
	delegate several
	start_tracer service.out service --cgroup 'web*' --cgroup /several/late --store /tmp/store
	wait_until 60 in_file 'waiting for' "$OUT/service.out.err"
	for name in web1 other late; do
		make_cgroup "several/$name" 16M
		killed_in "several/$name"
	done
	wait_until 60 in_file 'several/late.*killed' "$OUT/service.out"
	stop_tracer service.out
	ls /tmp/store >"$OUT/stored"
	end several
}

begin_run
echo +memory >"$CG/cgroup.subtree_control"
make_cgroup quiet
cli none "$BIN" --cgroup "$CG/quiet" --cgroup /not-there --output json
cli nobody "$BIN" --container nobody --container 'web*' --output json
cli plan "$BIN" --cgroup '/quiet' --container 'web*' --dry-run
rmdir "$CG/quiet"
scenario btf --on-near-limit 50:/bin/true --freeze
scenario kprobes --force-kprobes
service
end_run
