// SPDX-License-Identifier: GPL-2.0-only
#include "record/sink.h"

#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "base/stream.h"

#define NS_PER_S 1000000000LL

int sink__take(struct sink *sink, const struct record *record)
{
	return sink->ops->take(sink, record);
}

int sink__dispatch(const sink_take_fn takes[RECORD_KINDS], struct sink *sink, const struct record *record)
{
	return takes[record->kind] ? takes[record->kind](sink, record) : 0;
}

int sink__flush(struct sink *sink)
{
	return sink->out ? stream__flush(sink->out) : 0;
}

int sink__finish(struct sink *sink)
{
	int err = sink->ops->finish ? sink->ops->finish(sink) : 0;

	return err ? err : sink__flush(sink);
}

int sink__sync(struct sink *sink)
{
	return sink->ops->sync ? sink->ops->sync(sink) : 0;
}

int sink__exit_code(uint32_t status)
{
	return WIFSIGNALED((int)status) ? 128 + WTERMSIG((int)status) : WEXITSTATUS((int)status);
}

const char *sink__type_name(enum record_kind kind)
{
	static const char *const names[RECORD_KINDS] = {
		[RECORD_SESSION] = "session", [RECORD_OOM] = "oom",
		[RECORD_LIMIT] = "limit",     [RECORD_STEP] = "step",
		[RECORD_STEPS] = "steps",     [RECORD_REPEATS] = "oom-repeats",
		[RECORD_USAGE] = "usage",     [RECORD_RECLAIM] = "reclaim",
		[RECORD_STALL] = "stall",     [RECORD_STACK] = "stack",
		[RECORD_EXIT] = "exit",	      [RECORD_LOST] = "lost",
		[RECORD_END] = "end",	      [RECORD_MIN_TRY] = "min-try",
		[RECORD_MIN] = "min",	      [RECORD_USER_KILL] = "user-kill",
		[RECORD_RELIEF] = "relief",
	};

	return names[kind];
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

const struct record_victim *sink__first_killed(const struct record_oom *oom)
{
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].role != ROLE_EXITING)
			return &oom->victims[i];
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
	case CAUSE_NOT_KNOWN:
		return "not-known";
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
	time_t seconds = wall_ns / NS_PER_S;
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(dst, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst + len, size - len, ".%06dZ", (int)(wall_ns % NS_PER_S / 1000));
	return dst;
}

static bool digits(const char **s, int count, int *out)
{
	int value = 0;

	while (count--) {
		if (**s < '0' || **s > '9')
			return false;
		value = value * 10 + (*(*s)++ - '0');
	}
	*out = value;
	return true;
}

/* Days from 1970-01-01 on, in the Gregorian calendar. */
static int64_t days_since_1970(int year, int month, int day)
{
	/* Years from March to February: the leap day is the last. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* "Z", "+02:00", "-08:00" and the end. */
static bool parse_zone(const char *s, int *minutes)
{
	int hour, minute, sign = *s == '-' ? -1 : 1;

	if (*s == 'Z' || *s == 'z') {
		*minutes = 0;
		return !s[1];
	}
	if ((*s != '+' && *s != '-') || (s++, !digits(&s, 2, &hour)) || *s++ != ':' ||
	    !digits(&s, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*minutes = sign * (hour * 60 + minute);
	return !*s;
}

int sink__parse_time(const char *s, int64_t *wall_ns)
{
	int year, month, day, hour, minute, second, digit, zone;
	int64_t scale = NS_PER_S, ns = 0;

	if (!digits(&s, 4, &year) || *s++ != '-' || !digits(&s, 2, &month) || *s++ != '-' ||
	    !digits(&s, 2, &day) || (*s != 'T' && *s != 't' && *s != ' '))
		return -EINVAL;
	s++;
	if (!digits(&s, 2, &hour) || *s++ != ':' || !digits(&s, 2, &minute) || *s++ != ':' ||
	    !digits(&s, 2, &second))
		return -EINVAL;
	if (*s == '.') {
		for (s++; digits(&s, 1, &digit); ns += scale * digit)
			scale /= 10;
	}
	/* Nanoseconds in 64 bits end in 2262. A leap second is the next minute's first. */
	if (!parse_zone(s, &zone) || year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 ||
	    day > 31 || hour > 23 || minute > 59 || second > 60)
		return -EINVAL;
	*wall_ns = (((days_since_1970(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second) *
			   NS_PER_S +
		   ns;
	return 0;
}

const char *sink__reclaim_name(enum reclaim_kind kind)
{
	return kind == RECLAIM_THROTTLE ? "throttle" : "limit";
}

const char *sink__memory_key(enum memory_item item)
{
	static const char *const keys[MEMORY_ITEMS] = {
		[MEMORY_ANON] = "anon_bytes",
		[MEMORY_FILE] = "file_bytes",
		[MEMORY_SHMEM] = "shmem_bytes",
		[MEMORY_SLAB_RECLAIMABLE] = "slab_reclaimable_bytes",
		[MEMORY_SLAB_UNRECLAIMABLE] = "slab_unreclaimable_bytes",
		[MEMORY_KERNEL_STACK] = "kernel_stack_bytes",
		[MEMORY_PAGETABLES] = "pagetables_bytes",
		[MEMORY_SOCK] = "sock_bytes",
		[MEMORY_SWAP] = "swap_bytes",
		[MEMORY_KERNEL] = "kernel_bytes",
	};

	return keys[item];
}
