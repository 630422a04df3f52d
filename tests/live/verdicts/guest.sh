#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each NAME is a cgroup of that name, with oomtrace on it, in which something is made to happen: an end that looks like
# an OOM kill and is none, or what a next step is for. Leaves in $OUT for each NAME.out and NAME.out.jsonl, and what
# guest-lib.sh lists.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

. ./guest-lib.sh

HERE=/oomtrace

# Once it has found where the kernel keeps the kinds of memory, and what sends signals, it drops its privileges.
confined() {
	tracer_ready "$1"
	wait_until 60 in_file '^NoNewPrivs:.1' "/proc/$tracer/status"
}

# watch NAME [MAX [OPTION...]]: its cgroup, and oomtrace on it.
watch() {
	begin "$1"
	make_cgroup "$1" "${2:-max}"
	watched=$1
	[ $# -lt 2 ] || shift
	shift
	start_tracer "$watched.out" --cgroup "/$watched" "$@" --record "$OUT/$watched.out.jsonl"
	confined "$watched.out"
}

# As a service of systemd would have it: its first process stands for the whole. The third is what it runs; the fourth
# sets its cgroup up, and the fifth comes when it runs.
watch_service() { # NAME MAX COMMAND [SETUP [AFTER]]
	begin "$1"
	make_cgroup "$1.service" "$2"
	# shellcheck disable=SC2034 # for what is given
	service=$CG/$1.service
	eval "${4:-}"
	rm -f /tmp/go
	"$WORK" -g "$CG/$1.service" exec /bin/sh -c "until [ -e /tmp/go ]; do sleep 0.1; done; $3" &
	pid=$!
	wait_until 30 in_file . "$CG/$1.service/cgroup.procs"
	start_tracer "$1.out" --cgroup "/$1.service" --until-exit --record "$OUT/$1.out.jsonl"
	confined "$1.out"
	touch /tmp/go
	eval "${5:-}"
	wait "$pid"
	tracer_done "$1.out"
	end "$1.service"
}

over() {
	stop_tracer "$watched.out"
	end "$watched"
}

run_in() { # COMMAND...: in the cgroup that is watched
	"$WORK" -g "$CG/$watched" exec "$@" &
	pid=$!
}

# ---- ends that look alike ----

mkdir -p /tmp/small
mount -t tmpfs -o size=4m none /tmp/small
begin_run
watch_service bus max "exec $HERE/filler map /tmp/small/file 8"
# The guest's files are in memory, where they can't be reclaimed; its disk is not.
watch_service cache 24M "head -c 67108864 /dev/vda >/dev/null; exit 3"
watch_service limit 32M "exec $WORK hog 64"
watch_service nothing 64M 'exit 3'
watch_service own 64M 'exit 137'
watch_service passes 32M "$WORK hog 64; exit \$?"
echo "+pids +hugetlb" >$CG/cgroup.subtree_control
# shellcheck disable=SC2016 # for eval
watch_service pids max 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait' 'echo 4 >$service/pids.max'
echo 4 >/proc/sys/vm/nr_hugepages
watch_service address max "ulimit -v 65536; exec $HERE/filler until abort 256"
watch_service data max "ulimit -d 32768; exec $HERE/filler until 3 256"
# shellcheck disable=SC2016
watch_service huge max "exec $HERE/filler huge 8 0" 'echo 4M >$service/hugetlb.2MB.max'
# An OOM, and what two other limits refused before and after it.
# shellcheck disable=SC2016
watch_service refused 32M "$HERE/filler huge 8 0; $WORK hog 64; for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait" \
	'echo 4M >$service/hugetlb.2MB.max; echo 4 >$service/pids.max' \
	'wait "$pid"; cat $service/pids.events $service/hugetlb.2MB.events >"$OUT/refused.events"'
echo 0 >/proc/sys/vm/nr_hugepages
# Since 5.14.
make_cgroup probe
# shellcheck disable=SC2016
[ ! -e $CG/probe/cgroup.kill ] ||
	watch_service group max 'echo >/tmp/runs; exec sleep 1000' 'rm -f /tmp/runs' \
		'wait_until 60 [ -e /tmp/runs ]; echo 1 >$service/cgroup.kill'
# shellcheck disable=SC2016
watch_service throttled max "exec $HERE/limits-workload loop 48" 'echo 16M >$service/memory.high' \
	'wait_until 90 in_file "\"type\":\"stall\"" "$OUT/throttled.out.jsonl"; kill -TERM $pid'

# ---- next steps ----

watch undo
run_held -g "$CG/undo" hog 40
echo 16M >"$CG/undo/memory.max"
wait_until 30 gone "$pid"
over

begin above
make_cgroup above 48M
delegate above
make_cgroup above/beside
run_held -g "$CG/above/beside" hog 8
make_cgroup above/in
start_tracer above.out --cgroup /above/in --record "$OUT/above.out.jsonl"
tracer_ready above.out
run_to_end -g "$CG/above/in" hog 48
stop_tracer above.out
end above

# One grows until the limit that it shares is reached, and ends below it. The other is within its own, and has a process
# killed.
# And 8 MiB of a third are there still, which is gone.
mkdir -p /tmp/gone
mount -t tmpfs none /tmp/gone
watch shared-limit 48M
delegate shared-limit
make_cgroup shared-limit/gone
"$WORK" -g "$CG/shared-limit/gone" exec $HERE/filler write /tmp/gone/left 8
rmdir "$CG/shared-limit/gone"
make_cgroup shared-limit/web 40M
make_cgroup shared-limit/api
run_held -g "$CG/shared-limit/web" -a 900 hog 6
victim=$pid
"$WORK" -g "$CG/shared-limit/api" exec $HERE/filler grow 37 1024 &
pid=$!
wait_until 120 gone "$victim"
wait_until 60 in_file '"type":"oom"' "$OUT/shared-limit.out.jsonl"
# memory.peak is there since 5.19.
try cat "$CG/shared-limit/api/memory.peak" >"$OUT/shared-limit.peak" || echo 50331648 >"$OUT/shared-limit.peak"
kill "$pid"
wait "$pid"
over
umount /tmp/gone

watch exempt
run_held -g "$CG/exempt" -a -1000 hog 20
echo 12M >"$CG/exempt/memory.max"
wait_until 30 in_file '"outcome":"no-victim"' "$OUT/exempt.out.jsonl"
over

mkdir -p /tmp/shared
mount -t tmpfs none /tmp/shared
# One that stays sees the machine's mounts.
watch shared 48M
run_held -g "$CG/shared" -a -900 hog 1
stays=$pid
run_in $HERE/filler write /tmp/shared/left 24
wait "$pid"
run_to_end -g "$CG/shared" hog 48
kill "$stays"
wait "$stays"
over
rm /tmp/shared/left

# One that stays has mounts of its own, as in a container, and a file in a folder that others may not look into.
watch tmpfs 48M
# shellcheck disable=SC2016 # for that shell
run_in unshare -m sh -c "mount -t tmpfs none /tmp/shared && mkdir -m 700 /tmp/shared/in && \
	$HERE/filler write '/tmp/shared/in/a file' 20 && $HERE/filler write /tmp/shared/few 2 && echo >/tmp/written && \
	exec sleep 1000"
stays=$pid
wait_until 60 [ -e /tmp/written ]
run_to_end -g "$CG/tmpfs" hog 48
kill "$stays"
wait "$stays"
over

watch growth 32M
run_to_end -g "$CG/growth" hog 64
over

watch largest 32M
run_in $HERE/filler grow 64 256
wait_until 120 gone "$pid"
over

watch high
echo 16M >"$CG/high/memory.high"
run_in $HERE/limits-workload loop 48
wait_until 60 in_file '"type":"stall"' "$OUT/high.out.jsonl"
over

watch many 40M
for _ in 1 2 3 4 5 6 7 8; do
	run_held -g "$CG/many" -n worker hog 4
done
run_to_end -g "$CG/many" -n grows hog 24
over

watch held 56M
run_held -g "$CG/held" -a -900 -n kept hog 40
run_to_end -g "$CG/held" -n grows hog 48
over

watch kernel 24M
run_in $HERE/filler tables 32 0
wait_until 120 gone "$pid"
over

# How many more the kernel kills than it needs is a matter of time: until it was one at least.
watch steps
for _ in 1 2 3 4 5 6 7 8; do
	echo max >"$CG/steps/memory.max"
	for _ in 1 2 3 4 5 6 7 8; do
		run_held -g "$CG/steps" hog 8
	done
	# A signal ends a write, and ours is told of each child that ends: another writes.
	sh -c "echo 20M >$CG/steps/memory.max"
	sleep 2
	kill_all steps
	! grep -q '"needless_kills"' "$OUT/steps.out.jsonl" || break
done
over

begin machine
start_tracer machine.out --record "$OUT/machine.out.jsonl"
tracer_ready machine.out
make_cgroup machine
kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
# No process may ask for more than the machine has: two that have 60 % each.
run -g "$CG/machine" pool 2 $((kib * 6 / 10 / 1024))
wait_until 120 in_file '"type":"oom"' "$OUT/machine.out.jsonl"
stop_tracer machine.out
end machine
end_run
