#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# idle-guest.sh SECONDS: runs in the guest, for scripts/bench/idle.sh. oomtrace service beside 100 cgroups in which
# nothing moves for so long, and then beside 4,096 that all have moved. Leaves in $OUT:
#   idle   lines "PROCESS CPU_NS": the processor time of each of the service's processes in that time
#   rss    lines "WHEN PROCESS VmRSS_KIB": with 100 cgroups, with 4,096 new ones, and after they have moved
set -eu
seconds=$1
CG=/sys/fs/cgroup

dmesg -n 1
echo +memory >$CG/cgroup.subtree_control
mkdir $CG/service $CG/crowd $CG/hundred
echo +memory >$CG/crowd/cgroup.subtree_control
echo +memory >$CG/hundred/cgroup.subtree_control

make_cgroups() { # DIR COUNT
	for n in $(seq 1 "$2"); do
		mkdir "$CG/$1/$n"
		echo 64M >"$CG/$1/$n/memory.max"
	done
}

# A process in each, which waits.
inhabit() {
	for n in $(seq 1 100); do
		(
			echo 0 >"$CG/hundred/$n/cgroup.procs"
			exec sleep 1000000
		) &
	done
}

# Of all its threads.
cpu() {
	while read -r pid; do
		echo "$(cat "/proc/$pid/comm")" "$(cat /proc/"$pid"/task/*/schedstat | awk '{ sum += $1 } END { print sum }')"
	done <$CG/service/cgroup.procs
}

rss() { # WHEN
	while read -r pid; do
		sed -n "s/^VmRSS:[[:space:]]*\([0-9]*\) kB/$1 $(cat "/proc/$pid/comm") \1/p" "/proc/$pid/status"
	done <$CG/service/cgroup.procs >>"$OUT/rss"
}

make_cgroups hundred 100
inhabit
(
	echo 0 >$CG/service/cgroup.procs
	exec ./oomtrace service --store /store >"$OUT/service.out" 2>&1
) &
until grep -q 'watching' "$OUT/service.out" 2>/dev/null; do
	sleep 0.1
done
sleep 30 # what it does at first
rss 100
cpu >/tmp/before
sleep "$seconds"
cpu >/tmp/after
paste -d' ' /tmp/before /tmp/after | awk '{ print $1, $4 - $2 }' >"$OUT/idle"
make_cgroups crowd 4096
sleep 10
rss new
./crowd $CG/crowd 4096 1024 3
sleep 2
rss moved
