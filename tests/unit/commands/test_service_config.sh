#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_service_config.sh OOMTRACE
# The configuration of oomtrace service: which files count, which line of them, and what is said of a fault.
set -u
export LC_ALL=C
unset COLUMNS
umask 022

oomtrace=$(realpath "$1")
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0 checks=0

# file PATH LINE...
file() {
	local path=$tmp/$1
	shift
	mkdir -p "$(dirname "$path")"
	printf '%s\n' "$@" >"$path"
}

# expect CODE PATTERN OPTION...: as in test_list.sh, with the configuration's folder left out.
expect() {
	local code=$1 pattern=$2 said got
	shift 2
	said=$("$oomtrace" service --check --config-root "$tmp" "$@" 2>&1 </dev/null)
	got=$?
	said=${said//"$tmp"/}
	said=${said//$'\n'/\~}
	checks=$((checks + 1))
	if [[ $got != "$code" ]] || ! grep -qE "$pattern" <<<"$said"; then
		printf 'FAIL: line %s: %s, expected %s and %s:\n%s\n' "${BASH_LINENO[0]}" "$got" "$code" "$pattern" "$said"
		failed=1
	fi
}

# A snapshot, which is on, goes with targets, too; what doesn't is said by --check.
expect 0 '^# the command line~container = web.*~#cgroup =~' --container web
expect 2 'kernel-log is of the whole machine' --container web --kernel-log
expect 2 'freeze needs' --freeze --no-snapshot
expect 0 '^# not set~#container =~# not set~#cgroup =~# the default~#store = /var/lib/oomtrace~# the default~#store-size = 256M~# not set~#store-age =~'
# The first main file counts, and no other.
file usr/lib/oomtrace/oomtrace.conf 'store-size = 2M'
expect 0 '# /usr/lib/oomtrace/oomtrace.conf:1~store-size = 2M~'
file run/oomtrace/oomtrace.conf 'store-age = 5h'
expect 0 '#store-size = 256M~# /run/oomtrace/oomtrace.conf:1~store-age = 5h~'
file etc/oomtrace/oomtrace.conf '# words' '' '; words' $' \tstore-size=3M \r' 'kernel-log = yes' 'store-size = 4M'
expect 0 '# /etc/oomtrace/oomtrace.conf:6~store-size = 4M~# not set~#store-age =~.*# /etc/oomtrace/oomtrace.conf:5~kernel-log = yes~'
# Then the others by their names, each once; the command line before all.
file usr/lib/oomtrace/oomtrace.conf.d/20-b.conf 'store-size = 6M'
file etc/oomtrace/oomtrace.conf.d/10-a.conf 'store-size = 5M' 'kernel-log = no'
file etc/oomtrace/oomtrace.conf.d/30-none 'store-size = 9M'
expect 0 '# /usr/lib/oomtrace/oomtrace.conf.d/20-b.conf:1~store-size = 6M~.*10-a.conf:2~kernel-log = no~'
expect 0 '# the command line~store-size = 7M~' --store-size 7M
file run/oomtrace/oomtrace.conf.d/20-b.conf '# hidden'
expect 0 '10-a.conf:1~store-size = 5M~'
ln -sf /dev/null "$tmp/etc/oomtrace/oomtrace.conf.d/10-a.conf"
expect 0 '# /etc/oomtrace/oomtrace.conf:6~store-size = 4M~'
# An empty value: the default again.
file etc/oomtrace/oomtrace.conf.d/40.conf 'store-size ='
expect 0 '# the default~#store-size = 256M'
rm "$tmp/etc/oomtrace/oomtrace.conf.d/40.conf"
# What it prints is a configuration.
"$oomtrace" service --check --config-root "$tmp" --time local >"$tmp/printed"
mv "$tmp/printed" "$tmp/etc/oomtrace/oomtrace.conf"
expect 0 'store-size = 4M~.*kernel-log = yes~.*time = local~'

# Targets add up, those of the command line too, until an empty value takes them back.
file etc/oomtrace/oomtrace.conf 'container = web-*' 'cgroup = /a' 'container = shop/*'
expect 0 'conf:1~container = web-\*~# /etc/oomtrace/oomtrace.conf:3~container = shop/\*~# the command line~container = db~# /etc/oomtrace/oomtrace.conf:2~cgroup = /a~' -c db
file etc/oomtrace/oomtrace.conf.d/40.conf 'container =' 'container = late'
expect 0 '^# /etc/oomtrace/oomtrace.conf.d/40.conf:2~container = late~# /etc/oomtrace/oomtrace.conf:2~cgroup = /a~'
rm "$tmp/etc/oomtrace/oomtrace.conf.d/40.conf"
file etc/oomtrace/oomtrace.conf 'container = web-*' 'kernel-log = yes'
expect 2 "kernel-log is of the whole machine: it doesn't go with container and cgroup"
file etc/oomtrace/oomtrace.conf 'cgroup = /a/../b'
expect 2 "oomtrace.conf:1: cgroup: '/a/../b' is not valid; it takes the path of a cgroup without '..'"

# Faults: all of them, each with its place, and what can be done.
file etc/oomtrace/oomtrace.conf 'store-siz = 1G' 'what' '[Service]' 'Store-Size = 1G' 'store-age = 5' 'kernel-log = maybe' \
	'store-size = 1' 'store-size = 2M' 'check = yes' 'config-root = /' 'help = yes'
expect 2 "oomtrace.conf:1: unknown option 'store-siz'; did you mean 'store-size'\?~"
expect 2 "oomtrace.conf:2: it is no 'NAME = VALUE'"
expect 2 'oomtrace.conf:3: there are no sections: remove this line'
expect 2 "oomtrace.conf:4: what is before '=' is no option's name"
expect 2 "oomtrace.conf:5: store-age: '5' is not valid; it takes a time with its unit"
expect 2 "oomtrace.conf:6: kernel-log: 'maybe' is not valid; it takes 'yes' or 'no'"
expect 2 "oomtrace.conf:7: store-size: '1' is out of range; it takes"
expect 2 "oomtrace.conf:9: unknown option 'check'.*:10: unknown option 'config-root'.*:11: unknown option 'help'"
file etc/oomtrace/oomtrace.conf 'store = a\b'
printf 'store = \033]0;title\n' >"$tmp/etc/oomtrace/oomtrace.conf.d/50.conf"
expect 0 'store = .x1b]0;title'
rm "$tmp/etc/oomtrace/oomtrace.conf.d/50.conf"
printf 'store-size = 1G\0\n' >"$tmp/etc/oomtrace/oomtrace.conf"
expect 2 'oomtrace.conf has a NUL byte in it, and is not read'
file etc/oomtrace/oomtrace.conf $'\xef\xbb\xbfstore-size = 2M'
expect 2 'oomtrace.conf begins with a byte order mark, and is not read'
file etc/oomtrace/oomtrace.conf 'help = yes'
expect 2 "unknown option 'help'; 'oomtrace service --check' lists"
printf '# %070000d\n' 0 >"$tmp/etc/oomtrace/oomtrace.conf"
expect 2 'oomtrace.conf has more than 64 KiB, and is not read'
rm "$tmp/etc/oomtrace/oomtrace.conf"
mkfifo "$tmp/etc/oomtrace/oomtrace.conf"
expect 2 'oomtrace.conf is no regular file, and is not read'
rm "$tmp/etc/oomtrace/oomtrace.conf"
ln -s nowhere "$tmp/etc/oomtrace/oomtrace.conf"
expect 2 "oomtrace.conf can't be opened: No such file or directory"
# At its beginning there is no memory: as of a disk with an error, the rest isn't taken for the whole.
ln -sf /proc/self/mem "$tmp/etc/oomtrace/oomtrace.conf"
expect 2 "oomtrace.conf can't be read: "
rm "$tmp/etc/oomtrace/oomtrace.conf"
mv "$tmp/etc/oomtrace/oomtrace.conf.d" "$tmp/kept"
ln -s oomtrace.conf.d "$tmp/etc/oomtrace/oomtrace.conf.d"
expect 2 "oomtrace.conf.d can't be read: Too many levels of symbolic links"
rm "$tmp/etc/oomtrace/oomtrace.conf.d"
mv "$tmp/kept" "$tmp/etc/oomtrace/oomtrace.conf.d"

# What others can write.
file etc/oomtrace/oomtrace.conf 'store-size = 1G'
chmod g+w "$tmp/etc/oomtrace/oomtrace.conf"
expect 2 "oomtrace.conf can be written by others than its owner, and is not read: 'chown root' it, and 'chmod go-w' it"
chmod g-w "$tmp/etc/oomtrace/oomtrace.conf"
chmod o+w "$tmp/etc/oomtrace"
expect 2 'because its folder can be written by others than its owner'
chmod o-w "$tmp/etc/oomtrace"
expect 0 'store-size = 1G'
if [[ $(id -u) = 0 ]]; then
	chown 1 "$tmp/etc/oomtrace/oomtrace.conf"
	expect 2 'oomtrace.conf belongs to another user than root'
	chown 0 "$tmp/etc/oomtrace/oomtrace.conf"
fi
expect 2 "unknown option '--chek'; did you mean '--check'" --chek

((failed)) || echo "ok: $checks checks"
exit "$failed"
