# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by the scripts of this folder; to be sourced before any change of directory.

PATH=$PATH:/usr/sbin:/sbin # not in everybody's, and mke2fs, mkswap, modprobe and depmod are there
CACHE=${XDG_CACHE_HOME:-~/.cache}/oomtrace
CACHE=$(realpath -m "${OOMTRACE_CACHE:-$CACHE}")

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$2"; exit "$1"; }

# Ends the script if the program that guests run isn't built; in the top folder.
need_static() {
	[ -x build/static/oomtrace ] || die 1 "there is no build/static/oomtrace; 'make STATIC=1' builds it"
}

# The Debian mirror this machine uses itself, so that proxies and local mirrors keep working.
# $1: debian or security.
mirror() {
	local override=OOMTRACE_MIRROR pattern='/debian/?$'
	if [ "$1" = security ]; then
		override=OOMTRACE_SECURITY_MIRROR
		pattern='/debian-security/?$'
	fi
	if [ -n "${!override:-}" ]; then
		printf '%s\n' "${!override}"
		return
	fi
	# shellcheck disable=SC2016 # $(REPO_URI) is apt's
	apt-get indextargets --format '$(REPO_URI)' | grep -E "$pattern" | sort -u | head -n 1 | grep . ||
		die 1 "apt knows no Debian $1 mirror; set $override to its address"
}

# apt with lists and state of its own, for one suite: it verifies signatures and checksums, and
# the machine's own configuration of sources stays as it is. $1: suite, the rest: an apt command.
suite_apt() {
	local dir=$CACHE/apt/$1 tool=$2
	shift 2
	"$tool" -q -o Dir::State="$dir/state" -o Dir::Cache="$dir/cache" -o Dir::State::status=/dev/null \
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=20 \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User= "$@"
}

# Fetches the index of a suite, at most once a day. Returns 4 if the mirror has no such suite, 1 if
# the mirror could not be asked.
suite_update() {
	local dir=$CACHE/apt/$1 kind=debian uri
	[ -z "$(find "$dir/updated" -mtime -1 2>/dev/null)" ] || return 0
	case $1 in *-security) kind=security ;; esac
	uri=$(mirror $kind) || return 1
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
		"$uri" "$1" >"$dir/sources.list"
	# apt calls a source that it could not reach a warning, and goes on with the old index.
	if suite_apt "$1" apt-get update >"$dir/update.log" 2>&1 && ! grep -q '^[EW]:' "$dir/update.log"; then
		touch "$dir/updated"
	elif grep -q ' 404 ' "$dir/update.log"; then
		return 4
	else
		grep '^[EW]:' "$dir/update.log" >&2
		return 1
	fi
}

# An entry of the cache is a folder that gets its manifest, and then its name, when all else is in
# place: what is half written is never taken for good, and what was damaged later is noticed. That
# the contents are Debian's was checked by apt when they came; against accidents a CRC is enough,
# and it costs a tenth of a second.
entry_good() { [ -f "$1/MANIFEST" ] && [ "$(cd "$1" && manifest)" = "$(cat "$1/MANIFEST")" ]; }
entry_finish() { (cd "$1" && manifest >MANIFEST && sync -f .); }
manifest() { find . -type f ! -name MANIFEST -print0 | LC_ALL=C sort -z | xargs -0 cksum; }
