#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# overhead-guest.sh PAIRS CASE...: runs in the guest, for scripts/bench/overhead.sh. Measures each case in pairs,
# with nothing attached and with the tracer, in turns and in the same process. Of two rounds it takes the second,
# because the state before a round changes its figure by more than some of the tracers do. Leaves in $OUT:
#   fault.CASE    lines "NONE WITH FREE_NONE FREE_WITH OWN": instructions for a page faulted in, and freed, and
#                 the tracer's own
#   kill.CASE     lines "CANDIDATES NONE ADDED": of the fault that a kill came of; by the programs, for the kill
#   everyday.CASE lines "PATH NONE WITH": of what processes do all day (everyday.c), in a cgroup that isn't traced
#   programs.CASE lines "PATH PROGRAM RUNS NS": which of the tracer's programs run meanwhile, for one; NS for a run
set -eu
pairs=$1
CG=/sys/fs/cgroup/bench
MIB=64
paths="pipe socket fork+exit fork+exec+exit open+read+close mmap+munmap signal oom_score" # everyday.c
tracer=

mkdir -p "$CG"
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
echo +memory >"$CG/cgroup.subtree_control"
mkdir "$CG/faults" "$CG/other"
echo 512M >"$CG/faults/memory.max"
dmesg -n 1
mkfifo asked told

# workload COMMAND ARGS...: each round of it is asked for. The first warms up.
workload() {
	"$@" <asked >told &
	workload=$!
	exec 4>asked 5<told
	round
}

round() { # sets figure
	echo 1 >/proc/sys/vm/compact_memory
	echo >&4
	read -r figure <&5
}

end_workload() {
	exec 4>&- 5<&-
	wait "$workload"
}

# The tracer is attached when it has said something; a second later it has done what there is to do at first.
start() {
	rm -f tracer.out tracer.err # the one before
	"$@" >tracer.out 2>tracer.err &
	tracer=$!
	until [ -s tracer.out ] || [ -s tracer.err ]; do
		kill -0 "$tracer"
		sleep 0.1
	done
	sleep 1
}

stop() {
	kill -INT "$tracer"
	wait "$tracer" || [ $? -lt 5 ]
}

own_ns() {
	cut -d' ' -f1 "/proc/$tracer/schedstat"
}

# How the free pages lie that the allocator finds changes what a page costs by more than what is measured here: so
# memory is compacted before each round, and the CPU's own list of free pages may be large, its part of all: 1/N.
free_lists() { # N, or 0: as usual
	for file in percpu_pagelist_high_fraction percpu_pagelist_fraction; do # the latter up to 5.13
		[ ! -e "/proc/sys/vm/$file" ] || echo "$1" >"/proc/sys/vm/$file"
	done
}

faults() { # CASE PAIRS TRACER...
	free_lists 8
	name=$1 left=$2
	shift 2
	workload ./charge fault "$CG/faults" $MIB
	while [ "$left" -gt 0 ]; do
		left=$((left - 1))
		round
		round
		none=$figure
		start "$@"
		round
		from=$(own_ns)
		round
		to=$(own_ns)
		stop
		echo "$none $figure $(((to - from) / (MIB * 256)))" | awk '{ print $1, $3, $2, $4, $5 }'
	done >"$OUT/fault.$name"
	end_workload
	cp tracer.out "$OUT/tracer.$name.out"
	cp tracer.err "$OUT/tracer.$name.err"
	echo "$name: $(tr '\n' ';' <"$OUT/fault.$name")"
}

# Where the parts of a program lie in its memory, by chance, makes an exec cost up to 2 % more or less.
everyday() { # CASE TRACER...
	free_lists 8
	echo 0 >/proc/sys/kernel/randomize_va_space
	name=$1 left=$pairs
	shift
	workload ./everyday "$CG/faults"
	while [ "$left" -gt 0 ]; do
		left=$((left - 1))
		round
		round
		none=$figure
		start "$@"
		round
		round
		stop
		echo "$none $figure" | awk '{ half = NF / 2; for (i = 1; i < half; i += 2) print $i, $(i + 1), $(i + half + 1) }'
	done >"$OUT/everyday.$name"
	end_workload
	cp tracer.err "$OUT/tracer.everyday-$name.err"
	echo "everyday $name: $(tr '\n' ';' <"$OUT/everyday.$name")"
}

# What ran for other reasons, as when programs.c is started, is left out: less than one in a hundred.
programs() { # CASE TRACER...
	name=$1
	shift
	workload ./everyday "$CG/faults"
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	start "$@"
	for path in $paths; do
		./programs >before
		echo "$path" >&4
		read -r _ times <&5
		./programs >after
		awk -v path="$path" -v times="$times" '
			NR == FNR { runs[$1] -= $2; ns[$1] -= $3; next }
			{ runs[$1] += $2; ns[$1] += $3 }
			END {
				for (name in runs)
					if (runs[name] > times / 100)
						print path, name, runs[name] / times, ns[name] / runs[name]
			}' before after | sort
	done >"$OUT/programs.$name"
	stop
	echo 0 >/proc/sys/kernel/bpf_stats_enabled
	end_workload
	echo "programs $name: $(tr '\n' ';' <"$OUT/programs.$name")"
}

