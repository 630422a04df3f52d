# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034 # variables of the files that are read in
#
# Every cause of a kill that oomtrace tells apart, each in a cgroup of its own.

# expect_kills KIND [WRITE]: the scenario's kills have this cause, by the write of that name.
expect_kills() {
	expect kills "{\"kind\":\"$1\",\"write\":\"${2:-}\"}"
}

# expect_write NAME CGROUP FILE PID COMM VALUE
expect_write() {
	expect write "{\"name\":\"$1\",\"cgroup\":\"/t/$2\",\"file\":\"$3\",\"pid\":$4,\"comm\":\"$5\",\"value\":\"$6\"}"
}

# set_limit NAME CGROUP VALUE [FILE]: this shell's own write.
set_limit() {
	expect_write "$1" "$2" "${4:-memory.max}" $$ sh "$3"
	echo "$3" >"$T/$2/${4:-memory.max}"
}

# Page cache that the cgroup pays for: of a disk that fd 7 keeps open, or the pages would go.
read_file() { # CGROUP MIB
	echo 3 >/proc/sys/vm/drop_caches
	"$WORK" -g "$T/$1" exec dd if=/dev/vda of=/dev/null bs=1M count="$2" 2>/dev/null
}

# Before oomtrace came: it can't know who set this limit, nor when.
early() {
	begin early
	expect_kills limit-unchanged
	run_to_end -g "$T/early" hog 40
	end t/early
}

# self NAME OPTION...: oomtrace changes the limit of /t/NAME itself, to its end.
self() {
	scenario=$1
	shift
	start_tracer "self-$scenario.jsonl" --cgroup "$T/$scenario" --output json "$@"
}

self_set() {
	begin self-set
	make_cgroup t/self-set
	run_held -g "$T/self-set" hog 40
	run_held -g "$T/self-set" hog 8
	self self-set --set-max 20000001 --duration 3s
	expect_kills inside-write self
	expect_write self self-set memory.max "$(cat /tmp/self-self-set.jsonl.pid)" oomtrace 20000001
	tracer_done self-self-set.jsonl
	expect old "\"$(cat "$T/self-set/memory.max")\""
	end t/self-set
}

# Workers that grow all the time while the limit goes down: kills inside the writes, and between them.
self_ramp() {
	begin self-ramp
	make_cgroup t/self-ramp
	run -g "$T/self-ramp" storm 4 24 100000
	storm=$pid
	self self-ramp --ramp 96M:32M:-8M@400ms --set-max 20M --duration 8s
	expect_kills by-trigger
	tracer_done self-self-ramp.jsonl
	kill -KILL "$storm"
	expect old "\"$(cat "$T/self-ramp/memory.max")\""
	end t/self-ramp
}

# A step is open while a shell lowers the parent's limit: what that kills belongs to the step too.
self_parent() {
	begin self-parent
	make_cgroup t/self-parent
	delegate t/self-parent
	make_cgroup t/self-parent/in
	run_held -g "$T/self-parent/in" hog 30
	run_held -g "$T/self-parent/in" hog 8
	start_tracer self-self-parent.jsonl --cgroup "$T/self-parent/in" --output json --set-max 64M \
		--duration 6s
	tracer=$(cat /tmp/self-self-parent.jsonl.pid)
	wait_until 60 in_file '"type":"limit"' "$OUT/self-self-parent.jsonl"
	expect_write self self-parent/in memory.max "$tracer" oomtrace 64M
	expect_kills inside-write parent
	set_limit parent self-parent 24M
	tracer_done self-self-parent.jsonl
	expect old "\"$(cat "$T/self-parent/in/memory.max")\""
	end t/self-parent
}

shell_write() {
	begin shell
	make_cgroup t/shell
	run_held -g "$T/shell" hog 30
	run_held -g "$T/shell" hog 20
	run_held -g "$T/shell" hog 8
	expect_kills inside-write w
	set_limit w shell 24M
	end t/shell
}

