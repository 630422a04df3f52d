#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_docs.sh OOMTRACE
# The options of `oomtrace --help`, of the man page and of the bash completion are the same; the man pages
# render without a warning; links, names of files and lines of all pages are as check_docs.py wants them.
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
	) | grep -e ^- | sort
}

# Those of the other shells, which need not be here: by what stands in the files.
zsh_options() {
	sed -n "/^_oomtrace${command:+_$command}() {/,/^}/p" "$root/scripts/completion/_oomtrace" |
		sed -nE "s/^.*\{(-[A-Za-z]),(--[a-z-]+)\}.*$/\1\n\2/p; s/^\t+'(--[a-z-]+)\[.*$/\1/p" | sort
}

fish_options() {
	grep -E "^complete -c oomtrace( -n \\\$${command:-trace})?( -s .)? -l" "$root/scripts/completion/oomtrace.fish" |
		sed -E 's/^.* -s (.) .*-l ([a-z-]+) .*$/-\1\n--\2/; s/^complete.* -l ([a-z-]+) .*$/--\1/' | sort
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

# Nothing that either of the two formatters has to say, matters of style included. The pages refer to
# each other, and to mandoc a page that isn't installed is one that isn't found.
renders_clean() {
	local said

	if command -v mandoc >/dev/null; then
		said=$(mandoc -Tlint -Wall "$1" 2>/dev/null | grep -v 'STYLE: referenced manual not found: Xr ')
		[[ -z $said ]] || fail_with "mandoc -Tlint" "$said"
	else
		echo "SKIP: mandoc -Tlint: mandoc is not installed"
	fi
	if command -v groff >/dev/null; then
		said=$(groff -ww -mdoc -Tutf8 "$1" 2>&1 >/dev/null)
		[[ -z $said ]] || fail_with "groff -ww -mdoc" "$said"
	else
		echo "SKIP: groff -ww -mdoc: groff is not installed"
	fi
}

fail_with() { # WHAT OUTPUT
	printf 'FAIL: %s:\n%s\n' "$1" "$2"
	failed=1
}

# A tree with one fault of each kind: the check must name them all, and nothing else.
check_finds_faults() {
	local tree said

	tree=$(mktemp -d) || exit 1
	mkdir -p "$tree/docs" "$tree/user/base" "$tree/user/output"
	echo 'text_sink__label(sink, "odd"); text_sink__label(sink, "even");' >"$tree/user/output/b.c"
	printf '| word | |\n|---|---|\n| even, more | x |\n' >"$tree/docs/glossary.md"
	cat >"$tree/README.md" <<-'EOF'
		# A page
		[good](docs/other.md#part-2), [bad](docs/none.md), [worse](docs/other.md#none), `docs/other.md`
		`user/none.c` but not `user/base/`.
		```
		[in a block](is/text.md) `user/none.h`
		```
	EOF
	printf '# Part 2\n%0101d\n| %0101d |\n' 1 1 >"$tree/docs/other.md"
	echo '/* docs/none.md, docs/other.md */' >"$tree/user/base/a.c"
	# shellcheck disable=SC2016 # backquotes are the text's own
	printf '| key | |\n|---|---|\n| `a`, `c` | `d` |\n' >"$tree/docs/schema.md"
	# shellcheck disable=SC2016 # so is the dollar sign
	echo '{"$defs": {"x": {"properties": {"a": {}, "b": {"properties": {"d": {}}}}}}}' >"$tree/docs/schema.json"
	said=$(python3 -B "$check" "$tree") && fail_with "check_docs.py" "passes a tree with faults"
	diff - <(printf '%s\n' "$said") <<-'EOF' || fail_with "check_docs.py" "finds other faults than there are"
		README.md: links to docs/none.md, which does not exist
		README.md: links to docs/other.md#none, which has no such heading
		README.md: names user/none.c, which does not exist
		docs/other.md: line 2 has 101 columns
		user/base/a.c: names docs/none.md, which does not exist
		docs/schema.md: lacks b of schema.json
		docs/schema.md: has c, which schema.json lacks
		docs/glossary.md: lacks 'odd', a label of the text
	EOF
	rm -rf "$tree"
}

check=$root/tests/unit/scripts/check_docs.py
check_finds_faults
python3 -B "$check" "$root" || failed=1
python3 -B "$root/tests/unit/scripts/check_examples.py" "$binary" "$root/tests/golden/incident.jsonl" \
	"$root/README.md" "$root/docs/incident.md" "$root/docs/report.md" || failed=1

options=0
for command in '' report list service; do
	man_page=$root/docs/oomtrace${command:+-$command}.8
	in_help=$(help_options)
	compare "--help${command:+ of $command}" "$in_help" "the man page" "$(man_options shown)"
	compare "--help${command:+ of $command}" "$(words <<<"$in_help")" "the completion" "$(completion_options)"
	compare "--help${command:+ of $command}" "$(words <<<"$in_help")" "zsh's completion" "$(zsh_options)"
	compare "--help${command:+ of $command}" "$(words <<<"$in_help")" "fish's completion" "$(fish_options)"
	options=$((options + $(wc -l <<<"$in_help")))
	renders_clean "$man_page"
done
man_page=$root/docs/oomtrace.8 command=''

# show has the report's options, and its own.
show_completed() {
	(
		# shellcheck source=/dev/null
		source "$completion"
		# shellcheck disable=SC2034
		COMP_WORDS=(oomtrace show web '') COMP_CWORD=3
		_oomtrace
		printf '%s\n' "${COMPREPLY[@]}"
	) | grep -e ^- | sort
}
own=$("$binary" show --help | sed -nE 's/^ +(-[a-z], )?(--[a-z-]+).*/\2/p' | grep -vx -e --help)
compare "the options of show" "$({ command=report help_options | words; echo "$own"; } | sort)" "the completion" \
	"$(show_completed)"
for option in $own; do
	grep -q -- "^\.Cm $option " "$root/docs/oomtrace-list.8" || fail_with "option of show in no man page" "$option"
	sed -n '/^_oomtrace_report() {/,/^}/p' "$root/scripts/completion/_oomtrace" | grep -q -- "'$option\[" || fail_with "option of show not in zsh's" "$option"
	grep -q -- "does show' -l ${option#--} " "$root/scripts/completion/oomtrace.fish" ||
		fail_with "option of show not in fish's" "$option"
done

# make help has each target that is for people.
targets=$(sed -nE 's/^\.PHONY: //p' "$root/Makefile" | tr ' ' '\n' | grep -vx tools | sort)
compare "make's targets" "$targets" "make help" "$(make -s -C "$root" help | grep -oE '^[a-z-]+ ' | tr -d ' ' | sort)"

# All formats of a report that there are, as the error for one that there isn't lists them.
completed_formats() {
	(
		# shellcheck source=/dev/null
		source "$completion"
		# shellcheck disable=SC2034
		COMP_WORDS=(oomtrace report --format '') COMP_CWORD=3
		_oomtrace
		printf '%s\n' "${COMPREPLY[@]}"
	) | sort
}
compare "the formats of a report" "$("$binary" report --format '' 2>&1 | grep -oE "'[a-z-]+'" | tr -d "'" |
	grep -vx oomtrace | sort)" "the completion" "$(completed_formats)"

# What is in the man page only must exist all the same.
while read -r option _; do
	[[ -n $option ]] || continue
	if ! "$binary" "$option" --help >/dev/null 2>&1; then
		echo "FAIL: in the man page but not accepted: $option"
		failed=1
	fi
done < <(man_options hidden)

((failed)) || echo "ok: $options options agree in --help, man page and completion; man pages and links are good"
exit "$failed"
