# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What goes wrong around oomtrace while it changes a limit; to be read in after processes.sh.
# shellcheck disable=SC2154,SC2034 # variables of the files that are read in

# --find-min changes memory.high, which nobody must leave low.
find_min_fault() { # PROCESS SIGNAL
	name=find-min-$1-$2
	echo "$(uptime_s)s: $name"
	watch_file "$F/memory.high"
	begin_fault "$name" --cgroup /f --find-min --hold 30s --output json
	wait_until 60 changed
	try_until 5 there "$1"
	hit "$1" "$2"
	[ "$1-$2" != oomtrace-guard-KILL ] || try_until 10 replaced "$name"
	finish "$name" find-min "$1" "$(way "$1" "$2")"
}

find_min() {
	for process in oomtrace oomtrace-guard; do
		for signal in KILL STOP; do
			find_min_fault $process $signal
		done
	done
}

# The limit stands on a cgroup below the target, too, as crun has it: both are changed, and both come back.
inner_is() {
	[ "$(cat "$CG/both/container/memory.max")" = "$1" ]
}

limits_of_both() {
	make_cgroup both
	delegate both
	make_cgroup both/container
	for signal in KILL INT; do
		echo "$OLD" >"$CG/both/memory.max"
		echo "$OLD" >"$CG/both/container/memory.max"
		watch_file "$CG/both/memory.max"
		begin_fault "both-$signal" --cgroup /both --output json --set-max 128M
		wait_until 60 inner_is 134217728
		hit oomtrace "$signal"
		finish "both-$signal" changing both "$([ $signal = KILL ] && echo leave || echo INT)"
		try_until 5 inner_is "$OLD"
		expect "both-$signal" "$(cat "$CG/both/container/memory.max")"
	done
	try rmdir "$CG/both/container" "$CG/both"
}

# In a cgroup with as many processes as it may have: no guard, no change; and a guard that is killed there is replaced
# when there is room again. The script itself goes there.
no_room_for_processes() {
	echo +pids >"$CG/cgroup.subtree_control"
	make_cgroup narrow
	echo "$OLD" >"$F/memory.max"
	watch_file "$F/memory.max"
	: >"$OUT/said/no-guard"
	# shellcheck disable=SC2016
	sh -c 'echo 0 >"$1/narrow/cgroup.procs"; echo 1 >"$1/narrow/pids.max"
		exec "$2" --cgroup /f --output json --set-max 64M --duration 20s' \
		- "$CG" "$BIN" >/tmp/no-guard 2>"$OUT/said/no-guard"
	expect no-guard "{\"rc\":$?,\"after\":\"$(cat "$file")\"}"

	echo max >"$CG/narrow/pids.max"
	begin_fault no-room --cgroup /f --output json --set-max 64M --duration 60s
	wait_until 60 changed
	echo "$tracer" >"$CG/narrow/cgroup.procs"
	echo 0 >"$CG/narrow/pids.max"
	hit oomtrace-guard KILL
	wait_until 20 in_file "there can't be another yet" "$OUT/said/no-room"
	echo max >"$CG/narrow/pids.max"
	wait_until 20 replaced no-room
	# And then it does what a guard is for.
	hit oomtrace KILL
	finish no-room changing oomtrace leave
	wait_until 10 try rmdir "$CG/narrow"
}

# Nobody reads what oomtrace writes, and the pipe is full.
full_pipe() { # SIGNAL
	name=pipe-$1
	echo "$(uptime_s)s: $name"
	rm -f /tmp/pipe
	mkfifo /tmp/pipe
	sleep 10000 7<>/tmp/pipe &
	holder=$!
	echo "$OLD" >"$F/memory.max"
	watch_file "$F/memory.max"
	# shellcheck disable=SC2086 # options
	"$BIN" --cgroup /f $RAMP >/tmp/pipe 2>"$OUT/said/$name" &
	tracer=$! hit=1
	wait_until 60 changed
	dd if=/dev/zero of=/tmp/pipe bs=4k count=1024 2>/dev/null &
	filler=$!
	wait_until 20 in_pipe_after_a_write "$tracer"
	kill "-$1" "$tracer"
	finish "$name" changing pipe "$1"
	kill -KILL $filler $holder
	wait $filler $holder 2>/dev/null
}

