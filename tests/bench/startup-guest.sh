#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# startup-guest.sh ROUNDS: runs in the bench guest, for scripts/bench/startup.sh. Leaves in $OUT startup.txt, lines
# "TOOL ATTACHED_NS LINKS RSS_KIB RSS_ANON_KIB LAST_NS", and versions.txt.
set -eu
rounds=$1

oomtrace() { ./startup -s ./oomtrace; }
oomkill() { ./startup /usr/sbin/oomkill; }
# It attaches without links.
oomkill_bt() { ./startup -f oom_kill_process /usr/bin/bpftrace /usr/sbin/oomkill.bt; }

measure() {
	result=$($1) || exit
	echo "$1 $result" | tee -a "$OUT/startup.txt"
}

dpkg-query -W -f '${Package} ${Version}\n' libbpf-tools bpftrace >"$OUT/versions.txt"
# The first run of each reads it from the disk.
for tool in oomtrace oomkill oomkill_bt; do $tool >/dev/null; done
round=0
while [ "$round" -lt "$rounds" ]; do
	measure oomtrace
	measure oomkill
	[ "$round" -ge 3 ] || measure oomkill_bt
	round=$((round + 1))
done
