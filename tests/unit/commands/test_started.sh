#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_started.sh OOMTRACE
# What a shell or a service manager may hand down to a command: a small stack.
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
	[[ $got == "$code" ]] && cmp -s "$tmp/out" "$tmp/small" ||
		fail "a small stack: oomtrace $*: $got, not $code: $(head -c 300 "$tmp/small")"
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

((failed)) || echo "ok: $checks command lines"
exit "$failed"
