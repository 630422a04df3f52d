#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The experiment, in a throwaway virtual machine with Docker. The demo lowers a container's memory limit until
# nothing in it lives, while oomtrace traces it. Then oomtrace report --check prints each kill of oomtrace's records
# beside the kernel's own line for it.
#   demo.sh [--kernel LABEL] [--out DIR]     kernels.sh list shows the labels; default: 6.1 and build/demo
# Exits with 0 if oomtrace and the kernel agree. make demo does the set-up first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/lib.sh"

kernel=6.1
out=build/demo
while [ $# -gt 0 ]; do
	case $1 in
	--kernel | --out)
		[ $# -gt 1 ] || die 2 "$1 needs a value"
		printf -v "${1#--}" %s "$2"
		shift 2
		;;
	*) die 2 "usage: demo.sh [--kernel LABEL] [--out DIR]" ;;
	esac
done
oomtrace=$here/../../build/static/oomtrace
[ -x "$oomtrace" ] || die 1 "there is no build/static/oomtrace; 'make demo' builds it, or 'make STATIC=1'"

terminal='' colour=plain
if [ -t 1 ]; then
	terminal=1
	[ -n "${NO_COLOR:-}" ] || colour=colour
fi

# What is going on, and for how long: on a terminal in one line that goes away again.
tick() { # stage since
	local seconds=$((SECONDS - $2))
	if [ -n "$terminal" ]; then
		printf '\r\033[K%s ... %d s' "$1" "$seconds"
	elif [ $((seconds % 10)) = 0 ] && [ "$seconds" != 0 ]; then
		printf '%s ... %d s\n' "$1" "$seconds"
	fi
}
clear_tick() { [ -z "$terminal" ] || printf '\r\033[K'; }

# Runs a command whose output is one path; prints nothing but the ticks and what it says on stderr.
stage() { # name command...
	local name=$1 since=$SECONDS code=0 job
	shift
	tick "$name" "$since"
	"$@" >/dev/null &
	job=$!
	while kill -0 $job 2>/dev/null; do
		sleep 1
		tick "$name" "$since"
	done
	wait $job || code=$?
	clear_tick
	[ $code = 0 ] || die $code "$name: failed"
	printf '%s: %d s\n' "$name" $((SECONDS - since))
}

# Passes the guest's output on as it comes, and fills the silences.
relay() { # stage
	local name=$1 since=$SECONDS line part='' code
	while :; do
		code=0
		IFS= read -r -t 1 line || code=$?
		if [ $code = 0 ]; then
			clear_tick
			printf '%s\n' "$part$line"
			part='' name='running' since=$SECONDS
		elif [ $code -gt 128 ]; then
			part+=$line
			tick "$name" "$since"
		else
			break
		fi
	done
	clear_tick
}

stage "kernel $kernel (fetched from Debian's mirror, once)" "$here/../vm/kernels.sh" fetch "$kernel"
stage 'guest image with systemd and Docker (built, once)' "$here/../vm/rootfs.sh" docker
since=$SECONDS
code=0
# One CPU: on two, up to 6.1, a victim may be charged some pages more between our look and the log's.
"$here/../vm/vm.sh" --kernel "$kernel" --root docker --mem 1536 --smp 1 --timeout 300 --live --out "$out" \
	--put "$oomtrace" --put "$here/guest.sh" -- sh ./guest.sh $colour |
	relay "booting the guest, starting Docker (about a minute without KVM)" || code=$?
[ $code = 0 ] || die $code "the experiment failed; what there is of it is in $out"
printf '\nThe guest ran for %d s. ' $((SECONDS - since))
python3 "$here/summary.py" "$oomtrace" "$out"
