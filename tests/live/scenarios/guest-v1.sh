#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The memory controller on cgroup v1, as old container hosts have it. A limit there is in
# memory.limit_in_bytes, kills are counted in memory.oom_control, and a container of Docker's
# cgroupfs driver is /docker/ID.
# shellcheck disable=SC2154 # variables of the files that are read in
set -u

. ./guest-lib.sh
. ./tracers.sh

begin_run
start_tracers

begin one
make_cgroup one/below
echo 32M >"$CG/one/memory.limit_in_bytes"
run_to_end -g "$CG/one/below" hog 64
expect oom_kill "$(sed -n 's/^oom_kill //p' "$CG/one/below/memory.oom_control")"
mark "end one"

begin container
dir=docker/$CONTAINER
make_cgroup "$dir"
echo 32M >"$CG/$dir/memory.limit_in_bytes"
rm -f /tmp/go
run -g "$CG/$dir" -w /tmp/go init 64 0
wait_until 30 in_file '"role":"init"' "$OUT/who.jsonl"
start_tracer container.jsonl --container 0123456789ab --output json
tracer_ready container.jsonl
touch /tmp/go
wait_until 60 gone "$pid"
tracer_done container.jsonl
mark "end container"

SCENARIO=cli
cli container-missing "$BIN" --container no-such-container
SCENARIO=
stop_tracers
end_run
