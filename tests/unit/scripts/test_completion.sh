#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a runtime calls its containers is offered by each shell's completion; what is no name is neither run nor shown.
set -u
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/completion" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
mkdir bin
cat >bin/docker <<-'SH'
	#!/bin/sh
	printf '%s\n' web web-2 we 'we$(touch ran)b' 'we`touch ran`b' "we'b;touch ran" 'we b:c' '-we' 'wé' '' \
		"$(printf 'we\033]0;x\007')"
SH
printf '#!/bin/sh\nprintf "we.b\\n"\n' >bin/podman
chmod +x bin/*
PATH=$PWD/bin:$PATH
want=$'we\nwe.b\nweb\nweb-2'
failed=0

check() { # SHELL COMMAND...
	local shell=$1 got
	shift
	if ! command -v "$shell" >/dev/null; then
		echo "SKIP $shell isn't installed"
		return
	fi
	got=$("$@" 2>&1 | sort)
	if [[ $got != "$want" ]]; then
		printf 'FAIL %s offers: %q\n' "$shell" "$got"
		failed=1
	fi
	if [[ -e ran ]]; then
		echo "FAIL $shell ran what was in a name"
		failed=1
		rm ran
	fi
}

# shellcheck disable=SC2016 # each shell expands its own
check bash bash --norc -c '. "$1"; COMP_WORDS=(oomtrace -c we) COMP_CWORD=2; _oomtrace
	printf "%s\n" "${COMPREPLY[@]}"' - "$scripts/oomtrace.bash"
# shellcheck disable=SC2016
check zsh zsh -f -c 'source =(sed "s/^_oomtrace \"\$@\"$//" "$1"); _describe() { print -rl -- $names }
	_oomtrace_containers' - "$scripts/_oomtrace"
check fish fish --no-config -c "source '$scripts/oomtrace.fish'; complete -C 'oomtrace -c we' | cut -f1"

# offers WANTED LINE: what each shell makes of a command line's last word; WANTED are words in the order of sort(1).
offers() {
	want=$(tr ' ' '\n' <<<"$1")
	# shellcheck disable=SC2016
	check bash bash --norc -c '. "$1"; read -ra COMP_WORDS <<<"$2"; [[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _oomtrace 2>/dev/null; printf "%s\n" "${COMPREPLY[@]}"' \
		- "$scripts/oomtrace.bash" "$2"
	check fish fish --no-config -c "source '$scripts/oomtrace.fish'; complete -C '$2' | cut -f1"
}

cd bin || exit 1 # no file's name begins like a command
offers 'report' 'oomtrace r'
offers 'service show' 'oomtrace s'
offers 'list report service show' 'oomtrace help '
offers '--store --store-age --store-size' 'oomtrace service --st'
offers 'last' 'oomtrace show la'
offers 'json text' 'oomtrace list --output '
# zsh's own functions need a terminal: what they are asked for is looked at.
zsh_asks() { # WORD... : of the command line, the last one empty
	# shellcheck disable=SC2016
	zsh -f -c 'source =(sed "s/^_oomtrace \"\$@\"$//" "$1"); shift; _arguments() { print -rl -- "$@" }
		_values() { print -rl -- "$@" }; words=("$@"); CURRENT=$#; _oomtrace' - "$scripts/_oomtrace" "$@"
}
zsh_has() { # PATTERN WORD...
	local pattern=$1
	shift
	command -v zsh >/dev/null || return 0
	zsh_asks "$@" | grep -qE -- "$pattern" || {
		echo "FAIL zsh: $* asks for no $pattern"
		failed=1
	}
}
zsh_has '^1::command:\(report list show service help\)$' oomtrace ''
zsh_has '^--store\[' oomtrace service ''
zsh_has '^--format\}|--format' oomtrace show ''
zsh_has '^--store\[' oomtrace show ''
zsh_has '^1::which:\(last\)$' oomtrace show ''
zsh_has '^\*:recording or kernel log:_files$' oomtrace report ''
zsh_has '^--output\[.*\(text json\)$' oomtrace list ''
zsh_has '^service$' oomtrace help ''
[[ $failed == 0 ]] && echo 'test_completion: all as it should be'
exit $failed
