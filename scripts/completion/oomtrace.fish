# SPDX-License-Identifier: GPL-2.0-only
# fish completion for oomtrace(8). A unit test holds the options against --help.

# Names of the running containers; a daemon that hangs must not hang the shell, and one that lies must
# not write to the terminal.
function __oomtrace_containers
	for runtime in docker podman
		command -q $runtime; and timeout 1 $runtime ps --format '{{.Names}}' 2>/dev/null </dev/null |
			LC_ALL=C grep -xE '[A-Za-z0-9][A-Za-z0-9_.-]*'
	end
end

function __oomtrace_does
	set -l words (commandline -opc)
	test (count $words) -gt 1; and contains -- "$words[2]" $argv
end

set -l trace 'not __oomtrace_does report list show service help'
set -l first 'test (count (commandline -opc)) -eq 1'
set -l second 'test (count (commandline -opc)) -eq 2'
complete -c oomtrace -n $trace -f
complete -c oomtrace -n $first -a report -d 'report from recordings and kernel logs'
complete -c oomtrace -n $first -a list -d 'the incidents of the service'
complete -c oomtrace -n $first -a show -d 'one incident of the service'
complete -c oomtrace -n $first -a service -d 'trace always, and keep incidents'
complete -c oomtrace -n $first -a help -d 'the help of a command'
complete -c oomtrace -n "__oomtrace_does help; and $second" -f -a 'report list show service'
complete -c oomtrace -n "__oomtrace_does show; and $second" -a last -d 'the latest incident'
complete -c oomtrace -n $trace -s c -l container -x -a '(__oomtrace_containers)' -d 'a container, or a pattern of names'
complete -c oomtrace -n $trace -s g -l cgroup -x -a '(__fish_complete_directories)' -d 'a cgroup and all below it, or a pattern'
complete -c oomtrace -n $trace -s p -l pid -x -a '(__fish_complete_pids)' -d 'the cgroup of a process'
complete -c oomtrace -n $trace -l all -d 'the whole machine, with flight recorders'
complete -c oomtrace -n $trace -l set-max -x -d 'set memory.max'
complete -c oomtrace -n $trace -l ramp -x -d 'lower memory.max in steps'
complete -c oomtrace -n $trace -l find-min -d 'find the smallest memory.max'
complete -c oomtrace -n $trace -l hold -x -a '5s 10s 30s 1m' -d 'how long each limit is watched'
complete -c oomtrace -n $trace -l restore -d 'put the old limit back, even when that kills'
complete -c oomtrace -n $trace -l keep -d 'leave the last limit'
complete -c oomtrace -n $trace -l interactive -d 'keys change the limit'
complete -c oomtrace -n $trace -s o -l output -x -a 'text json' -d 'text or JSON Lines'
complete -c oomtrace -n $trace -l stacks -d 'sample stacks of charges'
complete -c oomtrace -n $trace -l folded -r -F -d 'write folded stacks'
complete -c oomtrace -n $trace -s r -l record -r -F -d 'write a recording'
complete -c oomtrace -n $trace -l record-size -x -a '10M 100M 1G' -d 'begin anew at a size'
complete -c oomtrace -n $trace -l keep-files -x -a '7 14 30' -d 'keep the newest files of a dated name'
complete -c oomtrace -n $trace -l no-usage -d 'no usage and reclaim'
complete -c oomtrace -n $trace -l kernel-log -d 'follow the kernel log, too'
complete -c oomtrace -n $trace -l duration -x -a '10s 30s 1m 5m 1h' -d 'end after a time'
complete -c oomtrace -n $trace -l until-exit -d 'end with the target'
complete -c oomtrace -n $trace -l wait -d 'wait for the target'
complete -c oomtrace -n $trace -l on-near-limit -x -d 'run a command near the limit'
complete -c oomtrace -n $trace -l snapshot -d 'note what the memory holds near the limit'
complete -c oomtrace -n $trace -l freeze -d 'hold the target still meanwhile'
complete -c oomtrace -n $trace -l on-oom -r -F -d 'run a command at an OOM'
complete -c oomtrace -n $trace -l hook-time -x -a '10s 30s 5m' -d 'how long a hook may take'
complete -c oomtrace -n $trace -l dry-run -d 'print what would be traced'
complete -c oomtrace -n $trace -l ring-size -x -a '256K 1M 4M 16M 64M' -d 'size of the buffer'
complete -c oomtrace -n $trace -l brief -d 'a line for each run of the OOM killer'
complete -c oomtrace -n $trace -s v -l verbose -d 'all that is known'
complete -c oomtrace -n $trace -s V -l version -d 'print versions'

