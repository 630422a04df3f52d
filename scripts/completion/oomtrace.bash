# SPDX-License-Identifier: GPL-2.0-only
# bash completion for oomtrace(8); needs bash 4.4 or newer, and nothing from bash-completion.
# shellcheck shell=bash

# Names of the running containers; a daemon that hangs must not hang the shell, and one that lies must
# not write to the terminal.
_oomtrace_containers() {
	local runtime

	for runtime in docker podman; do
		command -v "$runtime" >/dev/null 2>&1 || continue
		timeout 1 "$runtime" ps --format '{{.Names}}' 2>/dev/null </dev/null |
			LC_ALL=C grep -xE '[A-Za-z0-9][A-Za-z0-9_.-]*'
	done
}

# The cgroups one level below what is typed so far.
_oomtrace_cgroups() {
	local root=/sys/fs/cgroup current=$1 dir

	if [[ $root/ == "$current"* ]]; then
		current=$root/
	fi
	[[ $current == "$root"/* ]] || return 0
	for dir in "$current"*/; do
		[[ -d $dir ]] && printf '%s\n' "$dir"
	done
}

_oomtrace_pids() {
	local dir

	for dir in /proc/[0-9]*/; do
		dir=${dir#/proc/}
		printf '%s\n' "${dir%/}"
	done
}

# Offer those of the lines on stdin that begin with $1, quoted for the shell. Names come from
# outside: compgen -W would expand them.
_oomtrace_offer() {
	local word line

	word=$1
	while IFS= read -r line; do
		[[ $line == "$word"* ]] || continue
		printf -v line '%q' "$line"
		COMPREPLY+=("$line")
	done
}

_oomtrace_report() {
	local -a options=(
		-f --format
		-o --output
		--no-summary
		--summary
		--compare
		--brief
		-v --verbose
		--color
		--check
		--time
		--since
		--until
		--cgroup
		--kill
		-h --help
	)

	case $2 in
	--color) _oomtrace_offer "$1" < <(printf '%s\n' auto always never) ;;
	--time) _oomtrace_offer "$1" < <(printf '%s\n' utc local) ;;
	-f | --format) _oomtrace_offer "$1" < <(printf '%s\n' text json jsonl html csv chrome-trace folded) ;;
	--since | --until | --kill) ;;
	*)
		if [[ $1 == -* || -z $1 ]] && [[ $2 != -o && $2 != --output && $2 != --cgroup ]]; then
			_oomtrace_offer "$1" < <(printf '%s\n' "${options[@]}")
		fi
		compopt -o default 2>/dev/null # files
		;;
	esac
}

# Recordings, and the options of "oomtrace list".
_oomtrace_list() {
	case $2 in
	--output) _oomtrace_offer "$1" < <(printf '%s\n' text json) ;;
	--color) _oomtrace_offer "$1" < <(printf '%s\n' auto always never) ;;
	--time) _oomtrace_offer "$1" < <(printf '%s\n' utc local) ;;
	--since | --until) _oomtrace_offer "$1" < <(printf '%s\n' 1h 24h 168h) ;;
	*)
		if [[ $1 == -* || -z $1 ]]; then
			_oomtrace_offer "$1" < <(printf '%s\n' --output --color --time --since --until -h --help)
		fi
		compopt -o default 2>/dev/null # files
		;;
	esac
}

_oomtrace_service() {
	case $2 in
	-c | --container) _oomtrace_offer "$1" < <(_oomtrace_containers) ;;
	-g | --cgroup)
		_oomtrace_offer "$1" < <(_oomtrace_cgroups "$1")
		compopt -o nospace 2>/dev/null
		;;
	--store) compopt -o default 2>/dev/null ;;
	--store-size) _oomtrace_offer "$1" < <(printf '%s\n' 64M 256M 1G max) ;;
	--store-age) _oomtrace_offer "$1" < <(printf '%s\n' 168h 720h) ;;
	--on-oom) compopt -o default 2>/dev/null ;;
	--hook-time) _oomtrace_offer "$1" < <(printf '%s\n' 10s 30s 5m) ;;
	--color) _oomtrace_offer "$1" < <(printf '%s\n' auto always never) ;;
	--time) _oomtrace_offer "$1" < <(printf '%s\n' utc local) ;;
	*)
		_oomtrace_offer "$1" < <(printf '%s\n' -c --container -g --cgroup --store --store-size --store-age --on-oom --hook-time --kernel-log \
			--on-near-limit --no-snapshot --freeze --color --time \
			-v --verbose --check -h --help)
		;;
	esac
}

