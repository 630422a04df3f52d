// SPDX-License-Identifier: GPL-2.0-only
#include "service/entry.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/copy.h"
#include "containers/unit.h"
#include "jsonl/reader.h"
#include "output/verdict.h"
#include "record/names.h"

#define ID_PREFIX_MIN 6 /* hex digits by which a container may be named */

struct entry_sink {
	struct sink base;
	struct entry *entry;
	const char *who;
	struct sink *verdict;
};

static bool matches_name(const char *who, const char *name)
{
	return name && !fnmatch(who, name, 0);
}

static bool matches_place(const char *who, const char *cgroup, const struct record_container *c)
{
	struct unit unit;

	if (matches_name(who, cgroup) || matches_name(who, c->name) ||
	    (strlen(who) >= ID_PREFIX_MIN && !strncmp(c->ref.id, who, strlen(who))))
		return true;
	return c->ref.runtime == CONTAINER__UNKNOWN && unit__of(cgroup, &unit) && unit__matches(&unit, who);
}

static bool matches_oom(const char *who, const struct record_oom *oom)
{
	if (oom->limit && matches_place(who, oom->limit->path, &oom->limit_container))
		return true;
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (matches_place(who, oom->victims[i].cgroup, &oom->victims[i].container))
			return true;
	}
	return false;
}

/* A slice is only where units are. */
static bool is_in_unit(const char *path)
{
	struct unit unit;

	return unit__of(path, &unit) && !span__strip_suffix(&unit.name, ".slice");
}

static void take_first(struct entry *e, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);
	const struct record_container *c = &oom->limit_container;
	const char *path = oom->limit ? oom->limit->path : NULL;

	if (victim && c->ref.runtime == CONTAINER__UNKNOWN) {
		c = &victim->container;
		if (victim->cgroup && (!path || c->ref.runtime != CONTAINER__UNKNOWN ||
				       (!is_in_unit(path) && is_in_unit(victim->cgroup))))
			path = victim->cgroup;
	}
	e->whose = path ? strdup(path) : NULL;
	e->wall_ns = record->time.wall_ns;
	e->cause = record_names__cause(oom->cause);
	e->cgroup = oom->limit && oom->limit->path ? strdup(oom->limit->path) : NULL;
	if (c->ref.runtime == CONTAINER__UNKNOWN)
		return;
	copy__text(e->runtime, sizeof(e->runtime), container__runtime_name(c->ref.runtime));
	copy__text(e->container, sizeof(e->container), c->name ? c->name : c->ref.id);
}

static int entry_take(struct sink *base, const struct record *record)
{
	struct entry_sink *s = (struct entry_sink *)base;
	struct entry *e = s->entry;

	if (record->kind == RECORD_SESSION && !e->host[0]) {
		copy__text(e->host, sizeof(e->host), record->session.host);
		e->wall_ns = record->time.wall_ns;
		e->order_ns = record->session.order_ns <= INT64_MAX ? (int64_t)record->session.order_ns : 0;
	} else if (record->kind == RECORD_OOM) {
		if (!e->ooms++)
			take_first(e, record);
		e->kills += record->oom.killed;
		e->matches = e->matches || (s->who && matches_oom(s->who, &record->oom));
	} else if (record->kind == RECORD_LOST) {
		e->lost += record->lost.count;
	}
	return sink__take(s->verdict, record);
}

static int keep_first(void *ctx, const struct verdict_sentence *sentence)
{
	struct entry *e = ctx;

	if (e->verdict)
		e->more += !sentence->rule && strcmp(sentence->kind, "none");
	else
		e->verdict = strdup(sentence->marked ? sentence->marked : sentence->text);
	return e->verdict ? 0 : -ENOMEM;
}

static int entry_finish(struct sink *base)
{
	struct entry *e = ((struct entry_sink *)base)->entry;

	e->order_ns = e->order_ns ? e->order_ns : e->wall_ns;
	return sink__finish(((struct entry_sink *)base)->verdict);
}

static const struct sink_ops entry_ops = { .take = entry_take, .finish = entry_finish };

/* The bytes that are read of it. */
static uint64_t most_bytes(int fd)
{
	struct stat st;
	uint64_t bytes = fstat(fd, &st) ? 0 : (uint64_t)st.st_blocks * 512 * ENTRY_PACKED_MAX;

	return bytes > ENTRY_BYTES_MAX ? bytes : ENTRY_BYTES_MAX;
}

int entry__read(int fd, const char *who, struct entry *entry)
{
	struct entry_sink s = { .base.ops = &entry_ops, .entry = entry, .who = who };
	struct input *input = input__new(fd);
	struct jsonl_reader *reader;
	int err = -ENOMEM;

	*entry = (struct entry){ .matches = !who };
	s.verdict = verdict__new(keep_first, entry);
	reader = s.verdict && input ? jsonl_reader__new(&s.base) : NULL;
	if (reader) {
		input__limit(input, most_bytes(fd));
		err = jsonl_reader__read_input(reader, input);
		if (!err)
			err = jsonl_reader__sink_error(reader);
		if (!err)
			err = sink__finish(&s.base);
		if (!err && !jsonl_reader__stats(reader)->sessions)
			err = -ENODATA;
		entry->cut = jsonl_reader__stats(reader)->ends < jsonl_reader__stats(reader)->sessions;
	}
	jsonl_reader__free(reader);
	input__free(input);
	if (s.verdict)
		s.verdict->ops->free(s.verdict);
	return err;
}

void entry__free(struct entry *entry)
{
	free(entry->verdict);
	free(entry->cgroup);
	free(entry->whose);
	entry->verdict = entry->cgroup = entry->whose = NULL;
}
