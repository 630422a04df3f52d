#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# soak.sh [LABEL]: oomtrace for an hour (OOMTRACE_SOAK: seconds) beside a cgroup in which something is going on all the
# time, on one kernel of the matrix (6.1), in a virtual machine: its memory stays bounded, and no record is missing.
# What the guest left stays in build/soak/LABEL. Exits with 1 if anything differs.
set -euo pipefail
cd "$(dirname "$0")/../.."

label=${1:-6.1}
seconds=${OOMTRACE_SOAK:-3600}
out=build/soak

mkdir -p "$out"
make STATIC=1 >&2
cp build/static/oomtrace "$out/oomtrace"
"${CC:-gcc}" -static -O1 -Wall -Wextra -o "$out/usage-workload" tests/live/usage-workload.c
code=0
scripts/vm/vm.sh --kernel "$label" --out "$out/$label" --smp 2 --mem 512 --timeout $((seconds * 2 + 300)) \
	--put "$out/oomtrace" --put "$out/usage-workload" --put tests/live/soak-guest.sh \
	-- sh soak-guest.sh "$seconds" >"$out/$label.log" 2>&1 || code=$?
if [ $code = 4 ]; then
	echo "SKIP $(tail -n 1 "$out/$label.log")"
	exit
fi
[ $code = 0 ] || tail -n 5 "$out/$label.log"
python3 -B tests/live/soak.py "$out/$label" || code=1
exit $code
