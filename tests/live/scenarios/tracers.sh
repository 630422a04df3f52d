# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
#
# What both guests of this suite have: three oomtraces that trace the whole machine, and a container's id.

# A container as Docker lays it out, without a runtime to ask.
CONTAINER=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
TRACERS="machine.jsonl kprobes.jsonl text.out"

start_tracers() {
	start_tracer machine.jsonl --output json
	start_tracer kprobes.jsonl --force-kprobes --output json --record "$OUT/rotated.jsonl" --record-size 64K
	start_tracer text.out --kernel-log --record "$OUT/text.out.jsonl"
	for name in $TRACERS; do
		tracer_ready "$name"
	done
}

stop_tracers() {
	for name in $TRACERS; do
		stop_tracer "$name"
	done
}