set -l report '__oomtrace_does report show'
set -l formats 'text json jsonl html csv chrome-trace folded'
complete -c oomtrace -n $report -F
complete -c oomtrace -n $report -s f -l format -x -a $formats -d 'the format of the report'
complete -c oomtrace -n $report -s o -l output -r -F -d 'write to a file'
complete -c oomtrace -n $report -l no-summary -d 'no verdict and no timeline'
complete -c oomtrace -n $report -l summary -d 'the verdict and a table of kills'
complete -c oomtrace -n $report -l brief -d 'a line for each run of the OOM killer'
complete -c oomtrace -n $report -s v -l verbose -d 'all that is known'
complete -c oomtrace -n $report -l compare -d 'the figures of two recordings'
complete -c oomtrace -n $report -l check -d 'hold kills against a kernel log'
complete -c oomtrace -n $report -l since -x -d 'leave out what was before'
complete -c oomtrace -n $report -l until -x -d 'leave out what was after'
complete -c oomtrace -n $report -l cgroup -x -a '(__fish_complete_directories)' -d 'one cgroup and all below it'
complete -c oomtrace -n $report -l kill -x -d 'one OOM'

set -l list '__oomtrace_does list'
complete -c oomtrace -n $list -F
complete -c oomtrace -n $list -l output -x -a 'text json' -d 'text or JSON'
complete -c oomtrace -n $list -l since -x -a '1h 24h 168h' -d 'leave out what was before'
complete -c oomtrace -n $list -l until -x -a '1h 24h 168h' -d 'leave out what was after'

set -l service '__oomtrace_does service'
complete -c oomtrace -n $service -s c -l container -x -a '(__oomtrace_containers)' -d 'a container, or a pattern of names'
complete -c oomtrace -n $service -s g -l cgroup -x -a '(__fish_complete_directories)' -d 'a cgroup and all below it, or a pattern'
complete -c oomtrace -n $service -l store-size -x -a '64M 256M 1G max' -d 'the most that all may have'
complete -c oomtrace -n $service -l store-age -x -a '168h 720h' -d 'the oldest that are kept'
complete -c oomtrace -n $service -s v -l verbose -d 'all that is known'
complete -c oomtrace -n $service -l kernel-log -d 'follow the kernel log, too'
complete -c oomtrace -n $service -l on-oom -r -F -d 'run a command at an OOM'
complete -c oomtrace -n $service -l hook-time -x -a '10s 30s 5m' -d 'how long a hook may take'
complete -c oomtrace -n $service -l on-near-limit -x -d 'run a command near a limit'
complete -c oomtrace -n $service -l no-snapshot -d 'do not note what the memory holds near a limit'
complete -c oomtrace -n $service -l freeze -d 'hold a container still meanwhile'
complete -c oomtrace -n $service -l check -d 'print what holds'
complete -c oomtrace -n $service -l store -x -a '(__fish_complete_directories)' -d 'where incidents are kept'
complete -c oomtrace -n '__oomtrace_does show' -l store -x -a '(__fish_complete_directories)' -d 'where incidents are kept'

complete -c oomtrace -l color -x -a 'auto always never' -d 'colours in text'
complete -c oomtrace -l time -x -a 'utc local' -d 'the zone of times in text'
complete -c oomtrace -s h -l help -d 'print help'
