// SPDX-License-Identifier: GPL-2.0-only
#include "commands/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "kmsg/reader.h"
#include "kmsg/records.h"
#include "kmsg/scan.h"
#include "record/time.h"
#include "report/check_kill.h"

/* A record of the kernel's log is shorter (PRINTK_MESSAGE_MAX; CONSOLE_EXT_LOG_MAX before 6.4). */
#define LINE_SIZE (16U << 10)
/* At a time, so that events don't wait. */
#define READS_MAX 64
#define ALL_READS_MAX 100000
/* A report's lines, and the kills of a group, come within this time. */
#define QUIET_NS NS_PER_S
#define SETTLE_NS (3 * NS_PER_S)
/* When a line still isn't there, there is none. */
#define LINE_WAIT_NS (10 * NS_PER_S)
#define KILLS_MAX 256

/* A kill that was traced. */
struct traced {
	bool used;
	uint64_t since_ns;
	struct check_kill kill;
};

struct kernel_log {
	struct sink sink; /* of the records that are made of the log */
	struct kmsg_records records;
	struct kmsg_reader *reader;
	int fd;
	char *target_cgroup,
		*former_cgroup; /* where it is, and where it was before, of which lines may be to come */
	void (*tell)(void *ctx, const struct record *record);
	void *ctx;
	bool has_sequence;
	int error; /* of reading: nothing is read any more */
	uint64_t next_sequence;
	uint64_t lines_before;		 /* that kills are traced: what they tell may not be */
	uint64_t missed;		 /* lines, not told yet */
	uint64_t missed_ns;		 /* when some were missed last; 0: never */
	uint64_t behind_ns;		 /* when there were more lines than are read at a time; 0: never */
	uint64_t read_ns;		 /* when the last line was read; 0: all was settled since */
	struct traced traced[KILLS_MAX]; /* a ring */
	size_t next;
	char line[LINE_SIZE];
};

/* ---- telling ---- */

static void tell(struct kernel_log *log, const struct record_kernel_log *what)
{
	struct record record = { .kind = RECORD_KERNEL_LOG, .time = record_time__now(), .kernel_log = *what };

	log->tell(log->ctx, &record);
}

/* From then on all lines that there were have been read: while the log is flooded the kill's may be farther on. */
static uint64_t read_up_ns(const struct kernel_log *log, const struct traced *traced)
{
	return log->behind_ns > traced->since_ns ? log->behind_ns : traced->since_ns;
}

/* The log has no line of it, unless it is one of those that were overwritten. */
static void give_up(struct kernel_log *log, struct traced *traced)
{
	const struct record_kernel_log what = {
		.oom_id = traced->kill.oom_id,
		.pid = traced->kill.pid,
		.comm = traced->kill.comm,
	};

	if (!log->error && (!log->missed_ns || log->missed_ns + LINE_WAIT_NS < traced->since_ns))
		tell(log, &what);
	check_kill__free(&traced->kill);
	traced->used = false;
}

static struct traced *find_traced(struct kernel_log *log, uint32_t tid)
{
	for (size_t i = 1; i <= KILLS_MAX; i++) {
		struct traced *traced = &log->traced[(log->next + KILLS_MAX - i) % KILLS_MAX];

		if (traced->used && traced->kill.tid == tid)
			return traced;
	}
	return NULL;
}

static bool should_be_traced(const struct kernel_log *log, const struct check_kill *kill)
{
	if (!log->target_cgroup)
		return true;
	return kill->cgroup &&
	       (check_kill__is_below(kill->cgroup, log->target_cgroup) ||
		(log->former_cgroup && check_kill__is_below(kill->cgroup, log->former_cgroup)));
}

static bool has_differences(const struct record_difference *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!all[i].close)
			return true;
	return false;
}

/* Of a group kill the first is told, with what the log has, and others that differ. */
static void compare(struct kernel_log *log, const struct check_kill *logged, const struct record_log *facts,
		    bool is_first)
{
	struct record_difference differences[CHECK_DIFFERENCES_MAX];
	struct traced *traced = find_traced(log, logged->tid);
	struct record_kernel_log what = { .pid = logged->tid, .comm = logged->comm, .log = facts };

	if (traced) {
		what.oom_id = traced->kill.oom_id;
		what.pid = traced->kill.pid;
		what.differences = differences;
		what.difference_count = check_compare__kills(&traced->kill, logged, differences);
	} else if (logged->last_line <= log->lines_before || !should_be_traced(log, logged)) {
		return;
	}
	if (is_first || !traced || has_differences(differences, what.difference_count))
		tell(log, &what);
	if (!traced)
		return;
	check_kill__free(&traced->kill);
	traced->used = false;
}

/* From the log's reader. */
static int take_logged(struct sink *sink, const struct record *record)
{
	struct kernel_log *log = (struct kernel_log *)sink;
	struct check_kill logged;
	bool is_first = true;

	if (record->kind != RECORD_OOM)
		return 0;
	for (size_t i = 0; i < record->oom.victim_count; i++) {
		const struct record_victim *victim = &record->oom.victims[i];

		if (!check_kill__is_logged(victim) || check_kill__fill(&logged, record, victim))
			continue;
		compare(log, &logged, record->oom.log, is_first);
		check_kill__free(&logged);
		is_first = false;
	}
	return 0;
}

void kernel_log__on_oom(struct kernel_log *log, const struct record *record)
{
	for (size_t i = 0; log && i < record->oom.victim_count; i++) {
		const struct record_victim *victim = &record->oom.victims[i];
		struct traced *traced = &log->traced[log->next];

		if (!check_kill__is_logged(victim))
			continue;
		if (traced->used)
			check_kill__free(&traced->kill);
		traced->used = !check_kill__fill(&traced->kill, record, victim);
		traced->since_ns = clock__ns(CLOCK_BOOTTIME);
		log->next = (log->next + 1) % KILLS_MAX;
	}
}

