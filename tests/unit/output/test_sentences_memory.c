// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said at random of memory beside the victim's: what shares a limit, swap, kills that weren't needed. Each
 * sentence must be true of the world that the record was made from.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/relief.h"
#include "output/sentences.h"
#include "output/text.h"
#include "output/text_log.h"
#include "output/text_relief.h"
#include "output/text_sink.h"
#include "record/children_words.h"
#include "take.h"

#define WORLDS 3000
#define CHILDREN 12
#define VICTIMS 5
#define MS 1000000ULL

static uint64_t any(uint64_t most)
{
	return (uint64_t)rand() % (most + 1);
}

static const char *duration_of(uint64_t ns)
{
	static char duration[SIZE];

	return units__format_duration(duration, sizeof(duration), ns);
}

/* What is put of a record of an OOM, behind a newline. */
static void tell(const struct record_oom *oom,
		 void (*put)(const struct text_sink *, const struct record_oom *))
{
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct text_sink *sink = (struct text_sink *)text__new(out, (struct text_look){ .detail = TEXT_ALL });

	fputc('\n', sink->base.out);
	put(sink, oom);
	fflush(sink->base.out);
	sink->base.ops->free(&sink->base);
	fclose(out);
}

/* ---- what shares a limit ---- */

/* A cgroup below the limit: what it had at a time before, and when it was read. */
struct child {
	char path[32];
	uint64_t before, usage, max;
	bool has_before, exact;
};

static int compare_usage(const void *a, const void *b)
{
	const struct child *x = a, *y = b;

	return x->usage < y->usage ? 1 : x->usage > y->usage ? -1 : 0;
}

/* "name 45.0 MiB of its own 64.0 MiB, 44.0 MiB more than 9.8 s before" */
static void check_child(const struct child *c, uint64_t before_ns, const char *at, const char *line)
{
	char words[256];
	int len = snprintf(words, sizeof(words), "%s%s %s", c->path + 3,
			   c->exact ? " (where it was killed)" : "", size_of(c->usage));

	demand(begins(at, words), "its usage", line);
	at += len;
	snprintf(words, sizeof(words), " of its own %s", size_of(c->max));
	demand(begins(at, " of its own ") == (c->max != UINT64_MAX / PAGE), "whether it has a limit", line);
	if (begins(at, " of its own ")) {
		demand(begins(at, words), "its limit", line);
		at += strlen(words);
	}
	if (!begins(at, ", ") || begins(at, ", and") || strcspn(at, ";\n") < strcspn(at, "m"))
		return;
	snprintf(words, sizeof(words), ", %s more than %s before", size_of(c->usage - c->before),
		 duration_of(before_ns));
	demand(c->has_before && c->usage > c->before && begins(at, words), "its growth", line);
}

static void check_children(const struct child *all, size_t count, size_t read, uint64_t before_ns,
			   uint64_t after_ns)
{
	const char *line = find(text, "shared by"), *at = line;
	unsigned int more = 0, unread = 0;
	size_t shown = 0;
	char name[16];

	demand((line != NULL) == (count > 1), "whether there is something", text);
	while (line && sscanf(at, "%15[a-z0-9]", name) == 1 && strcmp(name, "and") != 0 &&
	       strcmp(name, "read") != 0) {
		const struct child *c = all;

		while (c < all + count && strcmp(c->path + 3, name) != 0)
			c++;
		demand(c < all + count, "such a cgroup", line);
		check_child(c, before_ns + (c->exact ? 0 : after_ns), at, line);
		/* Nobody larger is left out, of those that were read. */
		for (size_t i = 0; i < read && !c->exact; i++)
			demand(all[i].usage <= c->usage || has(line, all[i].path + 3), "a larger one", line);
		shown++;
		at += strcspn(at, ";\n");
		at += *at == ';' ? 2 : 0;
	}
	if (line && sscanf(at, "and %u more, %u of which", &more, &unread) == 2)
		demand(unread == count - read, "how many weren't read", line);
	demand(!line || shown + more == count, "how many there are", line);
}