# The kernel logs ten OOMs in five seconds, and what it doesn't log costs less.
pause() {
	sleep 6
}

# What the tracer's programs have run for, as the kernel counts it: what it does itself for a kill varies by more.
programs_ns() {
	cat "/proc/$tracer/fdinfo/"* | awk '/^run_time_ns:/ { sum += $2 } END { printf "%.0f\n", sum }'
}

kills() { # CASE TRACER...
	free_lists 0
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	name=$1
	shift
	for n in 10 100 1000; do
		mkdir "$CG/kills"
		workload ./charge kill "$CG/kills" $n
		left=$pairs
		while [ "$left" -gt 0 ]; do
			left=$((left - 1))
			pause
			round
			none=$figure
			start "$@"
			pause
			before=$(programs_ns)
			round
			sleep 1 # until what was killed is gone
			after=$(programs_ns)
			stop
			echo "$n $none $((after - before))"
		done >>"$OUT/kill.$name"
		end_workload
		until rmdir "$CG/kills" 2>/dev/null; do sleep 0.1; done
	done
	echo "kill $name: $(tr '\n' ';' <"$OUT/kill.$name")"
}

# So many more cgroups, each with a limit of its own, the first hundred with a process.
cgroups() { # COUNT
	for n in $(seq 1 "$1"); do
		[ ! -e "$CG/c$n" ] || continue
		mkdir "$CG/c$n"
		echo 64M >"$CG/c$n/memory.max"
		[ "$n" -le 100 ] || continue
		(
			echo 0 >"$CG/c$n/cgroup.procs"
			exec sleep 100000
		) &
	done
}

shift
for case; do
	echo 512M >"$CG/faults/memory.max"
	case $case in
	machine) faults machine "$pairs" ./oomtrace --output json ;;
	other) faults other "$pairs" ./oomtrace --cgroup "$CG/other" --output json ;;
	no-usage) faults no-usage "$pairs" ./oomtrace --cgroup "$CG/other" --no-usage --output json ;;
	own) faults own "$pairs" ./oomtrace --cgroup "$CG/faults" --output json ;;
	stacks) faults stacks "$pairs" ./oomtrace --cgroup "$CG/faults" --stacks --output json ;;
	near)
		echo $((MIB + 2))M >"$CG/faults/memory.max"
		faults near "$pairs" ./oomtrace --cgroup "$CG/faults" --output json
		;;
	programs-other) programs other ./oomtrace --cgroup "$CG/other" --output json ;;
	programs-machine) programs machine ./oomtrace --output json ;;
	programs-all) cgroups 100 && programs all ./oomtrace --all --snapshot --output json ;;
	everyday-other) everyday other ./oomtrace --cgroup "$CG/other" --output json ;;
	everyday-no-usage) everyday no-usage ./oomtrace --cgroup "$CG/other" --no-usage --output json ;;
	all) cgroups 100 && faults all "$pairs" ./oomtrace --all --snapshot --output json ;;
	several) cgroups 100 && faults several "$pairs" ./oomtrace --cgroup "/bench/c*" --output json ;;
	several-own)
		cgroups 100
		faults several-own "$pairs" ./oomtrace --cgroup "/bench/c*" --cgroup "$CG/faults" --output json
		;;
	everyday-several) cgroups 100 && everyday several ./oomtrace --cgroup "/bench/c*" --output json ;;
	everyday-all) cgroups 100 && everyday all ./oomtrace --all --snapshot --output json ;;
	everyday-machine) everyday machine ./oomtrace --output json ;;
	kill-machine) kills machine ./oomtrace --output json ;;
	kill-own) kills own ./oomtrace --cgroup "$CG" --no-usage --output json ;;
	all-4096) cgroups 4096 && faults all-4096 "$pairs" ./oomtrace --all --snapshot --output json ;;
	everyday-all-4096) cgroups 4096 && everyday all-4096 ./oomtrace --all --snapshot --output json ;;
	bpftrace) faults bpftrace "$pairs" bpftrace -e "kprobe:try_charge_memcg { @[cgroup] = sum(arg2 * 4096) }" ;;
	bcc)
		# The guest's image may be older than its kernel.
		if [ ! -e "/lib/modules/$(uname -r)/build/Makefile" ]; then
			echo "SKIP bcc: the guest has no headers of $(uname -r)"
			continue
		fi
		faults bcc "$pairs" python3 charge-bcc.py try_charge_memcg
		;;
	*) echo "no case '$case'" >&2; exit 2 ;;
	esac
done