/* ---- reading ---- */

/* "6,339,5140900,-;text": lines are numbered, and so a gap is known. */
static void follow_sequence(struct kernel_log *log, size_t len, uint64_t now_ns)
{
	struct span text = { log->line, len };
	uint64_t level, sequence;

	if (!scan__take_u64(&text, &level) || !span__strip_prefix(&text, ",") ||
	    !scan__take_u64(&text, &sequence))
		return;
	if (log->has_sequence && sequence > log->next_sequence) {
		log->missed += sequence - log->next_sequence;
		log->missed_ns = now_ns;
	}
	log->has_sequence = true;
	log->next_sequence = sequence + 1;
}

/* Returns whether there may be more. */
static bool read_line(struct kernel_log *log, uint64_t now_ns)
{
	ssize_t len = read(log->fd, log->line, sizeof(log->line));

	/* Overwritten: the next read goes on with the oldest that there is. */
	if (len < 0 && (errno == EPIPE || errno == EINTR))
		return true;
	if (len < 0 && errno == EAGAIN)
		return false;
	if (len <= 0) {
		log->error = len ? -errno : -EIO;
		return false;
	}
	log->read_ns = now_ns;
	follow_sequence(log, (size_t)len, now_ns);
	log->error = kmsg_reader__feed(log->reader, log->line, (size_t)len);
	return !log->error;
}

int kernel_log__read(struct kernel_log *log, uint64_t now_ns)
{
	int i = 0;

	while (i < READS_MAX && read_line(log, now_ns))
		i++;
	if (i == READS_MAX)
		log->behind_ns = now_ns;
	return log->error;
}

void kernel_log__begin(struct kernel_log *log, uint64_t now_ns)
{
	if (!log)
		return;
	for (int i = 0; i < ALL_READS_MAX && !log->error && read_line(log, now_ns);)
		i++;
	log->lines_before = kmsg_reader__lines(log->reader);
}

static void tell_missed(struct kernel_log *log)
{
	const struct record_kernel_log what = { .missed = log->missed };

	if (log->missed)
		tell(log, &what);
	log->missed = 0;
}

/* What was read goes on when nothing can be added to it any more. */
static void settle(struct kernel_log *log, uint64_t now_ns)
{
	bool is_quiet = now_ns - log->read_ns >= QUIET_NS;

	tell_missed(log);
	if (!log->error)
		log->error = kmsg_reader__settle(log->reader, is_quiet ? 0 : SETTLE_NS);
	if (is_quiet)
		log->read_ns = 0;
}

void kernel_log__tick(struct kernel_log *log, uint64_t now_ns)
{
	if (!log)
		return;
	if (log->read_ns)
		settle(log, now_ns);
	for (size_t i = 0; i < KILLS_MAX; i++)
		if (log->traced[i].used && now_ns - read_up_ns(log, &log->traced[i]) >= LINE_WAIT_NS)
			give_up(log, &log->traced[i]);
}

void kernel_log__finish(struct kernel_log *log, uint64_t now_ns)
{
	int lines = 0;

	if (!log)
		return;
	while (lines < ALL_READS_MAX && !log->error && read_line(log, now_ns))
		lines++;
	tell_missed(log);
	if (!log->error)
		log->error = kmsg_reader__end_file(log->reader);
	if (!log->error)
		log->error = kmsg_reader__finish(log->reader);
	for (size_t i = 0; i < KILLS_MAX && lines < ALL_READS_MAX; i++)
		if (log->traced[i].used)
			give_up(log, &log->traced[i]);
}

/* ---- the beginning and the end ---- */

int kernel_log__new(int fd, const char *target_cgroup,
		    void (*tell_record)(void *ctx, const struct record *record), void *ctx,
		    struct kernel_log **out)
{
	static const struct sink_ops ops = { .take = take_logged };
	struct kernel_log *log = calloc(1, sizeof(*log));

	if (!log)
		return -ENOMEM;
	log->fd = -1;
	log->sink.ops = &ops;
	log->records.sink = &log->sink;
	log->tell = tell_record;
	log->ctx = ctx;
	log->reader = kmsg_reader__new(
		&(struct kmsg_handlers){ kmsg_records__incident, kmsg_records__killer, &log->records });
	if (!log->reader || check_kill__copy(&log->target_cgroup, target_cgroup)) {
		kernel_log__free(log);
		return -ENOMEM;
	}
	kmsg_reader__begin_file(log->reader, "/dev/kmsg");
	log->fd = fd;
	*out = log;
	return 0;
}

int kernel_log__open(const char *target_cgroup, void (*tell_record)(void *ctx, const struct record *record),
		     void *ctx, struct kernel_log **out)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_END) < 0)
		err = -errno;
	if (!err)
		err = kernel_log__new(fd, target_cgroup, tell_record, ctx, out);
	if (err)
		close(fd);
	return err;
}

int kernel_log__fd(const struct kernel_log *log)
{
	return log->fd;
}

void kernel_log__move(struct kernel_log *log, const char *target_cgroup)
{
	char *moved = NULL;

	if (!log || check_kill__copy(&moved, target_cgroup))
		return;
	free(log->former_cgroup);
	log->former_cgroup = log->target_cgroup;
	log->target_cgroup = moved;
}

void kernel_log__free(struct kernel_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < KILLS_MAX; i++)
		if (log->traced[i].used)
			check_kill__free(&log->traced[i].kill);
	kmsg_reader__free(log->reader);
	if (log->fd >= 0)
		close(log->fd);
	free(log->target_cgroup);
	free(log->former_cgroup);
	free(log);
}
