#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_docs.sh OOMTRACE
# The options of `oomtrace --help`, of the man page and of the bash completion are the same.
set -u
export LC_ALL=C

if [[ $# -ne 1 || ! -x $1 ]]; then
	echo "usage: $0 PATH-OF-OOMTRACE" >&2
	exit 2
fi
binary=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 1
completion=$root/scripts/completion/oomtrace.bash
failed=0

# Each lists "-l, --long ARG" or "--long ARG" lines, sorted. $command: none, or "report".
help_options() {
	# shellcheck disable=SC2086  # none is no word
	COLUMNS=40 "$binary" $command --help | sed -nE 's/^  (    |(-[A-Za-z], ))(--[a-z].*)$/\2\3/p' | sort
}

# $1: "hidden" for the subsection "For testing", "shown" for all others.
man_options() {
	awk -v want="$1" '
		/^\.S[hs] / { section = $0 == ".Ss For testing" ? "hidden" : "shown" }
		/^\.It Fl / && section == want' "$man_page" |
		sed -E 's/^\.It //; s/Fl -/--/; s/Fl ([A-Za-z]) , /-\1, /; s/ Ar / /' | sort
}

completion_options() {
	(
		# shellcheck source=/dev/null
		source "$completion"
		# shellcheck disable=SC2034
		COMP_WORDS=(oomtrace ${command:+"$command"} '') COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_oomtrace
		printf '%s\n' "${COMPREPLY[@]}"
	) | sort
}

# "-l, --long ARG" to "-l" and "--long"
words() {
	sed -E 's/ [^-].*//; s/, /\n/' | sort
}

# compare WHAT-A LIST-A WHAT-B LIST-B
compare() {
	local missing_b missing_a

	if [[ -z $2 || -z $4 ]]; then
		echo "FAIL: no options found in $([[ -z $2 ]] && echo "$1" || echo "$3")"
		failed=1
		return
	fi
	missing_b=$(comm -23 <(echo "$2") <(echo "$4"))
	missing_a=$(comm -13 <(echo "$2") <(echo "$4"))
	if [[ -n $missing_b ]]; then
		printf 'FAIL: in %s but not in %s:\n%s\n' "$1" "$3" "$missing_b"
		failed=1
	fi
	if [[ -n $missing_a ]]; then
		printf 'FAIL: in %s but not in %s:\n%s\n' "$3" "$1" "$missing_a"
		failed=1
	fi
}

options=0
for command in '' report; do
	man_page=$root/docs/oomtrace${command:+-$command}.8
	in_help=$(help_options)
	compare "--help${command:+ of $command}" "$in_help" "the man page" "$(man_options shown)"
	compare "--help${command:+ of $command}" "$(words <<<"$in_help")" "the completion" "$(completion_options)"
	options=$((options + $(wc -l <<<"$in_help")))
	if command -v mandoc >/dev/null; then
		if ! mandoc -Tlint -Wwarning "$man_page"; then
			echo "FAIL: mandoc -Tlint $man_page"
			failed=1
		fi
	else
		echo "SKIP: mandoc -Tlint: mandoc is not installed"
	fi
done
man_page=$root/docs/oomtrace.8 command=''

# What is in the man page only must exist all the same.
while read -r option _; do
	[[ -n $option ]] || continue
	if ! "$binary" "$option" --help >/dev/null 2>&1; then
		echo "FAIL: in the man page but not accepted: $option"
		failed=1
	fi
done < <(man_options hidden)

((failed)) || echo "ok: $options options agree in --help, man page and completion"
exit "$failed"
