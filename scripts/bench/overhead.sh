#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# overhead.sh [LABEL...]: measures what oomtrace costs the processes that it watches: instructions for each 4 KiB
# page that is faulted in, for each OOM kill, and for what processes of another cgroup do all day. It runs on 6.1,
# the newest kernel and 5.10 (scripts/vm/kernels.sh), in virtual machines whose clock counts instructions. On 6.1
# it also measures one-liners of bpftrace and bcc that count charged bytes by cgroup. Exits with 1 when a page, or
# something that others do all day, costs more than it may. On 5.10 these may cost twice as much, because 5.10
# charges in batches of 32 pages and not 64. docs/notes/overhead.md explains the figures.
#
# OOMTRACE_PAIRS: rounds of each case (6). OOMTRACE_CASES: which cases ("other stacks"), in the order of
# overhead-guest.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/vm/lib.sh
need_static

out=build/bench-overhead
labels=("$@")
[ $# != 0 ] || labels=(6.1 backports 5.10)
read -ra cases <<<"${OOMTRACE_CASES:-machine other no-usage own stacks near all several several-own everyday-all everyday-several everyday-machine everyday-no-usage everyday-other programs-all programs-machine programs-other kill-machine kill-own all-4096 everyday-all-4096}"

# Of lines "CASE NONE WITH FREE_NONE FREE_WITH OWN" the median of each: a page's cost differs from round to round by
# some instructions, to both sides.
table() { # LABEL
	awk -v twice="$([ "${1#5.10}" = "$1" ] && echo 1 || echo 2)" '
		BEGIN {
			count = split("machine all all-4096 no-usage other several several-own own near stacks bpftrace bcc", cases)
			what["machine"] = "the whole machine"
			what["all"] = "--all --snapshot, 100 cgroups"
			what["several"] = "100 other cgroups, by a pattern"
			what["several-own"] = "this one and 100 others"
			what["all-4096"] = "--all --snapshot, 4,096 cgroups"
			what["no-usage"] = "another cgroup, --no-usage"
			what["other"] = "another cgroup"
			what["own"] = "this cgroup"
			what["near"] = "this cgroup, just below its limit"
			what["stacks"] = "this cgroup, --stacks"
			what["bpftrace"] = "bpftrace, bytes by cgroup"
			what["bcc"] = "bcc, bytes by cgroup"
			most["machine"] = 0; most["no-usage"] = 0; most["other"] = 0.05; most["own"] = 0.2
			most["all"] = most["all-4096"] = 0.2
			most["several"] = 0.05; most["several-own"] = 0.2
			most["stacks"] = 2
			noise = 0.03 # percent: what is left of the timer, where nothing is attached
		}
		function add(key, value, i) { # in order
			for (i = count_of[key]++; i > 0 && values[key, i - 1] > value; i--) values[key, i] = values[key, i - 1]
			values[key, i] = value
		}
		function median(key, half) {
			half = int(count_of[key] / 2)
			return count_of[key] % 2 ? values[key, half] : (values[key, half - 1] + values[key, half]) / 2
		}
		{ add($1 " none", $2); add($1 " with", $3); add($1 " none freed", $4); add($1 " freed", $5); own[$1] = $6 }
		END {
			printf "%-34s %8s %8s %9s %8s %5s %12s %12s\n", "attached", "none", "added", "percent", "at most",
				"", "when freed", "tracer itself"
			for (c = 1; c <= count; c++) {
				name = cases[c]
				if (!(name in own)) continue
				base = median(name " none")
				added = median(name " with") - base
				verdict = limit = ""
				if (name in most) {
					limit = sprintf("%.2f%%", most[name] * twice)
					verdict = 100 * added / base <= (most[name] ? most[name] * twice : noise) ? "ok" : "FAIL"
					if (verdict == "FAIL") failed = 1
				}
				printf "%-34s %8.1f %8.2f %8.3f%% %8s %5s %12.2f %12d\n", what[name], base, added,
					100 * added / base, limit, verdict, median(name " freed") - median(name " none freed"), own[name]
			}
			exit failed
		}'
}

kills() {
	awk '{
			key = $1 " " $2
			if (!(key in none)) order[++count] = key
			if (!(key in none) || $3 < none[key]) none[key] = $3
			if (!(key in added) || $4 < added[key]) added[key] = $4
		}
		END {
			printf "\n%-34s %10s %8s %9s\n", "a kill: attached, candidates", "none", "added", "percent"
			for (i = 1; i <= count; i++) {
				key = order[i]
				printf "%-34s %10d %8d %8.2f%%\n", key, none[key], added[key], 100 * added[key] / none[key]
			}
		}'
}

# Of lines "CASE PATH NONE WITH" the median of each, and the least and the most that is added. What it may cost others
# is 0.05 %, and as much is noise; but for what docs/notes/overhead.md gives the reasons of. What takes new pages of the
# kernel differs by more, to both sides.
everyday() { # LABEL
	awk -v kprobes="$([ "${1#5.10}" = "$1" ] && echo 0 || echo 1)" '
		BEGIN {
			most["signal"] = 3.5
			most["oom_score"] = kprobes ? 50 : 12
			most["fork+exit"] = most["fork+exec+exit"] = 0.7
			noise["fork+exit"] = noise["fork+exec+exit"] = 0.2
			noise["mmap+munmap"] = 0.4
		}
		function add(key, value, i) { # in order
			for (i = count_of[key]++; i > 0 && values[key, i - 1] > value; i--) values[key, i] = values[key, i - 1]
			values[key, i] = value
		}
		function median(key, half) {
			half = int(count_of[key] / 2)
			return count_of[key] % 2 ? values[key, half] : (values[key, half - 1] + values[key, half]) / 2
		}
		{
			key = $1 " " $2
			if (!(key in seen)) order[++count] = key
			seen[key]
			add(key " none", $3)
			add(key " added", $4 - $3)
		}
		END {
			if (count) printf "\n%-34s %10s %9s %9s %8s %5s %10s %9s\n", "all day: attached, what", "none", "added", "percent",
				"at most", "", "least", "most"
			for (i = 1; i <= count; i++) {
				key = order[i]
				split(key, words, " ")
				base = median(key " none")
				added = median(key " added")
				limit = words[2] in most ? most[words[2]] : 0.05
				if (words[1] ~ /^all/ && words[2] ~ /^fork/ && !kprobes) limit = 0.3
				verdict = 100 * added / base <= limit + (words[2] in noise ? noise[words[2]] : 0.05) ? "ok" : "FAIL"
				if (verdict == "FAIL") failed = 1
				printf "%-34s %10.1f %9.2f %8.3f%% %7.2f%% %5s %10.2f %9.2f\n", key, base, added, 100 * added / base,
					limit, verdict, values[key " added", 0], values[key " added", count_of[key " added"] - 1]
			}
			exit failed
		}'
}

# Of lines "CASE PATH PROGRAM RUNS NS": which of the tracer's programs make the rows above cost what they do. NS has
# that of the kernel's own counting (65 to 95), and doesn't have the way into the program and back.
programs() {
	awk '
		!($1 in seen) { printf "\n%-34s %-16s %8s %9s\n", "programs: attached, while", "program", "runs", "a run"; seen[$1] }
		{ printf "%-34s %-16s %8.2f %9.1f\n", $1 " " $2, $3, $4, $5 }'
}

mkdir -p "$out"
"${CC:-gcc}" -static -O2 -Wall -Wextra -o "$out/charge" tests/bench/charge.c
"${CC:-gcc}" -static -O2 -Wall -Wextra -o "$out/everyday" tests/bench/everyday.c
"${CC:-gcc}" -static -O2 -Wall -Wextra -o "$out/programs" tests/bench/programs.c
cp build/static/oomtrace "$out/oomtrace"
vm=(--mem 2048 --timeout 1800 --icount --put "$out/oomtrace" --put "$out/charge" --put "$out/everyday"
	--put "$out/programs" --put tests/bench/overhead-guest.sh)
failed=0
for label in "${labels[@]}"; do
	dir=$out/$label
	say "$label: this takes some minutes"
	scripts/vm/vm.sh --kernel "$label" --out "$dir" "${vm[@]}" -- sh overhead-guest.sh "${OOMTRACE_PAIRS:-6}" "${cases[@]}" >&2
	if [ "$label" = 6.1 ] && [ -z "${OOMTRACE_CASES:-}" ]; then
		scripts/vm/vm.sh --kernel "$label" --root bench --append systemd.run=/oomtrace/.run \
			--out "$dir-others" --put tests/bench/charge-bcc.py "${vm[@]}" \
			-- sh overhead-guest.sh "${OOMTRACE_PAIRS:-6}" bpftrace bcc >&2
		grep '^SKIP' "$dir-others/output.log" >&2 || true
		cp "$dir-others"/fault.* "$dir/"
	fi
	echo "On $label: instructions for each page faulted in, the median of ${OOMTRACE_PAIRS:-6}"
	for file in "$dir"/fault.*; do
		[ ! -e "$file" ] || sed "s/^/${file##*.} /" "$file"
	done | table "$label" || failed=1
	for file in "$dir"/everyday.*; do
		[ ! -e "$file" ] || sed "s/^/${file##*.} /" "$file"
	done | everyday "$label" || failed=1
	for file in "$dir"/programs.*; do
		[ ! -e "$file" ] || sed "s/^/${file##*.} /" "$file"
	done | programs
	for file in "$dir"/kill.*; do
		[ ! -e "$file" ] || sed "s/^/${file##*.} /" "$file"
	done | kills
	echo
done
exit $failed
