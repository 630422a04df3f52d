#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes every cause of a kill that oomtrace tells apart, each in a cgroup of its own, /t/SCENARIO, while two oomtraces
# trace /t; and ends oomtrace in every way while it changes a limit, OOMTRACE_KILLS times by SIGKILL, at moments that
# OOMTRACE_SEED decides. It judges nothing; judge.py does. Leaves in $OUT, beside what guest-lib.sh says:
#
#   t.jsonl t-kprobes.jsonl t.brief.out  oomtrace on /t over the whole run; above.jsonl, self-*.jsonl: one scenario
#   expect.jsonl  for each scenario, what there has to be: key "kills" with the cause's kind and the
#                 name of the write, and key "write": who wrote what into which file
#   ends.jsonl    for each end of oomtrace, the limit before and after it
# shellcheck disable=SC2154,SC2034 # variables of the files that are read in
set -u

. ./guest-lib.sh
. ./causes.sh
. ./ends.sh

kills=$OOMTRACE_KILLS seed=$OOMTRACE_SEED
LIMITS=/oomtrace/limits-workload
T=$CG/t
TRACERS="t.jsonl t-kprobes.jsonl t.brief.out"

begin_run
echo +memory >"$CG/cgroup.subtree_control"
exec 7</dev/vda
make_cgroup t
delegate t
make_cgroup t/early 24M
start_tracer t.jsonl --cgroup "$T" --output json
start_tracer t-kprobes.jsonl --cgroup "$T" --output json --force-kprobes
start_tracer t.brief.out --brief --cgroup "$T" --record "$OUT/t.brief.out.jsonl"
for name in $TRACERS; do
	tracer_ready "$name"
done
early
self_set
self_ramp
self_parent
shell_write
suicide
unchanged
above_usage
lowered
rewritten
lowered_above
ancestors
machine
sysrq
reclaim_only
refused
race
left_over
nonblock
others
for name in $TRACERS; do
	stop_tracer "$name"
done
ends
sigkills
exec 7<&-
SCENARIO=
TRACERS=
sh ./overkill.sh
end_run