/* The limit's cgroup has `count` below it, of which `read` were read and the largest are in the record. */
static void test_children(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < WORLDS; seed++) {
		struct child all[CHILDREN];
		struct record_child list[CHILDREN];
		size_t count, read, told;
		uint64_t before_ns, after_ns;

		srand(seed);
		count = 1 + any(CHILDREN - 1);
		read = 1 + any(count - 1);
		told = read < 6 ? read : 6;
		before_ns = (1 + any(20000)) * MS;
		after_ns = any(3) ? any(100) * MS : 0;
		for (size_t i = 0; i < count; i++) {
			all[i] = (struct child){ .before = any(5000),
						 .usage = any(9000),
						 .max = any(2) ? UINT64_MAX / PAGE : 9000 + any(9),
						 .has_before = any(1) };
			snprintf(all[i].path, sizeof(all[i].path), "/p/c%zu", i);
		}
		qsort(all, read, sizeof(*all), compare_usage);
		all[any(told - 1)].exact = true;
		for (size_t i = 0; i < told; i++)
			list[i] = (struct record_child){ .cgroup = all[i].path,
							 .exact = all[i].exact,
							 .usage_bytes = all[i].usage * PAGE,
							 .max_bytes = all[i].max == UINT64_MAX / PAGE
									      ? RECORD_NO_LIMIT
									      : all[i].max * PAGE,
							 .has_before = all[i].has_before,
							 .before_bytes = all[i].before * PAGE,
							 .before_ns = before_ns };
		const struct record_children children = { .count = count,
							  .read = read,
							  .read_after_ns = after_ns,
							  .largest = list,
							  .largest_count = told };
		const struct record_oom oom = { .children = &children };

		tell(&oom, text_children__put);
		check_children(all, count, read, before_ns, after_ns);
		free(text);
	}
}

/* ---- swap ---- */

static void check_swap(uint64_t used, uint64_t own, uint64_t machine, bool swappy, uint64_t locked)
{
	const char *line = find(text, "swap");
	uint64_t most = own < machine ? own : machine;
	char words[128];

	if (!line)
		return;
	if (begins(line, "none is allowed"))
		demand(!own && !used, "none is allowed", line);
	if (begins(line, "there is none that this cgroup could use"))
		demand(!used && (!machine || !swappy), "none", line);
	if (begins(line, "full, too"))
		demand(used + most / 64 + 1 >= most, "full", line);
	snprintf(words, sizeof(words), "%s of at most %s", size_of(used), size_of(most));
	if (has(line, " of at most "))
		demand(has(line, used ? words : strstr(words, " of")) && used < most, "how much", line);
	if (has(line, "are locked"))
		demand(has(line, size_of(locked)), "locked", line);
}

/* What the kernel measures points against is max and what there is of swap for it: mem_cgroup_get_max(). */
static void test_swap(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < WORLDS; seed++) {
		struct record_memory memory = { .exact = true, .known = 1U << MEMORY_UNEVICTABLE };
		uint64_t machine, own, used, max = 1000, most;
		bool swappy;

		srand(seed);
		machine = any(2) ? any(2000) : 0;
		own = any(3) ? any(1) ? any(2000) : 1ULL << 40 : 0;
		most = own < machine ? own : machine;
		used = any(2) ? any(most) : any(1) ? most : 0;
		swappy = any(4);
		memory.bytes[MEMORY_UNEVICTABLE] = any(max) * PAGE;

		const struct record_level limit = { .has_memory = true,
						    .usage_bytes = max * PAGE,
						    .max_bytes = max * PAGE,
						    .has_swap = true,
						    .swap_usage_bytes = used * PAGE,
						    .swap_max_bytes = own == 1ULL << 40 ? RECORD_NO_LIMIT
											: own * PAGE };
		const struct record_oom oom = { .limit = &limit,
						.memory = &memory,
						.constraint = "memcg",
						.totalpages_bytes = (max + (swappy ? most : 0)) * PAGE };

		tell(&oom, text_memory__swap);
		check_swap(used, own, machine, swappy, memory.bytes[MEMORY_UNEVICTABLE] / PAGE);
		free(text);
	}
}

/* ---- the largest cgroups of the machine ---- */

static void put_machine(const struct text_sink *sink, const struct record_oom *oom)
{
	text_log__machine(sink, oom->machine);
}

