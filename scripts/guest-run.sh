#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs vm.sh's command inside the guest, of either kind, and sends home what it left.
cd /oomtrace || exit
export OUT=/oomtrace/out
mkdir -p "$OUT"
# The job must outlive what it tests: an OOM of the whole machine.
echo -1000 >/proc/self/oom_score_adj
(
	echo 0 >/proc/self/oom_score_adj
	sh /oomtrace/.command
) </dev/null >/dev/ttyS1 2>&1
code=$?
if [ -d /run/systemd ]; then dmesg; else dmesg -s 16777216; fi >"$OUT/dmesg.log"
echo $code >"$OUT/status"
tar -cf /dev/vda -C "$OUT" .
sync
echo 'oomtrace-vm: done' >/dev/ttyS0
poweroff -f
