#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# idle.sh [LABEL...]: what oomtrace service takes when nothing happens, and its memory with 4,096 cgroups, on 6.1 and
# the newest kernel, in virtual machines whose clock counts instructions, one a nanosecond. A processor of today does
# more than one in a nanosecond. Exits with 1 when the service takes more than 0.1 % of a CPU beside 100 cgroups in which
# nothing moves, or more than 32 MiB. docs/notes/overhead.md has the figures.
#
# OOMTRACE_IDLE: for how many seconds it is watched (600).
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/vm/lib.sh
need_static

out=build/bench-idle seconds=${OOMTRACE_IDLE:-600} failed=0
labels=("$@")
[ $# != 0 ] || labels=(6.1 backports)
mkdir -p "$out"
"${CC:-gcc}" -static -O2 -Wall -Wextra -o "$out/crowd" tests/bench/crowd.c
for label in "${labels[@]}"; do
	dir=$out/$label
	say "$label: this takes some minutes"
	scripts/vm/vm.sh --kernel "$label" --out "$dir" --mem 2048 --timeout 1800 --icount --put build/static/oomtrace \
		--put "$out/crowd" --put tests/bench/idle-guest.sh -- sh idle-guest.sh "$seconds" >&2
	echo "On $label: oomtrace service beside 100 cgroups in which nothing moves, for $seconds s"
	awk -v seconds="$seconds" '
		{ printf "%-16s %12.0f instructions a second\n", $1, $2 / seconds; sum += $2 / seconds }
		END {
			verdict = sum <= 1e6 ? "ok" : "FAIL"
			printf "%-16s %12.0f instructions a second, %.3f %% of a CPU (at most 0.1 %%) %s\n", "in all", sum, sum / 1e7, verdict
			exit verdict != "ok"
		}' "$dir/idle" || failed=1
	awk '
		{ if (!($1 in sum)) order[++count] = $1; sum[$1] += $3; largest[$1] = $3 > largest[$1] ? $3 : largest[$1] }
		END {
			what["100"] = "100 cgroups"; what["new"] = "4,096 more"; what["moved"] = "when all have moved"
			for (i = 1; i <= count; i++) {
				verdict = sum[order[i]] <= 32 * 1024 ? "ok" : "FAIL"
				printf "resident, %-20s %8.1f MiB in all, %.1f the largest process (at most 32 MiB) %s\n", what[order[i]],
					sum[order[i]] / 1024, largest[order[i]] / 1024, verdict
				if (verdict != "ok") failed = 1
			}
			exit failed || count != 3
		}' "$dir/rss" || failed=1
done
exit $failed