# The writer is in the cgroup and the largest process there, so the one that is killed.
suicide() {
	begin suicide
	make_cgroup t/suicide
	expect_kills inside-write w
	# shellcheck disable=SC2016
	T=$T sh -c 'echo 0 >"$T/suicide/cgroup.procs"
		x=$(head -c 6000000 /dev/zero | tr "\0" x)
		echo 4M >"$T/suicide/memory.max"
		echo "$x" | wc -c' &
	expect_write w suicide memory.max $! sh 4M
	wait_until 60 gone $!
	end t/suicide
}

unchanged() {
	begin unchanged
	make_cgroup t/unchanged
	expect_kills limit-unchanged w
	set_limit w unchanged 24M
	run_to_end -g "$T/unchanged" hog 40
	run_to_end -g "$T/unchanged" hog 40
	end t/unchanged
}

# A limit that was lowered, but not below usage: what grows into it does so by itself.
above_usage() {
	begin above-usage
	make_cgroup t/above-usage
	set_limit first above-usage 64M
	run_held -g "$T/above-usage" hog 8
	expect_kills limit-unchanged w
	set_limit w above-usage 24M
	run_to_end -g "$T/above-usage" hog 40
	end t/above-usage
}

lowered() {
	begin lowered
	make_cgroup t/lowered
	run_held -g "$T/lowered" hog 4
	read_file lowered 40
	expect_kills limit-lowered w
	set_limit w lowered 24M
	expect after_write "$(sed -n 's/^oom_kill //p' "$T/lowered/memory.events")"
	sleep 2 # the time that the cause has to tell
	expect since_s 2
	run_to_end -g "$T/lowered" hog 40
	end t/lowered
}

# The value that lowered the limit is written once more, as runtimes do: it stands since the first time.
rewritten() {
	begin rewritten
	make_cgroup t/rewritten
	read_file rewritten 40
	expect_kills limit-lowered w
	set_limit w rewritten 24M
	# shellcheck disable=SC2016
	FILE=$T/rewritten/memory.max sh -c 'echo 24M >"$FILE"' &
	expect_write again rewritten memory.max $! sh 24M
	wait_until 30 gone $!
	run_to_end -g "$T/rewritten" hog 40
	end t/rewritten
}

# As lowered, but what was lowered is the limit of an ancestor.
lowered_above() {
	begin lowered-above
	make_cgroup t/lowered-above
	delegate t/lowered-above
	make_cgroup t/lowered-above/leaf
	read_file lowered-above/leaf 40
	expect_kills limit-lowered w
	set_limit w lowered-above 24M
	run_to_end -g "$T/lowered-above/leaf" hog 40
	end t/lowered-above
}

ancestors() {
	begin ancestors
	make_cgroup t/ancestors
	delegate t/ancestors
	make_cgroup t/ancestors/leaf
	start_tracer above.jsonl --cgroup "$T/ancestors/leaf" --output json
	tracer_ready above.jsonl
	expect_kills ancestor-limit w
	set_limit w ancestors 24M
	run_to_end -g "$T/ancestors/leaf" hog 40
	stop_tracer above.jsonl
	end t/ancestors
}

# Two workers: a mapping that is larger than the machine is refused.
machine() {
	begin machine
	make_cgroup t/machine
	expect_kills whole-machine
	size=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) * 7 / 10240))
	run -g "$T/machine" pool 2 "$size"
	wait_until 120 says "$pid" holding
	end t/machine
}

sysrq() {
	begin sysrq
	make_cgroup t/sysrq
	run_held -g "$T/sysrq" hog 100
	expect_kills sysrq
	echo f >/proc/sysrq-trigger
	wait_until 30 gone "$pid"
	end t/sysrq
}

reclaim_only() {
	begin reclaim-only
	make_cgroup t/reclaim-only
	run_held -g "$T/reclaim-only" hog 4
	read_file reclaim-only 40
	set_limit reclaims reclaim-only 16M
	end t/reclaim-only
}

