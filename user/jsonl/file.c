// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/output_file.h"
#include "base/stream.h"
#include "jsonl/dated_name.h"
#include "jsonl/write.h"

#define BUFFER_BYTES (256U << 10)
/* A clock that is set back by less doesn't change the name. */
#define CLOCK_JITTER_NS (3600 * (int64_t)NS_PER_S)
/* Records of which there are many wait for others, for the next tick, or until there are so many. */
#define PENDING_MAX 256

/* What the session record is written from again, at the beginning of each part. */
struct session_copy {
	struct record record;
	struct record_probe *probes;
	char *strings[11];
};

struct file_sink {
	struct sink base;  /* out: the file */
	struct sink *json; /* writes to it */
	char *path;	   /* as the user gave it */
	struct output_file file;
	char old_name[NAME_MAX +
		      sizeof(".1")]; /* in the same folder: of the part before, with max_bytes alone */
	struct jsonl_file_options options;
	int64_t named_ns;  /* with keep_files: the latest time that the name was made for */
	uint64_t part;	   /* 1, 2, ... */
	off_t whole_bytes; /* of the file: ends with a whole line */
	size_t pending;	   /* records that are not flushed */
	bool stopped;	   /* nothing is written any more, */
	bool failed;	   /* because it can't be */
	jsonl_file__on_stop on_stop;
	struct session_copy session;
	char *buffers[2]; /* of the part's stream, and of the one before while both are open */
};

/* ---- opening ---- */

/* The file in place of the one that is open. */
static int start_part(struct file_sink *f)
{
	FILE *out = stream__new(f->file.fd, "w");

	if (!out) {
		f->file.fd = -1;
		return -errno;
	}
	if (!f->buffers[f->part % 2])
		f->buffers[f->part % 2] = malloc(BUFFER_BYTES);
	if (f->buffers[f->part % 2])
		setvbuf(out, f->buffers[f->part % 2], _IOFBF, BUFFER_BYTES);
	f->base.out = f->json->out = out;
	f->whole_bytes = 0;
	f->pending = 0;
	return 0;
}

/* NULL, or why the file can't be cut into parts. */
static const char *rotation_obstacle(const struct file_sink *f)
{
	struct stat st;

	if (f->file.folder_fd < 0 || fstat(f->file.fd, &st) || !S_ISREG(st.st_mode))
		return "is no file, and --record-size and --keep-files need one";
	if (!f->options.keep_files && !fstatat(f->file.folder_fd, f->old_name, &st, AT_SYMLINK_NOFOLLOW))
		return "can't become FILE.1 when it is full, because FILE.1 is there already: remove FILE.1, or give "
		       "another name";
	if (!output_file__may_rotate(&f->file))
		return "is in a folder of somebody else, and --record-size and --keep-files need files in it when "
		       "oomtrace has given up its privileges: give a folder that root owns";
	return NULL;
}

static const char *pattern_of(const struct file_sink *f)
{
	const char *slash = strrchr(f->path, '/');

	return slash ? slash + 1 : f->path;
}

/* The first name for this time that isn't taken: of a file before, or of the same day's trace before. */
static int open_dated(struct file_sink *f, char *why, size_t size)
{
	int folder = (int)(pattern_of(f) - f->path), err = -EEXIST;
	char name[NAME_MAX + 1], path[PATH_MAX];

	for (uint32_t number = 1; err == -EEXIST && number <= DATED_NAME__NUMBERS; number++) {
		err = dated_name__make(pattern_of(f), f->named_ns, number, name, sizeof(name));
		if (!err &&
		    snprintf(path, sizeof(path), "%.*s%s", folder, f->path, name) >= (int)sizeof(path))
			err = -ENAMETOOLONG;
		if (err)
			snprintf(why, size, "can't be written: %s", strerror(-err));
		else
			err = output_file__open(&f->file, path, why, size);
	}
	return err;
}

