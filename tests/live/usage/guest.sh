#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Workloads whose usage is known, while oomtrace records it. OOMTRACE_CHURN: cgroups made and removed. Leaves in $OUT, beside what
# guest-lib.sh says:
#   steps.jsonl nested.jsonl spike.jsonl memory.jsonl kinds.jsonl churn.jsonl kprobes.jsonl    oomtrace's records
#   kinds.txt    what the workload held of each kind, and memory.stat then
#   steps.txt kprobes.txt    what the workload held, and when, and memory.current then
#   spike.txt                who grew to be killed, from when till when it was gone at the latest
#   *.current                memory.current of the target and of what is below it, at rest, and after oomtrace's end
#   memory.stat              of the cgroup whose OOM memory.jsonl has
#   churn.rss                oomtrace's resident memory in KiB, before and after
# shellcheck disable=SC2154,SC2034 # variables of the functions that are read in
set -u

. ./guest-lib.sh

USAGE=/oomtrace/usage-workload
SCENARIO=usage

trace() { # NAME OPTION...
	traced=$1
	shift
	start_tracer "$traced.jsonl" --output json "$@"
	tracer_ready "$traced.jsonl"
	# Attached isn't all: each cgroup has been looked at when the target's first usage is told.
	wait_until 30 in_file '"type":"usage"' "$OUT/$traced.jsonl"
}

at_rest() { # FILE...
	was=$(cat "$@")
	sleep 1
	[ "$(cat "$@")" = "$was" ]
}

# Known amounts at known times, in a cgroup below the target.
steps() { # NAME OPTION...
	begin "$1"
	make_cgroup steps 256M
	delegate steps
	make_cgroup steps/leaf
	run -g "$CG/steps/leaf" hog 1
	wait_until 30 says "$pid" holding
	which=$1
	shift
	trace "$which" --cgroup "$CG/steps" "$@"
	TRACER=$tracer "$USAGE" steps "$CG/steps/leaf" 20 21 70 30 31 100 1 >"$OUT/$which.txt"
	# The kernel frees some of what a process had after it is gone.
	wait_until 30 at_rest "$CG/steps/memory.current" "$CG/steps/leaf/memory.current"
	cat "$CG/steps/memory.current" "$CG/steps/leaf/memory.current" >"$OUT/$which.current"
	stop_tracer "$which.jsonl"
	cat "$CG/steps/memory.current" "$CG/steps/leaf/memory.current" >>"$OUT/$which.current"
	end steps
}

# The middle one of three limits binds.
nested() {
	begin nested
	make_cgroup nested 1G
	delegate nested
	make_cgroup nested/parent 64M
	delegate nested/parent
	make_cgroup nested/parent/leaf
	start_tracer nested.jsonl --output json --cgroup "$CG/nested/parent"
	tracer_ready nested.jsonl
	run_to_end -g "$CG/nested/parent/leaf" hog 96
	stop_tracer nested.jsonl
	end nested
}

# From 6.11 on oomtrace looks for the kinds of memory after it is ready. Till then they aren't told.
kinds_told() {
	TRACER=$tracer "$USAGE" steps "$CG/spike" 1 >/dev/null
	in_file '"kernel_[a-z_]*bytes"' "$OUT/spike.jsonl"
}

# As short as the machine lets it be: 28 batches of 64 pages.
spike() {
	begin spike
	make_cgroup spike 7M
	start_tracer spike.jsonl --output json --cgroup "$CG/spike"
	tracer_ready spike.jsonl
	wait_until 30 kinds_told
	"$USAGE" spike "$CG/spike" 8 20 >"$OUT/spike.txt"
	stop_tracer spike.jsonl
	end spike
}

# Memory of every kind, nothing of which can be reclaimed, and nobody who could be killed.
memory() {
	begin memory
	make_cgroup memory
	run_held -g "$CG/memory" -a -1000 hog 20 8 6 /files/memory
	start_tracer memory.jsonl --output json --cgroup "$CG/memory"
	tracer_ready memory.jsonl
	wait_until 30 in_file '"type":"usage"' "$OUT/memory.jsonl"
	sleep 3 # the kernel sums up every two seconds by itself
	cat "$CG/memory/memory.stat" >"$OUT/memory.stat"
	echo 8M >"$CG/memory/memory.max"
	stop_tracer memory.jsonl
	end memory
}

# User pages, kernel memory and socket memory, of one cgroup below the target.
kinds() {
	begin kinds
	make_cgroup kinds
	delegate kinds
	make_cgroup kinds/leaf
	mkdir -p /files/kinds
	trace kinds --cgroup "$CG/kinds"
	TRACER=$tracer "$USAGE" kinds "$CG/kinds/leaf" /files/kinds >"$OUT/kinds.txt"
	stop_tracer kinds.jsonl
	end kinds
}

rss_kib() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

# Far more cgroups than there is room for at a time, and one more.
many() {
	begin churn
	make_cgroup churn
	delegate churn
	make_cgroup churn/home
	make_cgroup churn/last
	run -g "$CG/churn/home" hog 1
	wait_until 30 says "$pid" holding
	trace churn --cgroup "$CG/churn"
	rss_kib "$tracer" >"$OUT/churn.rss"
	"$USAGE" churn "$CG/churn" "$OOMTRACE_CHURN"
	make_cgroup churn/after
	TRACER=$tracer "$USAGE" steps "$CG/churn/after" 20 >"$OUT/churn.txt"
	rss_kib "$tracer" >>"$OUT/churn.rss"
	stop_tracer churn.jsonl
	end churn
}

begin_run
echo +memory >"$CG/cgroup.subtree_control"
mkdir -p /files
mount -t ramfs none /files && chmod 777 /files
steps steps
steps kprobes --force-kprobes
nested
spike
memory
kinds
many
end_run
