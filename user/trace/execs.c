// SPDX-License-Identifier: GPL-2.0-only
#include "trace/execs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The kernel aligns each value to 8 bytes. */
_Static_assert(sizeof(struct exec_entry) % 8 == 0, "entries aren't one behind the other");

/* What is left when room is made, so that it isn't made for each. */
#define LEFT (EXECS_KEPT / 4 * 3)

struct kept {
	struct exec_entry entry; /* program.exe 0: to be dropped */
	uint64_t before_ns;
};

struct execs {
	struct execs_places places;
	execs_is_there_fn is_there;
	uint64_t missed;
	size_t count;
	struct kept kept[EXECS_KEPT];
	struct kept *sorted[EXECS_KEPT];
	__u32 taken[]; /* of each CPU, as places.heads */
};

struct execs *execs__new(const struct execs_places *places, execs_is_there_fn is_there)
{
	struct execs *execs = calloc(1, sizeof(*execs) + places->cpus * sizeof(execs->taken[0]));

	if (!execs)
		return NULL;
	execs->places = *places;
	execs->is_there = is_there;
	return execs;
}

void execs__free(struct execs *execs)
{
	free(execs);
}

static int by_cgroup(const void *a, const void *b)
{
	const struct exec_entry *x = &(*(struct kept *const *)a)->entry,
				*y = &(*(struct kept *const *)b)->entry;

	if (x->cgroup_id != y->cgroup_id)
		return x->cgroup_id < y->cgroup_id ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int by_number(const void *a, const void *b)
{
	const struct exec_entry *x = &(*(struct kept *const *)a)->entry,
				*y = &(*(struct kept *const *)b)->entry;

	return (x->number > y->number) - (x->number < y->number);
}

/* Of some in order of age the oldest ones of processes that have ended, then the oldest ones. */
static void drop(const struct execs *execs, struct kept **sorted, size_t count, size_t excess)
{
	for (int any = 0; any <= 1; any++) {
		for (size_t i = 0; i < count && excess; i++) {
			struct exec_entry *entry = &sorted[i]->entry;

			if (!entry->program.exe || (!any && execs->is_there(entry->pid)))
				continue;
			entry->program.exe = 0;
			excess--;
		}
	}
}

/* The end of the cgroup that begins at `from` in what is sorted by cgroup. */
static size_t end_of(const struct execs *execs, size_t from)
{
	size_t end = from + 1;

	while (end < execs->count &&
	       execs->sorted[end]->entry.cgroup_id == execs->sorted[from]->entry.cgroup_id)
		end++;
	return end;
}

static size_t left_with(const struct execs *execs, size_t most)
{
	size_t left = 0;

	for (size_t from = 0, end; from < execs->count; from = end) {
		end = end_of(execs, from);
		left += end - from < most ? end - from : most;
	}
	return left;
}

/* How many a cgroup may keep, so that the others need not lose any. At least one. */
static size_t most_of_cgroup(const struct execs *execs)
{
	size_t most = 1;

	for (size_t step = EXECS_KEPT / 2; step; step /= 2) {
		if (left_with(execs, most + step) <= LEFT)
			most += step;
	}
	return most;
}

static void sort(struct execs *execs, int (*compare)(const void *a, const void *b))
{
	size_t count = 0;

	for (size_t i = 0; i < execs->count; i++) {
		if (!execs->kept[i].entry.program.exe)
			continue;
		if (count < i)
			execs->kept[count] = execs->kept[i];
		count++;
	}
	execs->count = count;
	for (size_t i = 0; i < count; i++)
		execs->sorted[i] = &execs->kept[i];
	qsort(execs->sorted, count, sizeof(struct kept *), compare);
}

static void make_room(struct execs *execs)
{
	size_t most;

	sort(execs, by_cgroup);
	most = most_of_cgroup(execs);
	for (size_t from = 0, end; from < execs->count; from = end) {
		end = end_of(execs, from);
		if (end - from > most)
			drop(execs, &execs->sorted[from], end - from, end - from - most);
	}
	sort(execs, by_number);
	/* There are as many cgroups. */
	if (execs->count > LEFT)
		drop(execs, execs->sorted, execs->count, execs->count - LEFT);
	sort(execs, by_number);
}

static void take_one(struct execs *execs, const struct exec_entry *entry, uint64_t now_ns)
{
	const __u64 exe = __atomic_load_n(&entry->program.exe, __ATOMIC_ACQUIRE);
	const __u64 number = __atomic_load_n(&entry->number, __ATOMIC_RELAXED);
	struct kept *kept;

	if (execs->count == EXECS_KEPT)
		make_room(execs);
	kept = &execs->kept[execs->count];
	kept->entry = *entry;
	kept->before_ns = now_ns;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* It was the oldest of its CPU, and has been written anew. */
	if (!exe || __atomic_load_n(&entry->program.exe, __ATOMIC_RELAXED) != exe ||
	    __atomic_load_n(&entry->number, __ATOMIC_RELAXED) != number)
		execs->missed++;
	else
		execs->count++;
}

void execs__take(struct execs *execs, uint64_t now_ns)
{
	const struct execs_places *places = &execs->places;

	for (size_t cpu = 0; cpu < places->cpus; cpu++) {
		const __u32 head = __atomic_load_n(&places->heads[cpu], __ATOMIC_ACQUIRE);
		__u32 *taken = &execs->taken[cpu];

		if (head - *taken > places->of_cpu) {
			execs->missed += head - *taken - places->of_cpu;
			*taken = head - (__u32)places->of_cpu;
		}
		for (; *taken != head; ++*taken)
			take_one(execs,
				 &places->entries[cpu * places->of_cpu + (*taken & (places->of_cpu - 1))],
				 now_ns);
	}
}

uint64_t execs__missed(const struct execs *execs)
{
	return execs->missed;
}

int execs__find(const struct execs *execs, const struct program *program, struct cmdline_entry *out,
		struct execs_who *who)
{
	const struct kept *found = NULL;

	for (size_t i = 0; i < execs->count; i++) {
		const struct kept *kept = &execs->kept[i];

		if (kept->entry.program.exe == program->exe &&
		    kept->entry.program.arg_start == program->arg_start &&
		    (!found || kept->entry.number > found->entry.number))
			found = kept;
	}
	if (!found || !found->entry.len || found->entry.len > sizeof(found->entry.bytes))
		return -ENOENT;
	out->start_ns = 0;
	out->len = found->entry.len;
	out->cut = found->entry.cut;
	memcpy(out->bytes, found->entry.bytes, sizeof(out->bytes));
	*who = (struct execs_who){ .pid = found->entry.pid, .before_ns = found->before_ns };
	return 0;
}

bool execs__is(const struct execs_who *who, uint32_t pid, uint64_t start_ns)
{
	return pid == who->pid && start_ns && start_ns <= who->before_ns;
}
