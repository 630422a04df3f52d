# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The processes of oomtrace, and one run with a fault in it; to be read in after guest-lib.sh. A run leaves a line in
# $OUT/faults.jsonl, and what oomtrace said on stderr in $OUT/said/NAME. Its records stay in /tmp: most are cut off.
# shellcheck disable=SC2154,SC2034 # variables of the files that are read in

F=$CG/f
OLD=268435456

mkdir -p "$OUT/said"

# Prints "PID NAME" of each living process of oomtrace, the main one first. A process whose parent has the same name
# gets a "+": the helper that finds names of functions has a worker.
ours() {
	awk '/^Name:/ { name = $2 } /^State:/ { state = $2 } /^Pid:/ { pid = $2 }
		/^PPid:/ && name ~ /^oomtrace/ && state !~ /[ZX]/ { names[pid] = name; parents[pid] = $2 }
		END {
			for (pid in names)
				print pid, names[pid] (names[pid] == names[parents[pid]] ? "+" : "")
		}' /proc/[0-9]*/status 2>/dev/null | sort -k2,2 -k1,1n
}

none_left() {
	[ -z "$(ours)" ]
}

pid_of() { # NAME
	ours | sed -n "s/^\([0-9]*\) $1\$/\1/p" | head -n 1
}

there() {
	[ "$(pid_of "$1")" ]
}

# As wait_until, but it's no failure of the suite when the time is over: the judge sees what came of it.
try_until() { # SECONDS COMMAND...
	limit=$(($(uptime_s) + $1 * SLOW))
	shift
	until "$@"; do
		[ "$(uptime_s)" -lt "$limit" ] || return 1
		sleep 0.05
	done
}

now_ms() {
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

# The file that oomtrace changes, and its value before.
watch_file() { # FILE
	file=$1
	old=$(cat "$file")
}

changed() {
	[ "$(cat "$file")" != "$old" ]
}

restored() {
	! changed
}

# begin_fault NAME OPTION...: oomtrace with these options, in the background; its pid is in $tracer.
begin_fault() {
	name=$1
	shift
	: >"/tmp/$name"
	"$BIN" "$@" >"/tmp/$name" 2>"$OUT/said/$name" &
	tracer=$!
	hit=0
	wait_until 10 try in_file oomtrace "/proc/$tracer/comm"
}

RAMP="--output json --ramp 96M:64M:-4M@200ms --duration 60s"

begin_ramp() { # NAME [OPTION]
	echo "$OLD" >"$F/memory.max"
	watch_file "$F/memory.max"
	# shellcheck disable=SC2086 # options
	begin_fault "$1" --cgroup /f $RAMP ${2---stacks}
}

# Stops or kills one process. Whether it was there to be hit is in $hit.
hit() { # PROCESS SIGNAL
	hit=0
	target_pid=$(pid_of "$1")
	[ -z "$target_pid" ] || ! try kill "-$2" "$target_pid" || hit=1
}

# How the run goes on: main that was killed needs no asking, and main that was stopped has to go on for that.
way() { # PROCESS SIGNAL
	case $1-$2 in
	oomtrace-KILL) echo leave ;;
	oomtrace-STOP) echo stop-main ;;
	*) echo "$2" ;;
	esac
}

# Asks for the end. Before oomtrace is attached it leaves SIGINT as it was: ignored, as a shell has it in the background.
ask_for_end() { # STAGE WAY
	case $2 in
	leave) [ "$hit" = 1 ] || try kill -TERM "$tracer" ;;
	*) case $1 in
		start | random) try kill -TERM "$tracer" ;;
		*) try kill -INT "$tracer" ;;
		esac ;;
	esac
	[ "$2" != stop-main ] || try kill -CONT "$tracer"
}

# finish NAME STAGE PROCESS WAY [MOMENT]: waits for the end, and says how long it took and what it left.
finish() {
	from=$(now_ms)
	ask_for_end "$2" "$4"
	try_until 20 gone "$tracer" || kill -KILL "$tracer"
	wait "$tracer"
	rc=$?
	ended=$(now_ms)
	try_until 5 restored
	stands=$(now_ms)
	try_until 5 none_left
	left=$(ours | sed 's/^[0-9]* //' | tr '\n' ' ')
	printf '{"name":"%s","stage":"%s","process":"%s","way":"%s","moment":%s,"hit":%s,"rc":%s,"end_ms":%s,"restored_ms":%s,"before":"%s","after":"%s","left":"%s","alive":%s}\n' \
		"$1" "$2" "$3" "$4" "${5:-0}" "$hit" "$rc" $((ended - from)) $((stands - from)) "$old" "$(cat "$file")" \
		"${left% }" "$(gone "$hog" && echo false || echo true)" | tee -a "$OUT/faults.jsonl"
	ours | while read -r rest _; do
		try kill -KILL "$rest"
	done
	echo "$old" >"$file"
}
