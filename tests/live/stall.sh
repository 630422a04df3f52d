#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# stall.sh [LABEL...]: stalls, the status line on terminals, and what oomtrace keeps of 10,000 cgroups
# (OOMTRACE_CGROUPS), on kernels of the matrix (scripts/vm/kernels.sh), in virtual machines, one at a time. Exits with 1
# if any failed. What the guests left stays in build/stall/LABEL.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=build/stall
labels=("$@")
[ $# != 0 ] || read -ra labels <<<"$(scripts/vm/kernels.sh list | tr '\n' ' ')"

mkdir -p "$out"
make STATIC=1 >&2
cp build/static/oomtrace "$out/oomtrace" # all guests get the same, whatever is built meanwhile
"${CC:-gcc}" -static -O1 -pthread -Wall -Wextra -o "$out/limits-workload" tests/live/limits-workload.c
"${CC:-gcc}" -static -O1 -Wall -Wextra -o "$out/pty" tests/live/pty.c -lutil

failed=0
for label in "${labels[@]}"; do
	dir=$out/$label
	rm -rf "$dir" "$dir".*
	mkdir -p "$dir"
	code=0
	scripts/vm/vm.sh --kernel "$label" --out "$dir" --smp 2 --mem 512 --swap 256 --timeout 1800 --append psi=1 \
		--put "$out/oomtrace" --put "$out/limits-workload" --put "$out/pty" \
		--put tests/live/stall-guest.sh \
		-- sh stall-guest.sh "${OOMTRACE_CGROUPS:-10000}" >"$dir.log" 2>&1 || code=$?
	if [ $code = 4 ]; then
		echo "$label: SKIP: $(tail -n 1 "$dir.log")"
		continue
	fi
	python3 -B tests/live/recordings.py "$out/oomtrace" "$dir" >"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	python3 -B tests/live/stall.py "$dir" >>"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	echo "$label: $([ $code = 0 ] && echo PASS || echo "FAIL ($code)"): $(tail -n 1 "$dir.checks")"
	grep -E '^(FAIL|Trace|\w*Error)' "$dir.checks" || true
	[ $code = 0 ] || failed=1
done
exit $failed