# A write that fails changes nothing, and isn't the cause of what comes later.
refused() {
	begin refused
	make_cgroup t/refused
	expect_kills limit-unchanged w
	set_limit w refused 24M
	run_held -g "$T/refused" hog 8
	try set_limit refused refused nonsense
	run_to_end -g "$T/refused" hog 40
	end t/refused
}

# race FILE VALUE: a shell that writes when the gate opens.
race_writer() {
	# shellcheck disable=SC2016
	FILE=$2 VALUE=$3 sh -c 'until [ -e /tmp/race ]; do :; done; echo "$VALUE" >"$FILE/memory.max"' &
	expect_write "$1" "${2#"$T/"}" memory.max $! sh "$3"
	writers="$writers $!"
}

# What a write goes on for is usage above the value that it wrote itself, but the kernel kills only above the limit that
# stands: a write that a higher one has overtaken goes round and round until usage falls for another reason.
race_over() { # WRITER
	gone "$1" || { [ "$1" = "$lower" ] && gone "$higher" && [ "$(cat "$T/race/in/memory.max")" = 31457280 ]; }
}

race() {
	begin race
	make_cgroup t/race
	delegate t/race
	make_cgroup t/race/in
	for i in 1 2 3 4 5 6 7 8; do
		run_held -g "$T/race/in" hog $((6 + i))
	done
	rm -f /tmp/race
	writers=
	race_writer parent "$T/race" 40M
	race_writer child "$T/race/in" 30M
	higher=$!
	race_writer child2 "$T/race/in" 20M
	lower=$!
	expect_kills by-trigger
	: >/tmp/race
	for writer in $writers; do
		wait_until 60 race_over "$writer"
	done
	end t/race
	wait_until 60 gone "$lower"
}

# Writes that reclaim for so long that they overlap, more of them than a kretprobe takes at a time; and the
# threads that wrote then run into their limits by themselves.
left_over() {
	begin left-over
	make_cgroup t/left-over
	delegate t/left-over
	rm -f /tmp/grow
	expect_kills own-write
	writers=
	echo 3 >/proc/sys/vm/drop_caches
	for i in 1 2 3 4 5 6; do
		make_cgroup "t/left-over/$i"
		# each cgroup another part of the disk, to pay for it
		"$WORK" -g "$T/left-over/$i" exec dd if=/dev/vda of=/dev/null bs=1M count=24 skip=$((i * 24)) 2>/dev/null
		"$WORK" -g "$T/left-over/$i" exec "$LIMITS" write-and-grow /tmp/grow "$T/left-over/$i/memory.max" 8M 16 &
		expect_write "$!" "left-over/$i" memory.max $! limits-workload 8M
		writers="$writers $!"
	done
	: >/tmp/grow
	for writer in $writers; do
		wait_until 60 gone "$writer"
	done
	end t/left-over
}

# From 6.16 on such a write neither reclaims nor kills: who asks for memory next does.
nonblock() {
	begin nonblock
	make_cgroup t/nonblock
	run_held -g "$T/nonblock" hog 40
	big=$pid
	expect_kills nonblock w
	"$LIMITS" nonblock "$T/nonblock/memory.max" 16M >/tmp/nonblock.pid
	expect_write w nonblock memory.max "$(cat /tmp/nonblock.pid)" limits-workload 16M
	expect after_write "$(sed -n 's/^oom_kill //p' "$T/nonblock/memory.events")"
	# It may be killed too: newer kernels look for another victim before the first has given back all.
	run -g "$T/nonblock" hog 4
	small=$pid
	wait_until 60 gone "$big"
	wait_until 60 settled "$small"
	end t/nonblock
}

# These limits never kill.
others() {
	begin others
	make_cgroup t/others
	run_held -g "$T/others" hog 20
	set_limit high others 8M memory.high
	if [ -e "$T/others/memory.swap.max" ]; then
		set_limit swap others 0 memory.swap.max
	else
		expect no_swap_max true
	fi
	end t/others
}
