# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What scripts of busybox guests have in common that run one oomtrace for each scenario NAME, mostly in a cgroup of that
# name; to be read in. They judge nothing. For each scenario they leave in $OUT NAME.json, .err and .code of oomtrace,
# and NAME.events (memory.events).
#
# SLOW, from tests/live/run, says how much longer to wait on this machine.
# shellcheck disable=SC2154,SC2034 # $name and $tracer are set by the scripts, which read $pid
TOP=/sys/fs/cgroup
SLOW=${SLOW:-1}

fail() {
	echo "FAIL $1"
	exit 1
}

# until_true WHAT COMMAND...: waits for COMMAND to succeed.
until_true() {
	what=$1 rounds=0
	shift
	until "$@"; do
		rounds=$((rounds + 1))
		[ $rounds -lt $((900 * SLOW)) ] || fail "waited in vain for $what"
		sleep 0.1
	done
}

has() { # FILE PATTERN [COUNT]
	[ "$(grep -c "$2" "$1" 2>/dev/null)" -ge "${3:-1}" ]
}

# start_trace NAME OPTION...: oomtrace, JSON into NAME.json; $tracer is its pid.
start_trace() {
	name=$1
	shift
	./oomtrace --output json "$@" >"$OUT/$name.json" 2>"$OUT/$name.err" &
	tracer=$!
	until_true "oomtrace for $name" has "$OUT/$name.json" '"type":"session"'
}

end_trace() {
	[ ! -e "$TOP/$name" ] || cp "$TOP/$name/memory.events" "$OUT/$name.events"
	kill -INT "$tracer"
	wait "$tracer"
	echo $? >"$OUT/$name.code"
}

# in_cgroup NAME COMMAND...: in the background; $pid
in_cgroup() {
	(
		echo 0 >"$TOP/$1/cgroup.procs" || exit
		shift
		exec "$@"
	) &
	pid=$!
}
