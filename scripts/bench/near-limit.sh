#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# near-limit.sh [LABEL...]: how long the hook of --on-near-limit takes to begin, on 6.1 and the newest kernel, in virtual
# machines whose clock counts instructions, one a nanosecond. So the figures are the program's own, whatever else the host
# does. Such a machine has one CPU. Exits with 1 when with --freeze a hook takes longer than 50 ms from the mark on, or
# comes after the kill. docs/notes/service.md has the figures.
#
# OOMTRACE_RUNS: how often the program grows into its limit (50).
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/vm/lib.sh
need_static

out=build/bench-near-limit failed=0
labels=("$@")
[ $# != 0 ] || labels=(6.1 backports)
mkdir -p "$out"
"${CC:-gcc}" -static -O2 -Wall -Wextra -o "$out/grow" tests/live/near-limit/grow.c
"${CC:-gcc}" -static -O2 -Wall -Wextra -o "$out/hook" tests/bench/hook.c
for label in "${labels[@]}"; do
	dir=$out/$label
	say "$label: this takes some minutes"
	scripts/vm/vm.sh --kernel "$label" --out "$dir" --mem 1280 --timeout 1800 --icount \
		--put build/static/oomtrace --put "$out/grow" --put "$out/hook" \
		--put tests/bench/near-limit-guest.sh -- sh near-limit-guest.sh "${OOMTRACE_RUNS:-50}" >&2
	echo "On $label:"
	python3 -B tests/bench/near-limit.py "$dir" || failed=1
done
exit $failed
