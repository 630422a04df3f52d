#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_started.sh OOMTRACE
# What a shell or a service manager may hand down to a command: a small stack, and signals that are ignored or blocked.
set -u
export LC_ALL=C
unset COLUMNS

oomtrace=$(realpath "$1")
golden=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../golden" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0 checks=0

fail() {
	echo "FAIL: $*"
	failed=1
}

mkdir -p "$tmp/store" "$tmp/root/etc/oomtrace"
cp "$golden/incident.jsonl" "$tmp/store/2026-11-23T233237Z_web.jsonl"
cp "$golden/scenarios.jsonl" "$tmp/store/2026-11-23T233230Z_more.jsonl"
echo 'store-size = 3M' >"$tmp/root/etc/oomtrace/oomtrace.conf"
web=$tmp/store/2026-11-23T233237Z_web.jsonl more=$tmp/store/2026-11-23T233230Z_more.jsonl

# same COMMAND...: with a stack of 64 KiB it does what it does with any.
same() {
	local code=0 got=0

	checks=$((checks + 1))
	"$oomtrace" "$@" >"$tmp/out" 2>&1 </dev/null || code=$?
	(ulimit -s 64 && exec "$oomtrace" "$@") >"$tmp/small" 2>&1 </dev/null || got=$?
	if [[ $got != "$code" ]] || ! cmp -s "$tmp/out" "$tmp/small"; then
		fail "a small stack: oomtrace $*: $got, not $code: $(head -c 300 "$tmp/small")"
	fi
}

same report "$web"
same report --verbose "$more"
for format in json jsonl html csv chrome-trace folded; do
	same report --format "$format" "$more"
done
same report --compare "$web" "$golden/killed.jsonl"
same report --compare --format html "$web" "$golden/killed.jsonl"
same report --output "$tmp/report" "$web"
for log in "$golden"/klog/*.log; do
	same report "$log"
done
same list "$tmp/store"
same show --store "$tmp/store"
same show web --store "$tmp/store" --format html
same service --check --config-root "$tmp/root"
same --cgroup /not-there --dry-run
same report --help

# Whoever ignores SIGCHLD, or blocks all signals, hands that down. Another process makes a report that goes to a file.
checks=$((checks + 1))
if ! said=$(env --ignore-signal=CHLD --block-signal "$oomtrace" report --output "$tmp/waited" "$web" 2>&1) ||
	! cmp -s "$tmp/waited" "$tmp/report"; then
	fail "with SIGCHLD ignored: $said"
fi

# ended WHAT SIGNAL ENV-OPTIONS -- COMMAND...: such a command, which waits or is busy, ends by the signal.
ended() {
	local what=$1 signal=$2 pid got=0
	shift 2
	checks=$((checks + 1))
	env "$@" >/dev/null 2>&1 &
	pid=$!
	sleep 0.3
	kill -s "$signal" "$pid"
	for ((i = 0; i < 100; i++)); do
		# A zombie has ended.
		[[ $(ps -o stat= -p "$pid") == [^Z]* ]] || break
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" || got=$?
	[[ $got == $((128 + $(kill -l "$signal"))) ]] || fail "$what, $signal: $got"
}

mkfifo "$tmp/fifo"
exec 3<>"$tmp/fifo"
for how in --block-signal --ignore-signal=INT --ignore-signal=HUP; do
	ended "report with $how" TERM "$how" "$oomtrace" report "$tmp/fifo"
	ended "report -o with $how" TERM "$how" "$oomtrace" report -o "$tmp/never" "$tmp/fifo"
done
ended 'report' INT --default-signal=INT "$oomtrace" report "$tmp/fifo"
[[ -z $(find "$tmp" -name '.oomtrace-*') ]] || fail "half of a report is left"

((failed)) || echo "ok: $checks command lines"
exit "$failed"
