// SPDX-License-Identifier: GPL-2.0-only
#include "output/verdict_why.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/copy.h"
#include "output/text_parts.h"

/*
 * Whether a limit is that of the subject with this path. crun, which Podman and CRI-O use, sets a container's limit on
 * its cgroup and on the one below, SCOPE/container, and charges reach that first.
 */
static bool is_own(const struct record_oom *oom, const char *subject_path)
{
	static const enum container_runtime of_crun[] = { CONTAINER__PODMAN, CONTAINER__CRIO,
							  CONTAINER__OCI };
	const char *path = oom->limit->path;
	size_t len = strlen(subject_path);

	if (strncmp(path, subject_path, len) != 0)
		return false;
	if (!path[len])
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(of_crun); i++) {
		if (oom->limit_container.ref.runtime == of_crun[i])
			return !strcmp(path + len, "/container");
	}
	return false;
}

/* The why of an OOM; it is `own` if the limit is that of the subject with this path. */
static void describe(struct verdict_why *why, const struct record_oom *oom, const char *subject_path)
{
	*why = (struct verdict_why){ .facts = cause_words__facts(oom) };
	copy__text(why->writer, sizeof(why->writer), why->facts.writer);
	why->facts.writer = NULL; /* the record's */
	/* Of a limit that stood still the last write isn't said: a container that comes back has one each time. */
	if (why->facts.cause != CAUSE_INSIDE_WRITE && why->facts.cause != CAUSE_LIMIT_LOWERED)
		why->facts.write_id = 0;
	if (!oom->limit || !oom->limit->path)
		return;
	copy__text(why->limit, sizeof(why->limit), oom->limit->path);
	why->limit_container = oom->limit_container;
	copy__text(why->limit_name, sizeof(why->limit_name), oom->limit_container.name);
	why->has_max = oom->limit->has_memory;
	why->max_bytes = oom->limit->max_bytes;
	why->own = is_own(oom, subject_path);
}

/* Said without a limit. */
static bool is_of_machine(const struct verdict_why *why)
{
	return why->facts.cause == CAUSE_WHOLE_MACHINE || why->facts.cause == CAUSE_SYSRQ;
}

/* A container that was made anew has its own limit, as the one before it had. */
static bool same_limit(const struct verdict_why *a, const struct verdict_why *b)
{
	return a->has_max == b->has_max && a->max_bytes == b->max_bytes && a->own == b->own &&
	       (a->own || !strcmp(a->limit, b->limit));
}

static bool is_same(const struct verdict_why *a, const struct verdict_why *b)
{
	if (a->facts.cause != b->facts.cause || a->facts.in_cpuset != b->facts.in_cpuset ||
	    a->facts.in_policy != b->facts.in_policy || a->facts.fragmented != b->facts.fragmented)
		return false;
	if (is_of_machine(a))
		return true;
	/* Where there is no number of the write, the writer is what is said; of an observer its pid as well. */
	if (a->facts.cause == CAUSE_INSIDE_WRITE && !a->facts.write_id && strcmp(a->writer, b->writer) != 0)
		return false;
	if (a->facts.cause == CAUSE_OBSERVER &&
	    (strcmp(a->writer, b->writer) != 0 || a->facts.writer_pid != b->facts.writer_pid))
		return false;
	return a->facts.write_id == b->facts.write_id && same_limit(a, b);
}

/* FNV-1a, by numbers in place of bytes. */
static uint64_t add_to_hash(uint64_t hash, uint64_t number)
{
	return (hash ^ number) * 0x100000001b3;
}

static uint64_t add_text_to_hash(uint64_t hash, const char *text)
{
	while (*text)
		hash = add_to_hash(hash, (unsigned char)*text++);
	return hash;
}

/* Of what is_same() compares. */
static uint64_t hash_of(const struct verdict_why *why)
{
	const struct cause_facts *facts = &why->facts;
	const bool of_machine = is_of_machine(why);
	const uint64_t numbers[] = {
		facts->cause,
		facts->in_cpuset,
		facts->in_policy,
		facts->fragmented,
		of_machine ? 0 : facts->write_id,
		facts->cause == CAUSE_OBSERVER ? facts->writer_pid : 0,
		of_machine ? 0 : why->has_max,
		of_machine ? 0 : why->max_bytes,
		!of_machine && why->own,
	};
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		hash = add_to_hash(hash, numbers[i]);
	if (facts->cause == CAUSE_OBSERVER || (facts->cause == CAUSE_INSIDE_WRITE && !facts->write_id))
		hash = add_text_to_hash(hash, why->writer);
	return of_machine || why->own ? hash : add_text_to_hash(hash, why->limit);
}

