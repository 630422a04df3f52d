// SPDX-License-Identifier: GPL-2.0-only
#include "sink.h"

#include <errno.h>
#include <sys/wait.h>
#include <time.h>

int sink__flush(struct sink *sink)
{
	errno = 0;
	if (fflush(sink->out) || ferror(sink->out))
		return errno ? -errno : -EIO;
	return 0;
}

int sink__finish(struct sink *sink)
{
	int err = sink->ops->finish ? sink->ops->finish(sink) : 0;

	return err ? err : sink__flush(sink);
}

int sink__exit_code(uint32_t status)
{
	return WIFSIGNALED((int)status) ? 128 + WTERMSIG((int)status) : WEXITSTATUS((int)status);
}

const char *sink__role_name(enum record_role role)
{
	switch (role) {
	case ROLE_CHOSEN:
		return "chosen";
	case ROLE_GROUP:
		return "group";
	case ROLE_SHARES_MM:
		return "shares-mm";
	case ROLE_EXITING:
		return "exiting";
	}
	return NULL;
}

const char *sink__outcome_name(enum oom_outcome outcome)
{
	switch (outcome) {
	case OOM_KILLED:
		return "killed";
	case OOM_NO_VICTIM:
		return "no-victim";
	case OOM_EXITING:
		return "exiting";
	}
	return NULL;
}

const char *sink__cause_name(enum record_cause cause)
{
	switch (cause) {
	case CAUSE_UNKNOWN:
		return NULL;
	case CAUSE_WRITE:
		return "inside-write";
	case CAUSE_LOWERED:
		return "limit-lowered";
	case CAUSE_ANCESTOR:
		return "ancestor-limit";
	case CAUSE_REACHED:
		return "limit-unchanged";
	case CAUSE_MACHINE:
		return "whole-machine";
	case CAUSE_SYSRQ:
		return "sysrq";
	}
	return NULL;
}

const char *sink__limit_file_name(enum limit_file file)
{
	switch (file) {
	case LIMIT_MAX:
		return "memory.max";
	case LIMIT_HIGH:
		return "memory.high";
	case LIMIT_SWAP_MAX:
		return "memory.swap.max";
	}
	return NULL;
}

const char *sink__format_time(char *dst, size_t size, int64_t wall_ns)
{
	time_t seconds = wall_ns / 1000000000;
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(dst, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst + len, size - len, ".%06dZ", (int)(wall_ns % 1000000000 / 1000));
	return dst;
}
