# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034 # variables of the files that are read in
#
# Ends of oomtrace while it changes a limit.

OLD=268435456

save_end() { # NAME TEXT
	echo "{\"end\":\"$1\",$2}" >>"$OUT/ends.jsonl"
}

# start_change NAME OPTION...: returns when the limit of /t/ends has been changed.
start_change() {
	echo $OLD >"$T/ends/memory.max"
	: >"$OUT/$1"
	start_tracer "$@"
	wait_until 60 changed
}

changed() {
	[ "$(cat "$T/ends/memory.max")" != $OLD ]
}

end_result() { # NAME WANT
	tracer_done "$1"
	save_end "$1" "\"after\":\"$(cat "$T/ends/memory.max")\",\"want\":\"$2\",\"rc\":$(cat "$OUT/$1.rc")"
}

RAMP="--ramp 64M:16M:-4M@100ms"

by_signal() { # NAME SIGNAL OPTION...
	name=$1 signal=$2
	shift 2
	# shellcheck disable=SC2086
	start_change "$name" --cgroup "$T/ends" --output json $RAMP "$@"
	kill "-$signal" "$(cat "/tmp/$name.pid")"
}

# Another's write in between. Ours first is at 64M and then waits for long.
by_other() { # NAME SIGNAL
	start_change "$1" --cgroup "$T/ends" --output json --ramp 64M:16M:-4M@100s
	echo 50M >"$T/ends/memory.max"
	kill "-$2" "$(cat "/tmp/$1.pid")"
	end_result "$1" 52428800
	wait_until 10 no_guard
	save_end "$1-later" "\"after\":\"$(cat "$T/ends/memory.max")\",\"want\":\"52428800\""
}

no_guard() {
	! grep -qx oomtrace-guard /proc/[0-9]*/comm 2>/dev/null
}

ends() {
	begin ends
	make_cgroup t/ends
	run_held -g "$T/ends" -a -1000 hog 24
	for sig in INT TERM HUP; do
		by_signal "end-$sig" $sig
		end_result "end-$sig" $OLD
	done
	by_other end-other INT
	by_other end-other-KILL KILL

	# No limit at all is a limit, too.
	start_change end-max --cgroup "$T/ends" --output json --set-max max
	kill -INT "$(cat /tmp/end-max.pid)"
	end_result end-max $OLD

	by_signal end-keep INT --keep
	tracer_done end-keep
	save_end end-keep "\"after\":\"$(cat "$T/ends/memory.max")\",\"kept\":true"

	start_change end-two --cgroup "$T/ends" --output json --ramp 64M:16M:-4M@100s
	cli two "$BIN" --cgroup "$T/ends" --set-max 32M --output json
	save_end two "\"after\":\"$(cat "$T/ends/memory.max")\",\"want\":\"67108864\",\"rc\":$(cat "$OUT/cli/two.rc")"
	kill -INT "$(cat /tmp/end-two.pid)"
	end_result end-two $OLD

	echo $OLD >"$T/ends/memory.max"
	# shellcheck disable=SC2086,SC2016
	cli end-closed env BIN="$BIN" T="$T" RAMP="$RAMP" sh -c \
		'"$BIN" --cgroup "$T/ends" --output json $RAMP --duration 20s | head -n 3'
	wait_until 10 no_guard
	save_end end-closed "\"after\":\"$(cat "$T/ends/memory.max")\",\"want\":\"$OLD\""
	# shellcheck disable=SC2086,SC2016
	cli end-full env BIN="$BIN" T="$T" RAMP="$RAMP" sh -c \
		'"$BIN" --cgroup "$T/ends" --output json $RAMP --duration 20s >/dev/full'
	save_end end-full "\"after\":\"$(cat "$T/ends/memory.max")\",\"want\":\"$OLD\",\"rc\":$(cat "$OUT/cli/end-full.rc")"
	# A disk that is full after a while, so that there have been changes.
	mkdir -p /small
	mount -t tmpfs -o size=8k none /small
	# shellcheck disable=SC2086,SC2016
	cli end-fills env BIN="$BIN" T="$T" RAMP="$RAMP" sh -c \
		'"$BIN" --cgroup "$T/ends" --output json $RAMP --duration 20s >/small/out'
	save_end end-fills "\"after\":\"$(cat "$T/ends/memory.max")\",\"want\":\"$OLD\",\"rc\":$(cat "$OUT/cli/end-fills.rc"),\"bytes\":$(wc -c </small/out)"
	umount /small
	end t/ends
}

# SIGKILL at moments of the ramp that only the seed knows.
sigkills() {
	begin sigkills
	make_cgroup t/ends
	run_held -g "$T/ends" -a -1000 hog 24
	awk -v n="$kills" -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.3f\n", rand() * 1.3 }' >/tmp/moments
	echo "seed $seed: $(tr '\n' ' ' </tmp/moments)"
	n=0
	while read -r moment; do
		n=$((n + 1))
		read_file ends 48
		# 13 steps in 1.3 s, of which the first reclaim and the last run into what can't be killed
		start_change kill.jsonl --cgroup "$T/ends" --output json --ramp 64M:16M:-4M@100ms
		sleep "$moment"
		result=$("$LIMITS" end "$(cat /tmp/kill.jsonl.pid)" 9 "$T/ends/memory.max" $OLD $((1200 * SLOW)))
		save_end "SIGKILL-$n" "\"moment\":$moment,\"result\":${result:-null}"
		tracer_done kill.jsonl
		wait_until 10 no_guard
	done </tmp/moments
	end t/ends
}