_oomtrace() {
	local current=${COMP_WORDS[COMP_CWORD]} previous='' i
	local -a options=(
		-c --container
		-g --cgroup
		-p --pid
		--all
		--ramp
		--set-max
		--find-min
		--hold
		--interactive
		--keep
		--restore
		-o --output
		--stacks
		--folded
		-r --record
		--record-size
		--keep-files
		--no-usage
		--kernel-log
		--duration
		--until-exit
		--wait
		--on-oom
		--on-near-limit
		--snapshot
		--freeze
		--hook-time
		--dry-run
		--ring-size
		--brief
		--color
		--time
		-v --verbose
		-V --version
		-h --help
	)

	COMPREPLY=()
	((COMP_CWORD > 0)) && previous=${COMP_WORDS[COMP_CWORD - 1]}
	# "--output=js" is three words to bash: "--output", "=" and "js".
	if [[ $current == = ]]; then
		current=''
	elif [[ $previous == = ]] && ((COMP_CWORD > 1)); then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	if ((COMP_CWORD > 1)); then
		case ${COMP_WORDS[1]} in
		report)
			_oomtrace_report "$current" "$previous"
			return
			;;
		list)
			_oomtrace_list "$current" "$previous"
			return
			;;
		service)
			_oomtrace_service "$current" "$previous"
			return
			;;
		help)
			((COMP_CWORD != 2)) || _oomtrace_offer "$current" < <(printf '%s\n' report list show service)
			return
			;;
		show)
			_oomtrace_report "$current" "$previous"
			_oomtrace_offer "$current" < <(printf '%s\n' --store)
			((COMP_CWORD != 2)) || _oomtrace_offer "$current" < <(printf '%s\n' last)
			return
			;;
		esac
	fi

	case $previous in
	--color) _oomtrace_offer "$current" < <(printf '%s\n' auto always never) ;;
	--time) _oomtrace_offer "$current" < <(printf '%s\n' utc local) ;;
	-r | --record) compopt -o default 2>/dev/null ;;
	--record-size) _oomtrace_offer "$current" < <(printf '%s\n' 10M 100M 1G) ;;
	--keep-files) _oomtrace_offer "$current" < <(printf '%s\n' 7 14 30) ;;
	-c | --container) _oomtrace_offer "$current" < <(_oomtrace_containers) ;;
	-g | --cgroup)
		_oomtrace_offer "$current" < <(_oomtrace_cgroups "$current")
		compopt -o nospace 2>/dev/null
		;;
	-p | --pid) _oomtrace_offer "$current" < <(_oomtrace_pids) ;;
	-o | --output) _oomtrace_offer "$current" < <(printf '%s\n' text json) ;;
	--folded | --on-oom) compopt -o default 2>/dev/null ;;
	--hook-time) _oomtrace_offer "$current" < <(printf '%s\n' 10s 30s 5m) ;;
	--duration) _oomtrace_offer "$current" < <(printf '%s\n' 10s 30s 1m 5m 1h) ;;
	--ring-size) _oomtrace_offer "$current" < <(printf '%s\n' 256K 1M 4M 16M 64M) ;;
	*)
		for ((i = 1; i < COMP_CWORD; i++)); do
			[[ ${COMP_WORDS[i]} == -- ]] && return
		done
		((COMP_CWORD != 1)) || _oomtrace_offer "$current" < <(printf '%s\n' report list show service help)
		_oomtrace_offer "$current" < <(printf '%s\n' "${options[@]}")
		;;
	esac
}

complete -F _oomtrace oomtrace
