#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Processes of a cgroup are ended by SIGKILL on each way that there is. Leaves in $OUT "cases", a line for each of
# these processes: a name, its pid, the way (as oomtrace calls it), and the sender's pid, comm and cgroup. "-": whoever
# it is. What guest-lib.sh lists is there, too.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

. ./guest-lib.sh

# in_cgroup CGROUP COMMAND...: in the background, with what it says in /tmp/said.
in_cgroup() {
	: >/tmp/said
	(
		echo 0 >"$CG/$1/cgroup.procs"
		shift
		exec ./ends "$@"
	) >>/tmp/said &
}

# pid_of ROLE: waits until it has said who it is; in $pid.
pid_of() {
	wait_until 30 in_file "^$1 " /tmp/said
	pid=$(sed -n "s/^$1 //p" /tmp/said)
}

# ended NAME WAY SENDER COMM CGROUP: $victim has been killed.
ended() {
	wait_until 60 gone "$victim"
	echo "$1 $victim $2 $3 $4 $5" >>"$OUT/cases"
}

# One that waits for its end in the target; its pid is in $victim.
start_victim() {
	begin "$1"
	in_cgroup target/in wait "$1"
	pid_of "$1"
	victim=$pid
}

# From the shell that runs this, which is outside.
from_host() {
	start_victim host
	kill -KILL "$victim"
	ended host kill $$ sh /
}

# sent NAME HOW CGROUP: by a process of that cgroup.
sent() {
	start_victim "$1"
	in_cgroup "$3" send "$2" "$victim"
	pid_of sender
	ended "$1" kill "$pid" ends "/$3"
}

by_cgroup_kill() {
	[ -e "$CG/target/cgroup.kill" ] || return 0
	begin cgroup.kill
	make_cgroup target/sub
	in_cgroup target/sub wait cgroup-kill
	pid_of cgroup-kill
	victim=$pid
	echo 1 >"$CG/target/sub/cgroup.kill"
	ended cgroup-kill cgroup.kill $$ sh /
	wait_until 10 try rmdir "$CG/target/sub"
}

# Asked to end first, as runtimes do: an init that has no handler ignores SIGTERM.
asked_first() {
	begin asked-first
	in_cgroup target/in container
	pid_of child
	child=$pid
	pid_of init
	victim=$pid
	kill -TERM "$victim"
	sleep 1
	kill -KILL "$victim"
	ended asked-first kill $$ sh /
	victim=$child
	ended its-child pid-namespace-end "$pid" ends /target/in
}

namespace_ends() {
	begin pid-namespace
	in_cgroup target/in container
	pid_of init
	init=$pid
	pid_of child
	victim=$pid
	kill -USR2 "$init"
	ended pid-namespace pid-namespace-end "$init" ends /target/in
}

parent_dies() {
	begin parent
	in_cgroup target/in parent
	pid_of orphan
	victim=$pid
	pid_of parent
	kill -USR2 "$pid"
	ended parent parent-death "$pid" ends /target/in
}

# ends_itself NAME SENDER
ends_itself() {
	begin "$1"
	in_cgroup target/in "$1"
	pid_of "$1"
	victim=$pid
	if [ "$2" = self ]; then ended "$1" "$1" "$victim" ends /target/in; else ended "$1" "$1" - - -; fi
}

# Its SIGKILL is told by the victim.
by_oom_killer() {
	begin oom
	make_cgroup target/oom 16M
	run_to_end -g "$CG/target/oom" hog 64
	wait_until 10 try rmdir "$CG/target/oom"
}

begin_run
: >"$OUT/cases"
make_cgroup target
delegate target
make_cgroup target/in
make_cgroup other
start_tracer target.jsonl --cgroup "$CG/target" --output json
start_tracer kprobes.jsonl --cgroup "$CG/target" --force-kprobes --output json
start_tracer target.out --cgroup "$CG/target" --record "$OUT/target.out.jsonl"
start_tracer machine.jsonl --output json
for name in target.jsonl kprobes.jsonl target.out machine.jsonl; do
	tracer_ready $name
done
from_host
sent inside kill target/in
sent other kill other
for how in tkill tgkill sigqueue pidfd; do
	sent $how $how other
done
by_cgroup_kill
asked_first
namespace_ends
parent_dies
ends_itself rlimit self
ends_itself timer -
# What follows has names of functions in its text, which a busy machine finds late.
stop_tracer target.out
by_oom_killer
for name in target.jsonl kprobes.jsonl machine.jsonl; do
	stop_tracer $name
done
end_run
