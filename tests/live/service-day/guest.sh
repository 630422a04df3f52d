#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A day in fast motion beside oomtrace service. Leaves in $OUT, beside what guest-lib.sh says:
#   store/         what the service has kept
#   day            what there was, as a line of JSON
#   looks          "KILLS NAME:PID VmRSS_KIB DESCRIPTORS MAPPINGS RssAnon_KIB Pss_KIB", after a first kill, about 20 times on the
#                  way, and at the end
#   bpf            "KILLS MAPS BYTES": the BPF maps of the service, at these moments
#   cli/list       oomtrace list --output json, with its exit code
# shellcheck disable=SC2154,SC2034 # variables of the functions that are read in
set -u

. ./guest-lib.sh

SERVICE=$CG/service

# What kernels know of the memory of a map (bpf_map_show_fdinfo(), kernel/bpf/syscall.c).
look_at_maps() { # KILLS PID
	cat /proc/"$2"/fdinfo/* 2>/dev/null | awk -v kills="$1" '
		/^map_id:/ { maps++ }
		/^memlock:/ { bytes += $2 }
		END { print kills, maps + 0, bytes + 0 }' >>"$OUT/bpf"
}

look() { # KILLS
	while read -r pid; do
		rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")
		anon=$(awk '/^RssAnon:/ { print $2 }' "/proc/$pid/status")
		pss=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
		# shellcheck disable=SC2012 # names of descriptors are numbers
		echo "$1 $(cat "/proc/$pid/comm"):$pid $rss $(ls "/proc/$pid/fd" | wc -l) $(wc -l <"/proc/$pid/maps") $anon $pss" \
			>>"$OUT/looks"
	done <"$SERVICE/cgroup.procs"
	look_at_maps "$1" "$service"
}

stored() {
	[ -n "$(find /store -name '*.jsonl.zst')" ]
}

quiet() {
	[ -z "$(find /store -name '.*.part')" ]
}

begin_run
echo +memory >"$CG/cgroup.subtree_control"
make_cgroup docker
delegate docker
make_cgroup service 256M
(
	echo 0 >"$SERVICE/cgroup.procs"
	exec "$BIN" service --store /store >"$OUT/service.out" 2>"$OUT/service.err"
) &
service=$!
wait_until 60 in_file 'watching the whole machine' "$OUT/service.out"
begin day
# What is opened once is opened at the first kill.
make_cgroup first 8M
run_to_end -g "$CG/first" hog 16
wait_until 60 stored
look 0
./day "$CG/docker" "$OOMTRACE_DAY_CONTAINERS" "$OOMTRACE_DAY_KILLS" 16 >/tmp/day.out 2>"$OUT/day.err" &
day=$!
told=0
until gone "$day"; do
	now=$(grep -c '^kills' /tmp/day.out)
	if [ "$now" -gt "$told" ]; then
		told=$now
		look "$(sed -n "${told}s/kills //p" /tmp/day.out)"
	fi
	sleep 0.2
done
wait "$day"
expect day "$?"
grep '^{' /tmp/day.out >"$OUT/day"
wait_until 60 quiet
look "$OOMTRACE_DAY_KILLS"
mark "end day"
cli list "$BIN" list /store --output json
kill -TERM "$service"
wait_until 60 gone "$service"
wait "$service"
expect service "$?"
cp -r /store "$OUT/store"
end_run
