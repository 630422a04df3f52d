#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Brings oomtrace to where it waits for somebody else, and then tells it to end. Leaves in $OUT "ends", a line for
# each time: what it hung at, the signal, after how many ms it was gone, and its exit code (- where it is in a pipe).
# What oomtrace writes here is cut off, and no recording: it stays in /tmp.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

. ./guest-lib.sh

ms() {
	read -r up _ </proc/uptime
	hundredths=${up#*.}
	echo $((${up%.*} * 1000 + ${hundredths#0} * 10))
}

# trace WHERE OPTION...: oomtrace with its output there, attached; its pid is in $tracer.
trace() {
	where=$1
	shift
	# Not what the one before has left there.
	[ -p "$where" ] || rm -f "$where"
	"$BIN" --output json "$@" >"$where" 2>>"$OUT/err" &
	tracer=$!
}

# end_by WHAT SIGNAL
end_by() {
	start=$(ms)
	kill "-$2" "$tracer"
	wait_until 60 gone "$tracer" || kill -KILL "$tracer"
	ended=$(ms)
	wait "$tracer"
	echo "$1 $2 $((ended - start)) $?" >>"$OUT/ends"
}

# writes CGROUP N: as many limits, and as many records.
writes() {
	i=0
	while [ $i -lt "$2" ]; do
		echo $((64 + i % 2))M >"$CG/$1/memory.max"
		i=$((i + 1))
	done
}

# Nothing holds it up: what ending takes on this kernel and this machine.
plain() {
	begin "plain-$1"
	trace /tmp/plain.json
	wait_until 60 test -s /tmp/plain.json
	end_by plain "$1"
}

# A reader of stdout that doesn't read.
full_pipe() {
	begin "pipe-$1"
	make_cgroup full 64M
	rm -f /tmp/fifo
	mkfifo /tmp/fifo
	sleep 10000 3</tmp/fifo &
	reader=$!
	trace /tmp/fifo --ring-size 4K
	rounds=0
	until try in_pipe "$tracer"; do
		writes full 50
		rounds=$((rounds + 1))
		[ $rounds -lt $((200 * SLOW)) ] || break
	done
	wait_until 10 in_pipe "$tracer"
	# The ring is full, too, by then: what is lost is said by whoever ends it.
	writes full 100
	end_by pipe "$1"
	kill $reader
	end full
}

helper() {
	for stat in /proc/[0-9]*/stat; do
		try grep -q "($1)" "$stat" || continue
		stat=${stat#/proc/}
		echo "${stat%/stat}"
		return
	done
	return 1
}

# A helper that has been stopped has the question for a name, and doesn't answer.
stopped_helper() {
	begin "helper-$1"
	make_cgroup stacks
	trace /tmp/stacks.json --stacks --cgroup "$CG/stacks"
	wait_until 60 test -s /tmp/stacks.json
	maps=$(helper oomtrace-maps)
	kill -STOP "$maps"
	wait_until 10 stopped "$maps"
	run_held -g "$CG/stacks" hog 16
	end_by helper "$1"
	end stacks
}

# A runtime that accepts and says nothing, asked for the names of containers that are killed one after the other.
silent_runtime() {
	begin "runtime-$1"
	mkdir -p /var/run
	rm -f /var/run/docker.sock
	./silent /var/run/docker.sock &
	runtime=$!
	wait_until 10 test -S /var/run/docker.sock
	make_cgroup docker
	delegate docker
	trace /tmp/runtime.json
	wait_until 60 test -s /tmp/runtime.json
	for n in 1 2 3 4 5 6; do
		id=$(printf '%064d' $n)
		make_cgroup "docker/$id" 16M
		run_to_end -g "$CG/docker/$id" hog 32
	done
	end_by runtime "$1"
	kill $runtime
	grep -c '"type":"oom"' /tmp/runtime.json >>"$OUT/ooms"
	end docker
}

# A name that nobody answers for isn't said to be nobody's.
unanswered() {
	begin unanswered
	mkdir -p /var/run
	rm -f /var/run/docker.sock
	./silent /var/run/docker.sock &
	runtime=$!
	wait_until 10 test -S /var/run/docker.sock
	cli unanswered "$BIN" --container web
	kill $runtime
}

begin_run
unanswered
for signal in INT TERM; do
	plain $signal
	full_pipe $signal
	stopped_helper $signal
	silent_runtime $signal
done
echo "$SLOW" >"$OUT/slow"
end_run
