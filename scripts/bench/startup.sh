#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# startup.sh [ROUNDS]: compares how oomtrace starts, and its memory, with bcc's oomkill (libbpf-tools) and
# bpftrace's oomkill.bt, in turns, in one virtual machine. The machine's clock counts instructions, one a
# nanosecond. So the times say how much work and waiting there was, not how fast this machine is, and they
# are nearly equal from run to run. OOMTRACE_BENCH_CLOCK=wall measures time instead.
# Exits with 1 when oomtrace takes more than 1.3 times as long as oomkill to attach, or has more than
# 12 MiB resident. docs/notes/starting-up.md says where the time goes.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/vm/lib.sh
need_static

out=build/bench rounds=${1:-10}
case ${OOMTRACE_BENCH_CLOCK:-icount} in
icount) clock=(--icount) unit='instructions counted as ns' ;;
wall) clock=(--smp 2) unit='time' ;;
*) die 2 "OOMTRACE_BENCH_CLOCK is '$OOMTRACE_BENCH_CLOCK'; it takes icount or wall" ;;
esac

rm -rf "$out"
mkdir -p "$out"
"${CC:-gcc}" -static -pthread -O2 -Wall -Wextra -o "$out/startup" tests/bench/startup.c
say "starting the guest; the whole takes about three minutes"
# systemd.run: our command in place of the guest's services, Docker's too. They would only disturb.
scripts/vm/vm.sh --kernel 6.1 --root bench --append systemd.run=/oomtrace/.run --out "$out/guest" \
	--timeout 900 "${clock[@]}" --live --put build/static/oomtrace --put "$out/startup" \
	--put tests/bench/startup-guest.sh -- sh startup-guest.sh "$rounds" >&2

echo "From exec to attached ($unit), and memory one second later; medians."
tr '\n' ' ' <"$out/guest/versions.txt"
printf '\n\n%-12s %6s %6s %13s %13s %9s %9s\n' tool rounds hooks attached range RSS RssAnon
sort -k1,1 -k2,2n "$out/guest/startup.txt" | awk '
	$6 > last[$1] { last[$1] = $6 }
	{ n[$1]++; ns[$1, n[$1]] = $2; links[$1] = $3; if ($4 > rss[$1]) rss[$1] = $4; if ($5 > anon[$1]) anon[$1] = $5 }
	END {
		split("oomtrace oomkill oomkill_bt", tools)
		for (i = 1; i in tools; i++) {
			t = tools[i]
			mid[t] = (ns[t, int((n[t] + 1) / 2)] + ns[t, int((n[t] + 2) / 2)]) / 2e6
			printf "%-12s %6d %6d %10.1f ms %6.1f-%6.1f %5.1f MiB %5.1f MiB\n", t, n[t], links[t], mid[t],
				ns[t, 1] / 1e6, ns[t, n[t]] / 1e6, rss[t] / 1024, anon[t] / 1024
		}
		printf "\nThen oomtrace attaches what is not urgent, until %.1f ms at most.\n", last["oomtrace"] / 1e6
		ratio = mid["oomtrace"] / mid["oomkill"]
		slow = ratio > 1.3
		fat = rss["oomtrace"] > 12 * 1024
		printf "\n%s  oomtrace / oomkill: %.2f (at most 1.3)\n", slow ? "FAIL" : "ok  ", ratio
		printf "%s  resident memory: %.1f MiB (at most 12)\n", fat ? "FAIL" : "ok  ", rss["oomtrace"] / 1024
		printf "%d passed, %d failed\n", 2 - slow - fat, slow + fat
		exit slow || fat
	}'