/* Returns 0 or a negative errno and why. */
static int open_first(struct file_sink *f, char *why, size_t size)
{
	int err = f->options.keep_files ? open_dated(f, why, size)
					: output_file__open(&f->file, f->path, why, size);
	const char *obstacle;

	if (err)
		return err;
	snprintf(f->old_name, sizeof(f->old_name), "%s.1", f->file.name);
	obstacle = f->options.max_bytes || f->options.keep_files ? rotation_obstacle(f) : NULL;
	if (obstacle) {
		snprintf(why, size, "%s", obstacle);
		close(f->file.fd);
		return -EINVAL;
	}
	err = start_part(f);
	if (err)
		snprintf(why, size, "can't be written: %s", strerror(-err));
	return err;
}

/* The next file, once privileges are gone. */
static int open_next(struct file_sink *f)
{
	char name[NAME_MAX + 1];
	int err = -EEXIST;

	if (!f->options.keep_files)
		return output_file__rotate(&f->file, f->old_name);
	for (uint32_t number = 1; err == -EEXIST && number <= DATED_NAME__NUMBERS; number++) {
		err = dated_name__make(pattern_of(f), f->named_ns, number, name, sizeof(name));
		if (!err)
			err = output_file__next(&f->file, name);
	}
	return err;
}

/* ---- writing ---- */

/* Takes the half of a line off, so that the recording is whole as far as it goes. */
static void give_up(struct file_sink *f, int err)
{
	f->stopped = true;
	__fpurge(f->base.out);
	if (err == -EPIPE)
		return; /* the reader has seen enough */
	f->failed = true;
	f->on_stop(f->path, err);
	if (ftruncate(f->file.fd, f->whole_bytes))
		return; /* a pipe has no size; the reader of a file takes half a line for what it is */
}

static void flush(struct file_sink *f)
{
	int err = f->stopped ? 0 : sink__flush(&f->base);

	if (err)
		give_up(f, err);
	else if (!f->stopped && f->pending)
		f->whole_bytes = ftello(f->base.out);
	f->pending = 0;
}

static int write_session(struct file_sink *f)
{
	f->session.record.session.part = f->part > 1 ? f->part : 0;
	f->pending++;
	return sink__take(f->json, &f->session.record);
}

static void remove_old(const struct file_sink *f)
{
	if (f->options.keep_files && !f->stopped)
		dated_name__keep(f->file.folder_fd, pattern_of(f), f->file.name, f->options.keep_files);
}

static void rotate(struct file_sink *f)
{
	FILE *full = f->base.out;
	int err;

	f->part++;
	err = open_next(f);
	if (!err)
		err = start_part(f);
	if (err) {
		give_up(f, err);
		return;
	}
	fclose(full);
	write_session(f);
	flush(f);
	remove_old(f);
}

/* Whether the name would be another one by now. Records may be a little older than the one before. */
static bool is_out_of_date(struct file_sink *f, int64_t wall_ns)
{
	char then[NAME_MAX + 1], now[NAME_MAX + 1];
	int64_t named_ns = f->named_ns;

	if (wall_ns <= named_ns && wall_ns > named_ns - CLOCK_JITTER_NS)
		return false;
	f->named_ns = wall_ns;
	return !dated_name__make(pattern_of(f), named_ns, 1, then, sizeof(then)) &&
	       !dated_name__make(pattern_of(f), wall_ns, 1, now, sizeof(now)) && strcmp(then, now) != 0;
}

/* After each record. Whether it could be written is known to the stream. */
static int written(struct file_sink *f, bool waits)
{
	f->pending++;
	if (waits && !ferror(f->base.out) && f->pending < PENDING_MAX)
		return 0;
	flush(f);
	if (!f->stopped && f->options.max_bytes && (uint64_t)f->whole_bytes >= f->options.max_bytes)
		rotate(f);
	return 0;
}

static char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void keep_string(struct session_copy *copy, size_t i, const char **string)
{
	free(copy->strings[i]);
	copy->strings[i] = copy_text(*string);
	*string = copy->strings[i];
}

static void free_probes(struct session_copy *copy)
{
	for (size_t i = 0; i < copy->record.session.probe_count; i++) {
		free((char *)copy->probes[i].purpose);
		free((char *)copy->probes[i].attached);
		free((char *)copy->probes[i].lost);
	}
	free(copy->probes);
	copy->probes = NULL;
	copy->record.session.probe_count = 0;
}