# Writes of limits are what it has to tell of.
write_limits() { # CGROUP
	echo 200M >"$1/memory.high"
	echo max >"$1/memory.high"
}

in_pipe_after_a_write() {
	write_limits "$F"
	try in_pipe "$1"
}

# A disk of 16 KiB, of which 12 are full.
full_disks() {
	mkdir -p /small
	for option in record folded; do
		echo "$(uptime_s)s: full disk, --$option"
		mount -t tmpfs -o size=16k none /small
		dd if=/dev/zero of=/small/full bs=4k count=3 2>/dev/null
		echo "$OLD" >"$F/memory.max"
		watch_file "$F/memory.max"
		begin_fault disk-$option --cgroup /f --stacks --output json --ramp 96M:64M:-4M@200ms --$option /small/out
		wait_until 60 changed
		# What is written of stacks comes at the end; a file that is full before that fails all the same.
		[ $option = record ] || dd if=/dev/zero of=/small/full bs=4k count=4 2>/dev/null
		[ $option = folded ] || wait_until 20 in_file 'has stopped' "$OUT/said/disk-$option"
		run -g "$F" hog 8
		wait_until 60 says "$pid" holding
		finish disk-$option changing disk INT
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		umount /small
	done
	mount -t tmpfs -o size=16k none /small
	dd if=/dev/zero of=/small/full bs=4k count=3 2>/dev/null
	cli report-full env TMPDIR=/tmp "$BIN" report -f html -o /small/out.html /tmp/look
	expect report-left "\"$(cd /small && echo *)\""
	umount /small
}

# A FIFO that nobody reads is no place for a recording: said at once, with the limit as it was.
no_regular_file() {
	rm -f /tmp/fifo
	mkfifo /tmp/fifo
	for option in record folded; do
		echo "$OLD" >"$F/memory.max"
		cli fifo-$option timeout 20 "$BIN" --cgroup /f --stacks --output json --set-max 64M --duration 10s --$option /tmp/fifo
		expect fifo-$option "\"$(cat "$F/memory.max")\""
	done
}

reader_has_gone() {
	write_limits "$CG/grown"
	[ -s /tmp/reader-rc ]
}

# A raised limit that can't be put back, and a reader that has gone before that could be said on stdout.
reader_goes() {
	make_cgroup grown 60M
	watch_file "$CG/grown/memory.max"
	rm -f /tmp/go /tmp/reader-rc
	# shellcheck disable=SC2016
	( "$BIN" --cgroup /grown --output json --set-max 300M --duration 60s 2>"$OUT/said/reader-goes"
		echo $? >/tmp/reader-rc ) | while read -r line; do
		[ -e /tmp/go ] && exit
		: "$line"
	done &
	wait_until 60 changed
	run_held -g "$CG/grown" hog 100
	touch /tmp/go
	# The first record wakes the reader to its end, and the next oomtrace to its own.
	wait_until 60 reader_has_gone
	expect reader-goes "{\"rc\":$(cat /tmp/reader-rc),\"after\":\"$(cat "$file")\"}"
	kill_all grown
	wait_until 10 try rmdir "$CG/grown"
}

at_the_end() {
	[ "$(cat "$file")" = 67108864 ]
}

# nohup: the terminal's end is none of oomtrace's business, and the ramp goes on.
hangup() {
	echo "$OLD" >"$F/memory.max"
	watch_file "$F/memory.max"
	begin_hangup
	wait_until 60 changed
	kill -HUP "$tracer"
	wait_until 60 at_the_end
	hit=1
	finish nohup changing none INT
}

# The terminal goes away, and nobody has said nohup.
hangup_ends() {
	begin_ramp hup
	wait_until 60 changed
	kill -HUP "$tracer"
	try_until 20 gone "$tracer"
	expect hup "$(gone "$tracer" && echo true || echo false)"
	hit=1
	finish hup changing none INT
}