static struct verdict_rest *find_rest(struct verdict_whys *whys, uint64_t hash)
{
	for (size_t i = 0; i < whys->rest_count; i++) {
		if (whys->rest[i].hash == hash)
			return &whys->rest[i];
	}
	return NULL;
}

/* Counts OOMs whose why has no room. */
static void count_rest(struct verdict_whys *whys, uint64_t hash, uint64_t ooms)
{
	struct verdict_rest *rest = find_rest(whys, hash);

	whys->other_ooms += ooms;
	if (rest)
		rest->ooms += ooms;
	else if (whys->rest_count < VERDICT_REST_MAX)
		whys->rest[whys->rest_count++] = (struct verdict_rest){ hash, ooms };
	else
		whys->rest_is_full = true;
}

/* Gives a why this room, with the OOMs that were counted of it when it had none. */
static size_t put_in(struct verdict_whys *whys, size_t i, const struct verdict_why *why)
{
	struct verdict_rest *rest = find_rest(whys, hash_of(why));

	whys->whys[i] = *why;
	whys->whys[i].at_least = whys->rest_is_full;
	if (rest) {
		whys->whys[i].ooms = rest->ooms;
		whys->other_ooms -= rest->ooms;
		*rest = whys->rest[--whys->rest_count];
	}
	return i;
}

/* Where the why is to be kept: with those that are the same, in room of its own, or nowhere (VERDICT_WHYS_MAX). */
static size_t find(struct verdict_whys *whys, const struct verdict_why *why, bool decisive)
{
	const struct verdict_why *last;

	for (size_t i = 0; i < whys->count; i++) {
		if (is_same(&whys->whys[i], why))
			return i;
	}
	/* Also later on: whys that turn out to be alike leave room. */
	if (whys->count < VERDICT_WHYS_MAX)
		return put_in(whys, whys->count++, why);
	if (!decisive)
		return VERDICT_WHYS_MAX;
	last = &whys->whys[VERDICT_WHYS_MAX - 1];
	count_rest(whys, hash_of(last), last->ooms);
	return put_in(whys, VERDICT_WHYS_MAX - 1, why);
}

void verdict_why__count(struct verdict_whys *whys, const struct record_oom *oom, const char *subject_path,
			bool decisive, bool init)
{
	uint64_t ooms = 1 + (oom->outcome == OOM_NO_VICTIM ? oom->repeats : 0);
	struct verdict_why why;
	size_t i;

	describe(&why, oom, subject_path);
	i = find(whys, &why, decisive);
	whys->latest = i;
	if (i == VERDICT_WHYS_MAX) {
		whys->latest_hash = hash_of(&why);
		count_rest(whys, whys->latest_hash, ooms);
		return;
	}
	whys->whys[i].ooms += ooms;
	if (init)
		whys->whys[i].facts.since_ns = why.facts.since_ns;
	if (decisive)
		whys->decisive = i;
}

void verdict_why__count_repeats(struct verdict_whys *whys, uint64_t repeats)
{
	if (whys->latest < whys->count)
		whys->whys[whys->latest].ooms += repeats;
	else
		count_rest(whys, whys->latest_hash, repeats);
}

/* Whether the same is said of two whys, but for the pid of the writer. */
static bool is_alike(const struct verdict_why *a, const struct verdict_why *b)
{
	return a->facts.cause == CAUSE_INSIDE_WRITE && b->facts.cause == CAUSE_INSIDE_WRITE && a->write.id &&
	       b->write.id && same_limit(a, b) && a->write.old_max_bytes == b->write.old_max_bytes &&
	       a->write.new_max_bytes == b->write.new_max_bytes && !strcmp(a->write.comm, b->write.comm);
}

static size_t index_without(size_t i, size_t gone, size_t into)
{
	if (i == gone)
		return into;
	return i > gone && i < VERDICT_WHYS_MAX ? i - 1 : i;
}

/* Puts the OOMs of a why to those of one before it. */
static void merge(struct verdict_whys *whys, size_t into, size_t gone)
{
	struct verdict_why *to = &whys->whys[into];
	const struct verdict_why *from = &whys->whys[gone];

	to->ooms += from->ooms;
	to->facts.several_writes = true;
	if (to->write.pid != from->write.pid)
		to->write.pid = 0;
	whys->count--;
	memmove(&whys->whys[gone], &whys->whys[gone + 1], (whys->count - gone) * sizeof(*to));
	whys->decisive = index_without(whys->decisive, gone, into);
	whys->latest = index_without(whys->latest, gone, into);
}