static void keep_probes(struct session_copy *copy, const struct record_session *from)
{
	struct record_session *s = &copy->record.session;

	s->probes = copy->probes = calloc(from->probe_count + 1, sizeof(*copy->probes));
	s->probe_count = copy->probes ? from->probe_count : 0;
	for (size_t i = 0; i < s->probe_count; i++) {
		copy->probes[i] = (struct record_probe){
			.purpose = copy_text(from->probes[i].purpose),
			.attached = copy_text(from->probes[i].attached),
			.lost = copy_text(from->probes[i].lost),
			.error = from->probes[i].error,
			.later = from->probes[i].later,
		};
	}
}

static void keep_session(struct session_copy *copy, const struct record *record)
{
	struct record_session *s = &copy->record.session;

	free_probes(copy);
	copy->record = *record;
	keep_probes(copy, &record->session);
	keep_string(copy, 0, &s->version);
	keep_string(copy, 1, &s->kernel);
	keep_string(copy, 2, &s->arch);
	keep_string(copy, 3, &s->target_kind);
	keep_string(copy, 4, &s->target_name);
	keep_string(copy, 5, &s->target_cgroup);
	keep_string(copy, 6, &s->container.name);
	keep_string(copy, 7, &s->max_cgroup);
	keep_string(copy, 8, &s->host);
	keep_string(copy, 9, &s->machine_id);
	keep_string(copy, 10, &s->boot_id);
}

static bool may_wait(enum record_kind kind)
{
	return kind == RECORD_USAGE || kind == RECORD_RECLAIM || kind == RECORD_STACK;
}

static int file_take(struct sink *base, const struct record *record)
{
	struct file_sink *f = (struct file_sink *)base;

	if (record->kind == RECORD_SESSION)
		keep_session(&f->session, record);
	if (f->stopped || (f->options.keep_files && may_wait(record->kind)))
		return 0;
	if (f->options.keep_files && record->kind != RECORD_SESSION &&
	    is_out_of_date(f, record->time.wall_ns))
		rotate(f);
	if (f->stopped)
		return 0;
	if (record->kind == RECORD_SESSION)
		write_session(f);
	else
		sink__take(f->json, record);
	written(f, may_wait(record->kind));
	if (record->kind == RECORD_SESSION)
		remove_old(f);
	return 0;
}

static int file_sync(struct sink *base)
{
	struct file_sink *f = (struct file_sink *)base;

	if (f->pending && !f->stopped)
		flush(f);
	return 0;
}

static void file_free(struct sink *base)
{
	struct file_sink *f = (struct file_sink *)base;

	for (size_t i = 0; i < ARRAY_SIZE(f->session.strings); i++)
		free(f->session.strings[i]);
	free_probes(&f->session);
	if (base->out)
		fclose(base->out);
	if (f->json)
		f->json->ops->free(f->json);
	free(f->buffers[0]);
	free(f->buffers[1]);
	output_file__close(&f->file);
	free(f->path);
	free(f);
}

static const struct sink_ops file_ops = {
	.take = file_take,
	.free = file_free,
	.sync = file_sync,
};

struct sink *jsonl_file__new(const char *path, const struct jsonl_file_options *options,
			     jsonl_file__on_stop on_stop, char *why, size_t size)
{
	struct file_sink *f = calloc(1, sizeof(*f));

	snprintf(why, size, "can't be written: %s", strerror(ENOMEM));
	if (!f)
		return NULL;
	f->base.ops = &file_ops;
	f->options = *options;
	f->named_ns = options->now_ns;
	f->on_stop = on_stop;
	f->part = 1;
	f->file.folder_fd = -1;
	f->path = strdup(path);
	f->json = jsonl_write__new_buffered(NULL);
	if (f->path && f->json && !open_first(f, why, size))
		return &f->base;
	file_free(&f->base);
	return NULL;
}

bool jsonl_file__failed(const struct sink *sink)
{
	return ((const struct file_sink *)sink)->failed;
}