# The cgroup whose limit is changed is removed, and there is another of its name, which has a limit of its own.
cgroup_goes() {
	make_cgroup goes 256M
	watch_file "$CG/goes/memory.max"
	begin_fault goes --cgroup /goes --output json --set-max 64M --duration 100s
	wait_until 60 changed
	rmdir "$CG/goes"
	make_cgroup goes 100M
	# Options that change a limit end with the cgroup.
	try_until 20 gone "$tracer" || kill -KILL "$tracer"
	wait "$tracer"
	expect goes "{\"rc\":$?,\"after\":\"$(cat "$file")\",\"left\":\"$(ours)\"}"
	try rmdir "$CG/goes"
}

# A file system that nobody may write to.
read_only_disk() {
	mount -t tmpfs -o ro,size=16k none /small
	for option in record folded; do
		echo "$OLD" >"$F/memory.max"
		cli ro-$option timeout 20 "$BIN" --cgroup /f --stacks --output json --set-max 64M --duration 10s --$option /small/out
		expect ro-$option "\"$(cat "$F/memory.max")\""
	done
	umount /small
}

begin_hangup() {
	# shellcheck disable=SC2016,SC2086
	sh -c 'trap "" HUP; exec "$@"' - "$BIN" --cgroup /f $RAMP >/tmp/nohup 2>"$OUT/said/nohup" &
	tracer=$!
}

# All of oomtrace's cgroup is ended at once, as a service manager does; the guard has a cgroup of its own.
whole_cgroup() {
	make_cgroup own
	echo "$OLD" >"$F/memory.max"
	watch_file "$F/memory.max"
	# shellcheck disable=SC2016,SC2086
	sh -c 'echo 0 >"$1/own/cgroup.procs"; shift; exec "$@"' - "$CG" "$BIN" --cgroup /f --stacks $RAMP \
		>/tmp/own 2>"$OUT/said/own" &
	tracer=$!
	wait_until 60 changed
	hit=1
	# cgroup.kill is of Linux 5.14.
	if [ -e "$CG/own/cgroup.kill" ]; then
		echo 1 >"$CG/own/cgroup.kill"
	else
		# shellcheck disable=SC2046 # numbers
		kill -KILL $(cat "$CG/own/cgroup.procs")
	fi
	finish own changing cgroup leave
	wait_until 10 try rmdir "$CG/own"
}

# --restore puts the old limit back though that kills, and counts what it kills.
restore_kills() {
	mark "end $SCENARIO"
	begin restore
	make_cgroup back 60M
	watch_file "$CG/back/memory.max"
	begin_fault restore --cgroup /back --output json --set-max 300M --restore --duration 60s
	wait_until 60 changed
	run_held -g "$CG/back" hog 100
	kill -INT "$tracer"
	wait_until 60 gone "$tracer"
	wait "$tracer"
	expect restore "{\"rc\":$?,\"after\":\"$(cat "$file")\",\"told\":$(grep -c 'restored, which killed 1 of its processes' /tmp/restore)}"
	end back
	begin faults
}

# A key, on a terminal, but nobody has said that keys may change anything.
keys_off() {
	echo "$OLD" >"$F/memory.max"
	LANG=C TERM=xterm ./pty 100 1:=- 2:=s -- "$BIN" --cgroup /f --duration 4s >/tmp/keys-off 2>&1
	expect keys-off "{\"rc\":$?,\"after\":\"$(cat "$F/memory.max")\"}"
}

# A key has changed the limit, on a terminal; then oomtrace or its guard is killed.
keys() {
	for process in oomtrace oomtrace-guard; do
		name=keys-$process
		echo "$OLD" >"$F/memory.max"
		watch_file "$F/memory.max"
		LANG=C TERM=xterm ./pty 100 1:=- -- "$BIN" --cgroup /f --interactive --duration 100s >"/tmp/$name" 2>"$OUT/said/$name" &
		tracer=$!
		wait_until 60 changed
		hit $process KILL
		if [ $process = oomtrace-guard ]; then
			wait_until 20 in_file 'another has taken' "/tmp/$name"
			kill -INT "$(pid_of oomtrace)"
		fi
		# pty ends with oomtrace, and with its code.
		finish "$name" changing "$process" leave
	done
}
