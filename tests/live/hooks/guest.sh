#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the programs in the kernel must not miss, each in a cgroup of its own. For each scenario NAME it leaves in $OUT
# NAME.json, .err and .code of oomtrace, NAME.events (memory.events), and what the scenario's own programs said.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh

stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

trace() {
	start_trace "$@"
	case "$*" in
	*--no-usage*) ;;
	*--cgroup*) until_true "usage in $name" has "$OUT/$name.json" '"type":"usage"' ;;
	esac
}

# hog NAME MIB: until it is killed
hog() {
	in_cgroup "$1" ./limits-workload loop "$2"
	wait $pid
}

# Ends of processes: the code that wait(2) gives, once each.
exits() {
	mkdir $TOP/exits
	echo 64M >$TOP/exits/memory.max
	trace exits --cgroup /exits --no-usage
	for kind in zombie zombie-code zombie-hog code threads threads threads threads threads threads; do
		./exits $TOP/exits $kind >>"$OUT/exits.who"
	done
	until_true 'the ends' has "$OUT/exits.json" '"type":"exit"' 8
	end_trace
}

# Held back by memory.high, where the kernel doesn't count stalls: psi=1 isn't on its command line.
throttle() {
	mkdir $TOP/throttle
	cat /proc/pressure/memory >"$OUT/throttle.psi" 2>/dev/null
	echo 16M >$TOP/throttle/memory.high
	trace throttle --cgroup /throttle
	from=$(cut -d' ' -f1 /proc/uptime)
	in_cgroup throttle ./limits-workload loop 24
	until_true 'being held back' has "$OUT/throttle.json" '"kind":"throttle"' 5
	kill -KILL $pid
	wait $pid
	echo "$from $(cut -d' ' -f1 /proc/uptime)" >"$OUT/throttle.took"
	end_trace
}

# A limit is lowered below usage, many others are written, and then something grows into it.
forgotten() {
	mkdir $TOP/forgotten $TOP/many
	echo +memory >$TOP/many/cgroup.subtree_control
	trace forgotten
	exec 7</dev/vda # or its cache goes when dd ends
	in_cgroup forgotten dd if=/dev/vda of=/dev/null bs=1M count=40
	wait $pid
	cat $TOP/forgotten/memory.current >"$OUT/forgotten.usage"
	echo 16M >$TOP/forgotten/memory.max
	exec 7<&-
	i=0
	while [ $i -lt 1200 ]; do
		mkdir $TOP/many/$i
		echo 64M >$TOP/many/$i/memory.max
		i=$((i + 1))
	done
	hog forgotten 32
	until_true 'the kill' has "$OUT/forgotten.json" '"type":"oom"'
	end_trace
	rmdir $TOP/many/* $TOP/many
}

# A limit is lowered before anybody looks, and then something grows into it.
before() {
	mkdir $TOP/before
	echo 64M >$TOP/before/memory.max
	echo 16M >$TOP/before/memory.max
	trace before --cgroup /before --no-usage
	hog before 32
	until_true 'the kill' has "$OUT/before.json" '"type":"oom"'
	end_trace
	./oomtrace report "$OUT/before.json" >"$OUT/before.txt"
}

# Somebody with a cgroup of his own writes its limit as often as he can, and nobody reads meanwhile.
drowned() {
	mkdir $TOP/drowned
	echo +memory >$TOP/drowned/cgroup.subtree_control
	mkdir $TOP/drowned/his $TOP/drowned/hog
	echo 8M >$TOP/drowned/hog/memory.max
	trace drowned --cgroup /drowned --no-usage
	kill -STOP $tracer
	until_true 'oomtrace to stop' stopped $tracer
	./writes 3000 $TOP/drowned/his/memory.max 100M 101M || fail 'writes'
	for i in 1 2 3 4 5; do
		hog drowned/hog 16
	done
	kill -CONT $tracer
	until_true 'the kills' has "$OUT/drowned.json" '"type":"oom"' 5
	end_trace
}

# Writes that change nothing: a few are told, the others are counted.
vain() {
	mkdir $TOP/vain
	echo 100M >$TOP/vain/memory.max
	trace vain --cgroup /vain --no-usage
	./writes 5000 $TOP/vain/memory.max 100M || fail 'writes'
	echo 101M >$TOP/vain/memory.max
	until_true 'the last write' has "$OUT/vain.json" '"new[a-z_]*":105906176'
	end_trace
}

exits
throttle
forgotten
before
drowned
vain
echo "done"
