#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs vm.sh's command inside the guest, of either kind, and sends home what it left.
cd /oomtrace || exit
export OUT=/oomtrace/out
export GCOV_PREFIX=$OUT/coverage # of a program that make coverage has built
mkdir -p "$OUT"
# This must outlive what is tested: an OOM of the whole machine.
echo -1000 >/proc/self/oom_score_adj
stty -F /dev/ttyS1 raw -echo # lines end as they do in a file
(
	echo 0 >/proc/self/oom_score_adj
	exec sh /oomtrace/.command
) </dev/null >/dev/ttyS1 2>&1
echo $? >status
# util-linux takes all the kernel has by itself; busybox must be told how much that may be.
if [ -d /run/systemd ]; then dmesg; else dmesg -s 16777216; fi >dmesg.log
# The verdict goes last: whoever finds it has all the rest.
tar -cf /dev/vda out dmesg.log status && sync
poweroff -f