static void merge_alike(struct verdict_whys *whys)
{
	for (size_t i = 0; i < whys->count; i++) {
		for (size_t j = i + 1; j < whys->count;) {
			if (is_alike(&whys->whys[i], &whys->whys[j]))
				merge(whys, i, j);
			else
				j++;
		}
	}
}

void verdict_why__note_write(struct verdict_whys *whys, const struct verdict_write *write)
{
	for (size_t i = 0; i < whys->count; i++) {
		if (write->id && whys->whys[i].facts.write_id == write->id &&
		    !whys->whys[i].facts.several_writes)
			whys->whys[i].write = *write;
	}
	merge_alike(whys);
}

void verdict_why__note_writes(struct verdict_whys *whys, const struct verdict_writes *writes)
{
	for (size_t i = 0; i < VERDICT_WRITES_MAX; i++)
		verdict_why__note_write(whys, &writes->latest[i]);
}

const struct verdict_write *verdict_why__keep_write(struct verdict_writes *writes,
						    const struct record_limit *limit)
{
	struct verdict_write *write = &writes->latest[writes->count++ % VERDICT_WRITES_MAX];

	*write = (struct verdict_write){ .id = limit->id,
					 .old_max_bytes = limit->old_max_bytes,
					 .new_max_bytes = limit->new_max_bytes,
					 .pid = limit->writer_pid };
	copy__text(write->comm, sizeof(write->comm), limit->writer_comm);
	return write;
}

/* ---- sentences ---- */

static void put_limit_of(FILE *out, const struct verdict_why *why)
{
	struct record_container container = why->limit_container;

	container.name = why->limit_name[0] ? why->limit_name : NULL;
	fputs(why->own ? "its own limit" : "the limit", out);
	if (why->has_max)
		text_parts__size(out, " of ", why->max_bytes);
	if (why->own)
		return;
	fputs(" of ", out);
	text_parts__named_place(out, why->limit[0] ? why->limit : NULL, &container);
}

static void put(FILE *out, const struct verdict_why *why, bool its_own)
{
	struct cause_facts facts = why->facts;

	facts.writer = why->write.id ? why->write.comm : why->writer;
	if (why->write.id) {
		facts.writer_pid = why->write.pid;
		facts.has_write = true;
		facts.old_max_bytes = why->write.old_max_bytes;
		facts.new_max_bytes = why->write.new_max_bytes;
	}
	if (its_own)
		facts.several_writes = false;
	if (!is_of_machine(why))
		put_limit_of(out, why);
	text_parts__cause(out, CAUSE_VERDICT, &facts);
	/* "2 s before": that is how the sentence ends. */
	if (facts.cause == CAUSE_LIMIT_LOWERED && facts.since_ns && !its_own && why->ooms > 1)
		fputs(" the first", out);
}

void verdict_why__put(FILE *out, const struct verdict_whys *whys, bool its_own)
{
	put(out, &whys->whys[whys->decisive], its_own);
}

bool verdict_why__has_others(const struct verdict_whys *whys)
{
	return whys->count > 1 || whys->other_ooms;
}

/* Those inside of other writes may turn out to be alike. */
static bool is_at_least(const struct verdict_whys *whys)
{
	const struct verdict_why *why = &whys->whys[whys->decisive];

	return why->at_least || (why->facts.cause == CAUSE_INSIDE_WRITE && whys->other_ooms);
}

void verdict_why__put_number(FILE *out, const struct verdict_whys *whys)
{
	fprintf(out, "%s%" PRIu64, is_at_least(whys) ? "at least " : "", whys->whys[whys->decisive].ooms);
}

static void put_count(FILE *out, const char *at_least, uint64_t ooms)
{
	fprintf(out, " (%s%" PRIu64 " OOM%s)", at_least, ooms, ooms == 1 ? "" : "s");
}

void verdict_why__put_others(FILE *out, const struct verdict_whys *whys)
{
	put_count(out, is_at_least(whys) ? "at least " : "", whys->whys[whys->decisive].ooms);
	for (size_t i = 0; i < whys->count; i++) {
		if (i == whys->decisive)
			continue;
		fputs(", ", out);
		put(out, &whys->whys[i], false);
		put_count(out, whys->whys[i].at_least ? "at least " : "", whys->whys[i].ooms);
	}
	if (whys->other_ooms) {
		fputs(", other limits and causes", out);
		put_count(out, is_at_least(whys) ? "at most " : "", whys->other_ooms);
	}
}