/* Of those that were looked at, `count` are in the record: nobody who isn't has more. */
static void test_largest(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < WORLDS; seed++) {
		struct child all[CHILDREN];
		struct record_cgroup_usage list[CHILDREN];
		struct record_machine machine = {};
		const struct record_oom oom = { .machine = &machine };
		char words[128];
		size_t count;

		srand(seed);
		count = 1 + any(CHILDREN - 1);
		machine.largest = (struct record_largest){ .list = list,
							   .count = 1 + any(count - 1),
							   .looked_at = count,
							   .after_ns = any(9) * MS,
							   .cut = any(1) };
		for (size_t i = 0; i < count; i++) {
			all[i] = (struct child){ .usage = any(9000) };
			snprintf(all[i].path, sizeof(all[i].path), "/c%zu", i);
		}
		/* cppcheck-suppress uninitvar ; there is one at least */
		qsort(all, count, sizeof(*all), compare_usage);
		for (size_t i = 0; i < machine.largest.count; i++)
			list[i] = (struct record_cgroup_usage){ .path = all[i].path,
								.usage_bytes = all[i].usage * PAGE };
		tell(&oom, put_machine);
		for (size_t i = 0; i < count; i++) {
			snprintf(words, sizeof(words), " %s: %s\n", all[i].path, size_of(all[i].usage));
			demand((strstr(text, words) != NULL) == (i < machine.largest.count), "the largest",
			       text);
		}
		snprintf(words, sizeof(words),
			 "the largest of %s%zu that have none below them, read %s later\n",
			 machine.largest.cut ? "the first " : "", count,
			 duration_of(machine.largest.after_ns));
		demand(strstr(text, words) != NULL, "of how many", text);
		free(text);
	}
}

/* ---- kills that weren't needed ---- */

/* Victims of one limit, killed one after the other. What two of them share comes back with the later one. */
struct victims {
	uint64_t own[VICTIMS], shared, usage, max; /* pages */
	bool back[VICTIMS];
	size_t count;
};

static void keep_text(void *ctx, const struct record *record)
{
	(void)ctx;
	if (record->kind == RECORD_RELIEF && record->relief.needless_kills) {
		size_t size;
		FILE *out = open_memstream(&text, &size);

		text_relief__put_needless(out, &record->relief);
		fclose(out);
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x > *y ? 1 : *x < *y ? -1 : 0;
}

/* So many that came after the first would fit beside what is left, if only the smallest of them. */
static void check_needless(const struct victims *v)
{
	uint64_t kills = 1, least = 0, later[VICTIMS], back = 0;

	if (!text)
		return;
	sscanf(text, "with that, %" SCNu64 " kills turn out", &kills);
	for (size_t i = 0; i < v->count; i++)
		back += v->back[i];
	demand(kills < v->count && kills <= back, "others had to be killed", text);
	memcpy(later, v->own + 1, sizeof(later[0]) * (v->count - 1));
	qsort(later, v->count - 1, sizeof(later[0]), compare_numbers);
	for (size_t i = 0; i < kills; i++)
		least += later[i];
	demand(v->usage + least <= v->max, "they would fit", text);
	free(text);
	text = NULL;
}

static void test_needless(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < WORLDS; seed++) {
		const struct model_env env = { .page_size = PAGE, .on_record = keep_text };
		struct relief *relief = relief__new(&env);
		struct victims v = { .shared = 0 };

		srand(seed);
		text = NULL;
		v.shared = any(1) ? any(500) : 0;
		v.usage = any(2000);
		v.max = 1000 + any(3000);
		v.count = 2 + any(VICTIMS - 2);
		for (size_t i = 0; i < v.count; i++) {
			v.own[i] = 1 + any(1000);
			v.usage += v.own[i];
		}
		for (size_t i = 0; i < v.count; i++) {
			const struct record_level limit = { .id = 7,
							    .path = "/web",
							    .has_memory = true,
							    .usage_bytes = v.usage * PAGE,
							    .max_bytes = v.max * PAGE };
			const struct record_victim victim = { .pid = 1 + (uint32_t)i,
							      .ts_ns = (1 + i) * MS,
							      .role = ROLE_CHOSEN,
							      .anon_rss_bytes = v.own[i] * PAGE,
							      .shmem_rss_bytes = v.shared * PAGE };
			struct record_oom oom = {
				.id = 1 + i, .limit = &limit, .victims = &victim, .victim_count = 1
			};

			relief__killed(relief, &oom, victim.ts_ns, 7);
		}
		for (size_t n = 0; n < v.count; n++) {
			size_t i = any(v.count - 1);
			struct event_relief e = { .h = { .flags = RELIEF_HAS_USAGE } };

			while (v.back[i])
				i = (i + 1) % v.count;
			v.back[i] = true;
			e.h.ts_ns = (100 + n) * MS;
			e.marked_ns = (1 + i) * MS;
			e.oom_id = 1 + i;
			e.pid = 1 + (uint32_t)i;
			e.by = RELIEF_EXIT;
			e.usage_before_pages = v.usage;
			v.usage -= v.own[i];
			e.usage_after_pages = v.usage;
			e.max_pages = v.max;
			relief__event(relief, &e, 0);
			check_needless(&v);
		}
		relief__free(relief);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_needless),
	};

	return cmocka_run_group_tests_name("sentences_memory", tests, NULL, NULL);
}
