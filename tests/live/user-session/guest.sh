#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# systemd gives what a user's session starts an oom_score_adj of 200, and oomtrace inherits it. Each time an oomtrace
# is started so, with all its helpers, and a program of the machine's own then takes all memory. Leaves in $OUT, beside
# what guest-lib.sh says, for each N: oom-N.jsonl; and sessions.jsonl: the processes of oomtrace before, with their
# oom_score_adj, and those that were left.
# shellcheck disable=SC2154,SC2034 # variables of the file that is read in
set -u

. ./guest-lib.sh

# As a JSON list: the names of oomtrace's living processes, each with its oom_score_adj.
ours() {
	for status in /proc/[0-9]*/status; do
		try grep -q '^State:.[^ZX]' "$status" || continue
		name=$(try sed -n 's/^Name:.\(oomtrace.*\)/\1/p' "$status")
		[ -z "$name" ] || echo "[\"$name\",$(cat "${status%status}oom_score_adj")]"
	done | sort | tr '\n' ',' | sed 's/^\(.*\),$/[\1]/'
}

has_helpers() {
	grep -q oomtrace-syms /proc/[0-9]*/comm 2>/dev/null
}

one_oom() { # N
	begin "oom-$1"
	echo 200 >/proc/self/oom_score_adj
	start_tracer "oom-$1.jsonl" --stacks --output json
	echo 0 >/proc/self/oom_score_adj
	tracer_ready "oom-$1.jsonl"
	wait_until 20 has_helpers
	before=$(ours)
	run_to_end hog "$most"
	wait "$pid"
	status=$?
	wait_until 60 in_file '"type":"oom"' "$OUT/oom-$1.jsonl"
	echo "{\"n\":$1,\"before\":$before,\"after\":$(ours),\"status\":$status}" >>"$OUT/sessions.jsonl"
	stop_tracer "oom-$1.jsonl"
	mark "end $SCENARIO"
}

begin_run
# MiB. The kernel refuses to promise one program more than there is; with all others it is more.
most=$(awk '/^MemTotal:/ { print int($2 * 0.98 / 1024) }' /proc/meminfo)
n=0
while [ $n -lt "$OOMTRACE_OOMS" ]; do
	n=$((n + 1))
	one_oom $n
done
expect ooms "$OOMTRACE_OOMS"
end_run
