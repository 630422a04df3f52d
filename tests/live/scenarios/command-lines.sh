# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
#
# Runs of oomtrace that end by themselves, most of them with an error; to be read in after guest-lib.sh.

# A disk without room: the trace goes on without the recording.
full_disk() {
	mkdir -p /full
	mount -t tmpfs -o size=64k none /full
	dd if=/dev/zero of=/full/rest bs=4k 2>"$OUT/full-dd.err"
	cli record-full "$BIN" --duration 1s --record /full/rec
	wc -c </full/rec >"$OUT/cli/record-full.size"
	umount /full
}

# Needs a real kernel, but no OOM.
command_lines() {
	SCENARIO=cli
	cli plan-json "$BIN" --dry-run --output json
	cli plan-text "$BIN" --dry-run
	cli plan-kprobes "$BIN" --dry-run --force-kprobes --output json
	cli duration "$BIN" --duration 1s --output json
	cli no-root "$WORK" -u 1000 exec "$BIN"
	cli no-cap-bpf "$WORK" drop-caps 39,21 "$BIN"
	cli no-cap-perfmon "$WORK" drop-caps 38,21 "$BIN"
	cli caps-enough "$WORK" drop-caps 21 "$BIN" --duration 100ms --output json
	cli cgroup-outside "$BIN" --cgroup /proc
	cli cgroup-dots "$BIN" --cgroup "$CG/system.slice/.."
	cli cgroup-missing "$BIN" --cgroup "$CG/not-there"
	cli pid-missing "$BIN" --pid 4000000
	cli container-missing "$BIN" --container no-such-container
	cli until-exit-machine "$BIN" --until-exit
	# shellcheck disable=SC2016  # $BIN is for the inner shell
	cli few-files env BIN="$BIN" sh -c 'ulimit -n 16; exec "$BIN" --duration 1s --output json'
	# As crun sets it, on the container's scope and on the cgroup of its processes; and as nobody but the user does.
	make_cgroup inner 64M
	delegate inner
	make_cgroup inner/container 64M
	cli crun-limits "$BIN" --cgroup "$CG/inner" --set-max 128M --duration 1s
	expect crun-limit "$(cat "$CG/inner/container/memory.max")"
	rmdir "$CG/inner/container"
	make_cgroup inner/part 32M
	cli inner-limits "$BIN" --cgroup "$CG/inner" --set-max 128M --duration 1s
	rmdir "$CG/inner/part" "$CG/inner"
	# shellcheck disable=SC2016  # $BIN is for the inner shell
	cli stdout-closed env BIN="$BIN" OUT="$OUT" sh -c '
		{ "$BIN" --duration 2s --output json; echo $? >"$OUT/cli/stdout-closed-self.rc"; } |
			head -n 1'
	full_disk
	cli record-exists "$BIN" --duration 1s --record "$OUT/expect.jsonl"
	# As a container that shares the folder would: what they lead to must stay as it is.
	echo precious >/tmp/led-to
	ln -s /tmp/led-to /tmp/link
	cli record-link "$BIN" --duration 1s --record /tmp/link
	cli folded-link "$BIN" --duration 1s --folded /tmp/link
	cp /tmp/led-to "$OUT/cli/led-to.out"
	# shellcheck disable=SC2016
	cli disk-full env BIN="$BIN" sh -c '"$BIN" --duration 1s --output json >/dev/full'
	# shellcheck disable=SC2016
	cli disk-full-plan env BIN="$BIN" sh -c '"$BIN" --dry-run >/dev/full'
	if mount -t tmpfs none /sys/kernel/btf; then
		cli no-btf "$BIN"
		umount /sys/kernel/btf
	fi
	SCENARIO=
}

# The last of all: it can't be undone, and takes the kernel's memory from programs that are attached.
locked_down() {
	SCENARIO=cli
	mount -t securityfs none /sys/kernel/security
	echo confidentiality >/sys/kernel/security/lockdown
	cli locked-down "$BIN"
	SCENARIO=
}
