#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# oomtrace changes a limit, and one of its processes is killed or stopped: each of them, at each stage; then one at
# random, at a random moment. Then oomtrace is asked to end, if it hasn't yet. others.sh has what goes wrong around it:
# full pipes and disks, files that are none, no room for processes. Leaves in $OUT what processes.sh says, and
# processes: those that there are while a limit changes.
# shellcheck disable=SC2154,SC2034 # variables of the files that are read in
set -u

. ./guest-lib.sh
. ./processes.sh
. ./others.sh

# Returns when oomtrace, started as NAME, has come to this stage and PROCESS is there.
reach() { # NAME STAGE PROCESS
	case $2 in
	start) ;;
	attached) wait_until 60 test -s "/tmp/$1" ;;
	changing) wait_until 60 changed ;;
	ending)
		wait_until 60 changed
		try_until 5 there "$3"
		kill -INT "$tracer"
		;;
	esac
	[ "$2" = ending ] || try_until 5 there "$3"
}

# Memory that is charged while stacks are sampled: the keeper of names starts a worker to find theirs.
charge() {
	run -g "$F" hog 4
	charging=$pid
	wait_until 20 says "$charging" holding
}

end_charge() {
	[ -z "$charging" ] || kill -KILL "$charging"
	charging=
}

replaced() { # NAME
	grep -q 'another has taken its place' "$OUT/said/$1"
}

fault() { # STAGE PROCESS SIGNAL
	name=$1-$2-$3
	echo "$(uptime_s)s: $name"
	begin_ramp "$name"
	if [ "$2" = oomtrace-syms+ ]; then
		wait_until 60 changed
		charge
	fi
	reach "$name" "$1" "$2"
	hit "$2" "$3"
	case $1-$2-$3 in
	ending-*) ;;
	*-oomtrace-guard-KILL) try_until 10 replaced "$name" ;;
	esac
	finish "$name" "$1" "$2" "$(way "$2" "$3")"
	end_charge
}

confined() {
	grep -q '^NoNewPrivs:.1' "/proc/$tracer/status"
}

# The processes that there are, with their capabilities, and how long it takes until the limit changes, in $ready_ms. They are found by looking:
# a new one is tested like the others.
look() {
	from=$(now_ms)
	begin_ramp look
	wait_until 60 changed
	ready_ms=$(($(now_ms) - from))
	charge
	for process in oomtrace-guard oomtrace-ask oomtrace-maps oomtrace-syms oomtrace-syms+ oomtrace-tmpfs; do
		wait_until 20 there $process
	done
	wait_until 10 confined
	ours | tee "$OUT/processes"
	while read -r pid name; do
		echo "$name $(sed -n 's/^CapEff:.//p; s/^NoNewPrivs:.//p; s/^Seccomp:.//p' "/proc/$pid/task/"*/status | tr '\n' ' ')"
	done <"$OUT/processes" >"$OUT/rights"
	processes=$(sed 's/^[0-9]* //' "$OUT/processes")
	finish look changing none INT
	end_charge
}

stages() {
	for stage in $OOMTRACE_STAGES; do
		for process in $processes; do
			for signal in KILL STOP; do
				fault "$stage" "$process" $signal
			done
		done
	done
}

# One process and one moment by chance, until the first second of the ramp is over. Every other run has the helpers
# that find names for stacks.
one_at_random() { # NUMBER MOMENT CHOICE SIGNAL
	begin_ramp "random-$1" "$([ $(($1 % 2)) = 1 ] || echo --stacks)"
	sleep "$2"
	ours >/tmp/ours
	process=$(awk -v n="$3" '{ line[NR] = $2 } END { if (NR) print line[n % NR + 1] }' /tmp/ours)
	hit "$process" "$4"
	finish "random-$1" random "$process" "$(way "$process" "$4")" "$2"
}

at_random() {
	[ "$OOMTRACE_SEED" != 0 ] || OOMTRACE_SEED=$(date +%s)
	echo "$(uptime_s)s: $OOMTRACE_FAULTS at random, seed $OOMTRACE_SEED, moments up to $((ready_ms + 1000)) ms"
	expect seed "$OOMTRACE_SEED"
	expect stages "\"$OOMTRACE_STAGES\""
	expect others "\"$OOMTRACE_OTHERS\""
	expect faults "$OOMTRACE_FAULTS"
	awk -v n="$OOMTRACE_FAULTS" -v seed="$OOMTRACE_SEED" -v most=$((ready_ms + 1000)) 'BEGIN {
		srand(seed)
		for (i = 1; i <= n; i++)
			printf "%d %.3f %d %s\n", i, rand() * most / 1000, int(rand() * 1000), rand() < 0.5 ? "KILL" : "STOP"
	}' >/tmp/random
	while read -r number moment choice signal; do
		one_at_random "$number" "$moment" "$choice" "$signal"
	done </tmp/random
}

others() {
	expect psi "$(try cat /proc/pressure/memory >/dev/null && echo true || echo false)"
	find_min
	limits_of_both
	no_room_for_processes
	full_pipe INT
	full_pipe TERM
	full_disks
	no_regular_file
	reader_goes
	hangup
	hangup_ends
	cgroup_goes
	read_only_disk
	whole_cgroup
	restore_kills
	keys_off
	keys
}

charging=
begin_run
echo +memory >"$CG/cgroup.subtree_control"
begin faults
make_cgroup f
run_held -g "$F" -a -1000 hog 24
hog=$pid
look
stages
[ "$OOMTRACE_OTHERS" = no ] || others
at_random
end f
end_run
