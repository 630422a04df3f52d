# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by the scripts of this folder; to be sourced.

CACHE=${OOMTRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/oomtrace}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$2"; exit "$1"; }

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
	local suite=$1 tool=$2 dir=$CACHE/apt/$1
	shift 2
	"$tool" -q -o Dir::State="$dir/state" -o Dir::Cache="$dir/cache" -o Dir::State::status=/dev/null \
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Acquire::Languages=none -o APT::Architecture=amd64 -o APT::Sandbox::User= "$@"
}

# Fetches the index of a suite, at most once a day.
suite_update() {
	local dir=$CACHE/apt/$1 kind=debian
	[ -z "$(find "$dir/updated" -mtime -1 2>/dev/null)" ] || return 0
	case $1 in *-security) kind=security ;; esac
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
		"$(mirror $kind)" "$1" >"$dir/sources.list"
	suite_apt "$1" apt-get update >"$dir/update.log" 2>&1 && ! grep -q '^[EW]:' "$dir/update.log" ||
		{ cat "$dir/update.log" >&2; return 1; }
	touch "$dir/updated"
}

# An entry of the cache is good if it was finished (its manifest is written last) and its files
# still have the sizes that they had then. Contents were checked when they came; a torn write or a
# full disk changes a size.
entry_good() { [ -f "$1/MANIFEST" ] && [ "$(manifest "$1")" = "$(cat "$1/MANIFEST")" ]; }
entry_finish() { manifest "$1" >"$1/MANIFEST.new" && sync "$1/MANIFEST.new" && mv "$1/MANIFEST.new" "$1/MANIFEST"; }
manifest() { (cd "$1" && find . -type f ! -name 'MANIFEST*' -printf '%p %s\n' | LC_ALL=C sort); }
