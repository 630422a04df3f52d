#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# text-poke.sh [SECONDS [LABEL]]: shows what happens to a guest that patches its own code while its other CPU runs
# that code, in QEMU's emulation with a thread for each CPU, and with one thread for all. There is neither BPF nor
# oomtrace in it, so it is no test of oomtrace. It fails if the second kind of guest panics.
# docs/notes/text-poke.md has the findings.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit

seconds=${1:-60} label=${2:-6.12}
out=build/text-poke
mkdir -p "$out"
"${CC:-gcc}" -static -O1 -Wall -Wextra -o "$out/text-poke" tests/live/text-poke/text-poke.c || exit
for accel in tcg-multi tcg; do
	code=0
	OOMTRACE_ACCEL=$accel scripts/vm/vm.sh --kernel "$label" --smp 2 --out "$out/$accel" \
		--timeout $((seconds * 3 + 60)) --put "$out/text-poke" -- sh -c "
		[ -d /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing
		./text-poke $seconds /sys/kernel/tracing/events/sched/sched_process_exit/enable" \
		>"$out/$accel.log" 2>&1 || code=$?
	echo "$accel: exit code $code; $(tail -n 1 "$out/$accel/output.log")"
	grep -m 2 -E 'Oops|RIP: 0010' "$out/$accel/console.log"
done
exit "$code"
