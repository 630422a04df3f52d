#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench-overhead.sh [LABEL...]: what oomtrace costs those that it looks at: instructions for each 4 KiB page that is
# faulted in, and for each OOM kill, on 6.1, the newest kernel and 5.10 (scripts/kernels.sh), in virtual machines
# whose clock counts instructions; on 6.1 beside a bpftrace one-liner that counts charged bytes by cgroup.
# Exits with 1 when a page costs more than it may. On 5.10, which charges in batches of 32 pages and not 64, it may
# cost twice as much. docs/overhead.md has the figures and what they mean. OOMTRACE_PAIRS: rounds of each case (3).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

out=build/bench-overhead
labels=("$@")
[ $# != 0 ] || labels=(6.1 backports 5.10)

# Medians of what came in pairs, "CASE NONE WITH FREE_NONE FREE_WITH OWN" on each line.
table() { # LABEL
	awk -v twice="$([ "${1#5.10}" = "$1" ] && echo 1 || echo 2)" '
		function median(list, n,   i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
					t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
				}
			return (list[int((n + 1) / 2)] + list[int((n + 2) / 2)]) / 2
		}
		BEGIN {
			cases = "machine no-usage other own near stacks bpftrace"
			what["machine"] = "the whole machine"
			what["no-usage"] = "this cgroup: --no-usage"
			what["other"] = "another cgroup"
			what["own"] = "this cgroup: usage"
			what["near"] = "the same, just below its limit"
			what["stacks"] = "this cgroup: --stacks"
			what["bpftrace"] = "bpftrace, bytes by cgroup"
			most["machine"] = "0.00"; most["no-usage"] = "0.00"; most["other"] = "0.05"; most["own"] = "0.20"; most["stacks"] = "2.00"
			noise = 0.01 # percent: what is left of the timer and of other tasks
		}
		{ name = $1; i = ++n[name]; none[name, i] = $2 + $4; more[name, i] = $3 + $5 - $2 - $4; own[name] = $6 }
		END {
			printf "%-32s %9s %8s %9s %8s %6s %12s\n", "attached", "none", "added", "percent", "at most", "",
				"tracer itself"
			count = split(cases, names)
			for (c = 1; c <= count; c++) {
				name = names[c]
				if (!n[name]) continue
				split("", a); split("", b)
				for (i = 1; i <= n[name]; i++) { a[i] = none[name, i]; b[i] = more[name, i] }
				base = median(a, n[name]); added = median(b, n[name])
				percent = 100 * added / base
				verdict = ""
				if (name in most) {
					verdict = percent <= most[name] * twice + noise ? "ok" : "FAIL"
					if (verdict == "FAIL") failed = 1
				}
				printf "%-32s %9.1f %8.2f %8.3f%% %8s %6s %12d\n", what[name], base, added, percent,
					name in most ? sprintf("%.2f%%", most[name] * twice) : "", verdict, own[name]
			}
			exit failed
		}'
}

kills() {
	awk '{ key = $1 " " $2; if (!(key in n)) order[++count] = key; n[key]++; none[key] += $3; with[key] += $4 }
		END {
			printf "\n%-32s %12s %10s %9s\n", "a kill, by candidates", "none", "added", "percent"
			for (i = 1; i <= count; i++) {
				key = order[i]
				printf "%-32s %12d %10d %8.2f%%\n", key, none[key] / n[key],
					(with[key] - none[key]) / n[key], 100 * (with[key] - none[key]) / none[key]
			}
		}'
}

mkdir -p "$out"
"${CC:-gcc}" -static -O2 -Wall -Wextra -o "$out/charge" tests/bench/charge.c
cp build/static/oomtrace "$out/oomtrace"
vm=(--mem 2048 --timeout 1800 --icount --put "$out/oomtrace" --put "$out/charge"
	--put tests/bench/overhead-guest.sh)
failed=0
for label in "${labels[@]}"; do
	dir=$out/$label
	say "$label: this takes some minutes"
	scripts/vm.sh --kernel "$label" --out "$dir" "${vm[@]}" -- sh overhead-guest.sh "${OOMTRACE_PAIRS:-3}" >&2
	if [ "$label" = 6.1 ]; then
		scripts/vm.sh --kernel "$label" --root bench --append systemd.run=/oomtrace/.run \
			--out "$dir-bpftrace" "${vm[@]}" -- sh overhead-guest.sh 1 bpftrace >&2
		cp "$dir-bpftrace"/fault.bpftrace "$dir/"
	fi
	echo "On $label: instructions for each page faulted in and freed, medians"
	for file in "$dir"/fault.*; do
		sed "s/^/${file##*.} /" "$file"
	done | table "$label" || failed=1
	for file in "$dir"/kill.*; do
		sed "s/^/${file##*.} /" "$file"
	done | kills
	echo
done
exit $failed
