// SPDX-License-Identifier: GPL-2.0-only
#include "output/steps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "output/text_parts.h"
#include "record/candidate_words.h"
#include "record/cause_words.h"
#include "record/children_words.h"
#include "record/tmpfs_words.h"

#define MOST(part, whole) ((part) > (whole) / 2)
/* Shared memory worth a step; what is of one process; growth that doubles the limit within so many seconds. */
#define FILE_FRACTION 5 /* of what is shared: a file that is worth naming */
#define LARGEST_PERCENT 80
#define SECONDS_TO_DOUBLE 10
#define MANY_PROCESSES 5
#define ADJ_NEVER (-1000)

static const char *const names[STEP_RULES] = {
	[STEP_UNDO_WRITE] = "undo-write", [STEP_SMALLER] = "smaller-steps",
	[STEP_EXEMPT] = "exempt",	  [STEP_ANCESTOR] = "ancestor",
	[STEP_HELD_BACK] = "held-back",	  [STEP_SHARED] = "shared",
	[STEP_KERNEL] = "kernel",	  [STEP_MANY] = "many",
	[STEP_GROWTH] = "growth",	  [STEP_LARGEST] = "largest",
	[STEP_MACHINE] = "machine",	  [STEP_HIGH] = "memory-high",
};

/* A step that is being written. */
struct draft {
	char *text;
	size_t size;
	FILE *out;
};

static FILE *begin(struct draft *draft)
{
	*draft = (struct draft){};
	draft->out = open_memstream(&draft->text, &draft->size);
	return draft->out;
}

static int keep(struct steps *steps, enum step_rule rule, struct draft *draft)
{
	if (fclose(draft->out)) {
		free(draft->text);
		return -ENOMEM;
	}
	free(steps->texts[rule]);
	steps->texts[rule] = draft->text;
	return 0;
}

static void put_limit(FILE *out, const struct record_oom *oom)
{
	if (oom->limit->has_memory)
		text_parts__size(out, "the limit of ", oom->limit->max_bytes);
	else
		fputs("the limit", out);
	fputs(" of ", out);
	text_parts__named_place(out, oom->limit->path, &oom->limit_container);
}

/* Of the limit's cgroup; 0: unknown. */
static uint64_t usage_of(const struct record_oom *oom)
{
	return oom->limit && oom->limit->has_memory ? oom->limit->usage_bytes : 0;
}

/*
 * Who was killed first, if it is known what it had: anonymous memory, which is charged to it alone. Resident files and
 * shared memory may be others'.
 */
static const struct record_victim *culprit_of(const struct record_oom *oom)
{
	const struct record_victim *v = record__first_killed(oom);

	return v && v->has_mm && v->comm ? v : NULL;
}

/* ---- the rules ---- */

static int keep_undo(struct steps *steps, const char *cgroup, struct draft *draft)
{
	int err = keep(steps, STEP_UNDO_WRITE, draft);

	free(steps->undo_cgroup);
	steps->undo_cgroup = cgroup ? strdup(cgroup) : NULL;
	return err ?: (cgroup && !steps->undo_cgroup ? -ENOMEM : 0);
}

/* What was put back, all or in part, needs no such advice. */
static void see_raised(struct steps *steps, const struct record_limit *l)
{
	if (l->file != LIMIT_MAX || l->new_max_bytes <= l->old_max_bytes || !l->cgroup ||
	    !steps->undo_cgroup || strcmp(steps->undo_cgroup, l->cgroup))
		return;
	free(steps->texts[STEP_UNDO_WRITE]);
	steps->texts[STEP_UNDO_WRITE] = NULL;
}

/* The write that a kill came of, once it is told: it comes after the kills that are inside of it. */
static int see_write(struct steps *steps, const struct record_limit *l)
{
	struct draft draft;

	see_raised(steps, l);
	if (l->writer_self)
		steps->own_limit_id = l->id;
	if (!l->kills || l->new_max_bytes >= l->old_max_bytes || l->writer_self)
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	text_parts__process(draft.out, l->writer_comm, l->writer_pid);
	fputs(" lowered the limit of ", draft.out);
	text_parts__short_place(draft.out, l->cgroup, &l->container);
	text_parts__size(draft.out, " from ", l->old_max_bytes);
	text_parts__size(draft.out, " to ", l->new_max_bytes);
	text_parts__size(draft.out, " when usage was ", l->usage_before_bytes);
	fprintf(draft.out,
		", and %" PRIu32 " process%s killed in that write: put the limit back, or find out who ",
		l->kills, l->kills == 1 ? " was" : "es were");
	fputs("asked for it", draft.out);
	return keep_undo(steps, l->cgroup, &draft);
}

static int see_lowered(struct steps *steps, const struct record_oom *oom)
{
	struct draft draft;

	if (oom->cause != CAUSE_LIMIT_LOWERED || !oom->killed || !oom->limit ||
	    (oom->cause_limit_id && oom->cause_limit_id == steps->own_limit_id))
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	put_limit(draft.out, oom);
	fputs(" was set below usage", draft.out);
	if (oom->cause_since_ns)
		text_parts__duration(draft.out, " ", oom->cause_since_ns);
	fputs(oom->cause_since_ns ? " before the kill: put it back" : ": put it back", draft.out);
	if (oom->cause_limit_id)
		fprintf(draft.out, "; its record is limit %" PRIu64, oom->cause_limit_id);
	return keep_undo(steps, oom->limit->path, &draft);
}

static int see_needless(struct steps *steps, const struct record_relief *r)
{
	struct draft draft;

	if (!r->live || !r->needless_kills || !steps->lowered)
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	fprintf(draft.out, "%" PRIu64 " kill%s not needed, because memory was on its way back",
		r->needless_kills, r->needless_kills == 1 ? " was" : "s were");
	text_parts__size(draft.out, ": lower a limit in smaller steps, as --ramp does; up to ",
			 r->needless_bytes);
	fputs(" were killed in vain", draft.out);
	return keep(steps, STEP_SMALLER, &draft);
}

/* Victims of before were about to give back what was above the limit. */
static bool is_on_its_way(const struct record_oom *oom)
{
	return usage_of(oom) && oom->in_flight_bytes &&
	       usage_of(oom) <= oom->limit->max_bytes + oom->in_flight_bytes;
}

/* The largest that oom_score_adj exempts; NULL: none is known. */
static const struct record_candidate *find_exempt(const struct candidate_facts *facts)
{
	for (size_t i = 0; i < facts->spared_count; i++) {
		if (facts->spared[i]->has_adj && facts->spared[i]->oom_score_adj == ADJ_NEVER)
			return facts->spared[i];
	}
	return NULL;
}

static int see_exempt(struct steps *steps, const struct record_oom *oom, const struct candidate_facts *facts)
{
	const struct record_candidate *exempt = find_exempt(facts);
	struct draft draft;

	if (oom->outcome != OOM_NO_VICTIM || !oom->limit || is_on_its_way(oom))
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	if (exempt) {
		text_parts__process(draft.out, exempt->comm, exempt->pid);
		text_parts__size(draft.out, " has ", exempt->counted_bytes);
		fprintf(draft.out, " and can't be killed (oom_score_adj %d)", ADJ_NEVER);
	} else {
		fputs("nothing could be killed", draft.out);
	}
	fputs(": raise ", draft.out);
	put_limit(draft.out, oom);
	if (exempt)
		fputs(", or give up the exemption of a process (oom_score_adj -1000)", draft.out);
	else if (!oom->candidates)
		fputs(", or look for processes that are exempt (oom_score_adj -1000)", draft.out);
	return keep(steps, STEP_EXEMPT, &draft);
}

/* "api, which had 45.0 MiB of it and grew by 44.0 MiB in 9.8 s" */
static void put_neighbour(FILE *out, const struct record_oom *oom)
{
	const struct record_child *c = children_words__neighbour(oom);
	uint64_t growth = c ? children_words__growth(c) : 0;

	if (!c) {
		fputs("what else is under it", out);
		return;
	}
	text_parts__short_place(out, c->cgroup, &c->container);
	text_parts__size(out, ", under the same limit, which had ", c->usage_bytes);
	if (growth) {
		text_parts__size(out, " and grew by ", growth);
		text_parts__duration(out, " in ", children_words__growth_ns(oom->children, c));
	}
}

static int see_ancestor(struct steps *steps, const struct record_oom *oom)
{
	const struct record_level *own = oom->chain;
	struct draft draft;

	if (oom->cause != CAUSE_ANCESTOR_LIMIT || !oom->killed || !oom->limit || oom->chain_count < 2 ||
	    !own->has_memory)
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	put_limit(draft.out, oom);
	text_parts__size(draft.out, " was hit: the cgroup of the victim had ", own->usage_bytes);
	if (own->max_bytes != RECORD_NO_LIMIT)
		text_parts__size(draft.out, " of its own ", own->max_bytes);
	fputs(". Raise that limit, or look at ", draft.out);
	put_neighbour(draft.out, oom);
	return keep(steps, STEP_ANCESTOR, &draft);
}

static int see_held_back(struct steps *steps, const struct record_oom *oom,
			 const struct candidate_facts *facts)
{
	const struct record_candidate *c = facts->spared_count ? facts->spared[0] : NULL;
	struct draft draft;

	if (!oom->killed || !c || !c->has_adj || c->oom_score_adj >= 0 ||
	    !candidate_words__usage_of(oom, c->counted_bytes) || !MOST(c->counted_bytes, usage_of(oom)))
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	text_parts__process(draft.out, c->comm, c->pid);
	text_parts__size(draft.out, " has ", c->counted_bytes);
	text_parts__size(draft.out, " of ", usage_of(oom));
	fprintf(draft.out,
		", but its oom_score_adj %d lets others be killed: give it a limit of its own, or a higher ",
		c->oom_score_adj);
	fputs("oom_score_adj", draft.out);
	return keep(steps, STEP_HELD_BACK, &draft);
}

static int see_shared(struct steps *steps, const struct record_oom *oom)
{
	const struct record_tmpfs_file *largest =
		oom->tmpfs && oom->tmpfs->largest_count ? &oom->tmpfs->largest[0] : NULL;
	uint64_t shared = tmpfs_words__shared(oom), nobodys;
	struct draft draft;

	if (!shared)
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	text_parts__size(draft.out, "", shared);
	text_parts__size(draft.out, " of ", usage_of(oom));
	fputs(" are in tmpfs (such as /dev/shm) or shared memory: files there and segments of ipcs -m stay when "
	      "a process is killed, look at them",
	      draft.out);
	if (largest && largest->bytes >= shared / FILE_FRACTION) {
		fputs(", first at ", draft.out);
		text_parts__name(draft.out, largest->path);
		text_parts__size(draft.out, ", a file of ", largest->bytes);
	}
	nobodys = candidate_words__not_resident(oom);
	if (nobodys) {
		text_parts__size(draft.out, ". About ", nobodys);
		fputs(" of it are resident in no process under this limit: files, memory that an open descriptor holds, "
		      "or what ended processes left",
		      draft.out);
	}
	return keep(steps, STEP_SHARED, &draft);
}

/* ", most of it page tables (30.0 MiB)"; the kernel doesn't count all parts by themselves. */
static void put_largest_part(FILE *out, const struct record_memory *m)
{
	static const struct {
		enum memory_item item;
		const char *words;
	} parts[] = {
		{ MEMORY_PAGETABLES, "page tables" },
		{ MEMORY_KERNEL_STACK, "stacks of threads" },
		{ MEMORY_PERCPU, "per-CPU memory" },
		{ MEMORY_VMALLOC, "vmalloc" },
		{ MEMORY_SLAB_UNRECLAIMABLE, "slab that can't be reclaimed" },
		{ MEMORY_SLAB_RECLAIMABLE, "slab that can be reclaimed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		enum memory_item item = parts[i].item;

		if (!(m->known & 1U << item) || !MOST(m->bytes[item], m->bytes[MEMORY_KERNEL]))
			continue;
		fprintf(out, ", most of it %s (", parts[i].words);
		text_parts__size(out, "", m->bytes[item]);
		putc(')', out);
	}
}

static int see_kernel(struct steps *steps, const struct record_oom *oom)
{
	const struct record_memory *m = oom->memory;
	struct draft draft;

	if (!m || !(m->known & 1U << MEMORY_KERNEL) || !usage_of(oom) ||
	    !MOST(m->bytes[MEMORY_KERNEL], usage_of(oom)))
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	text_parts__size(draft.out, "", m->bytes[MEMORY_KERNEL]);
	text_parts__size(draft.out, " of ", usage_of(oom));
	fputs(" are kernel memory", draft.out);
	put_largest_part(draft.out, m);
	fputs(", which is in no process's resident memory: --stacks shows what charges it", draft.out);
	return keep(steps, STEP_KERNEL, &draft);
}

static int see_many(struct steps *steps, const struct record_oom *oom, const struct candidate_facts *facts)
{
	const struct record_program *p = &facts->programs[0];
	struct draft draft;

	if (!oom->killed || !facts->program_count || p->count < MANY_PROCESSES || !usage_of(oom) ||
	    !MOST(p->counted_bytes, usage_of(oom)))
		return 0;
	/* What they share counts for each, and what is in swap isn't usage. */
	if (!candidate_words__usage_of(oom, p->counted_bytes))
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	fprintf(draft.out, "%s%" PRIu64 " processes of ",
		facts->sums == CANDIDATE_SUMS_ALL && !facts->unsummed ? "" : "at least ", p->count);
	text_parts__name(draft.out, p->comm);
	text_parts__size(draft.out, " have ", p->counted_bytes);
	text_parts__size(draft.out, " of ", usage_of(oom));
	text_parts__size(draft.out, ": run fewer of them, or give each some ", p->counted_bytes / p->count);
	return keep(steps, STEP_MANY, &draft);
}

/* Whether at this rate a limit twice as high would have been reached soon, too. */
static bool is_fast(const struct record_oom *oom)
{
	const struct record_history *h = oom->history;

	return h && h->has_growth && h->growth_bytes_per_s > 0 && oom->limit && oom->limit->has_memory &&
	       oom->limit->max_bytes != RECORD_NO_LIMIT &&
	       (uint64_t)h->growth_bytes_per_s > oom->limit->max_bytes / SECONDS_TO_DOUBLE;
}

static int see_growth(struct steps *steps, const struct record_oom *oom)
{
	const struct record_victim *v = culprit_of(oom);
	struct draft draft;

	if (!oom->killed || oom->cause != CAUSE_LIMIT_UNCHANGED || !is_fast(oom))
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	text_parts__size(draft.out, "usage grew by ", (uint64_t)oom->history->growth_bytes_per_s);
	fputs("/s when the kill came: no limit near this one would have held for long", draft.out);
	if (v && MOST(v->anon_rss_bytes, usage_of(oom))) {
		fputs("; look at ", draft.out);
		text_parts__name(draft.out, v->comm);
		text_parts__size(draft.out, ", which had ", v->anon_rss_bytes);
	}
	return keep(steps, STEP_GROWTH, &draft);
}

static int see_largest(struct steps *steps, const struct record_oom *oom)
{
	const struct record_victim *v = culprit_of(oom);
	struct draft draft;

	if (!oom->killed || oom->cause != CAUSE_LIMIT_UNCHANGED || is_fast(oom) || !v || !usage_of(oom) ||
	    v->anon_rss_bytes > usage_of(oom) || v->anon_rss_bytes < usage_of(oom) / 100 * LARGEST_PERCENT)
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	text_parts__process(draft.out, v->comm, v->pid);
	text_parts__size(draft.out, " had ", v->anon_rss_bytes);
	text_parts__size(draft.out, " of ", usage_of(oom));
	fputs(": it needs less memory, or a higher limit", draft.out);
	return keep(steps, STEP_LARGEST, &draft);
}

static int see_machine(struct steps *steps, const struct record_oom *oom)
{
	const struct record_victim *v = culprit_of(oom);
	struct cause_facts facts = cause_words__facts(oom);
	struct draft draft;

	if (!oom->killed || oom->cause != CAUSE_WHOLE_MACHINE || !v || facts.fragmented)
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	fputs(facts.in_cpuset	? "the memory nodes of its cpuset ran out of memory, and "
	      : facts.in_policy ? "the memory nodes of a memory policy ran out of memory, and "
				: "the whole machine ran out of memory, and ",
	      draft.out);
	text_parts__process(draft.out, v->comm, v->pid);
	text_parts__size(draft.out, " had ", v->anon_rss_bytes);
	fputs(" of it: give ", draft.out);
	if (v->cgroup)
		text_parts__named_place(draft.out, v->cgroup, &v->container);
	else
		fputs("it", draft.out);
	fputs(" a limit", draft.out);
	return keep(steps, STEP_MACHINE, &draft);
}

static int see_stall(struct steps *steps, const struct record_stall *s)
{
	struct draft draft;

	if (s->file != LIMIT_HIGH)
		return 0;
	if (!begin(&draft))
		return -ENOMEM;
	text_parts__named_place(draft.out, s->cgroup, &s->container);
	text_parts__size(draft.out, " stood still at its memory.high of ", s->max_bytes);
	text_parts__duration(draft.out, " for ", s->duration_ns);
	fputs(": raise memory.high, which kills nobody but holds back whoever is above it", draft.out);
	return keep(steps, STEP_HIGH, &draft);
}

static int see_oom(struct steps *steps, const struct record_oom *oom)
{
	struct candidate_facts facts;
	int err = see_lowered(steps, oom);

	steps->lowered |= oom->killed &&
			  (oom->cause == CAUSE_LIMIT_LOWERED || oom->cause == CAUSE_INSIDE_WRITE);
	candidate_words__facts(oom, &facts);
	err = err ?: see_exempt(steps, oom, &facts);
	err = err ?: see_ancestor(steps, oom);
	err = err ?: see_held_back(steps, oom, &facts);
	err = err ?: see_shared(steps, oom);
	err = err ?: see_kernel(steps, oom);
	err = err ?: see_many(steps, oom, &facts);
	err = err ?: see_growth(steps, oom);
	err = err ?: see_largest(steps, oom);
	return err ?: see_machine(steps, oom);
}

/* ---- all together ---- */

int steps__take(struct steps *steps, const struct record *record)
{
	switch (record->kind) {
	case RECORD_OOM:
		return see_oom(steps, &record->oom);
	case RECORD_LIMIT:
		return see_write(steps, &record->limit);
	case RECORD_RELIEF:
		return see_needless(steps, &record->relief);
	case RECORD_STALL:
		return see_stall(steps, &record->stall);
	default:
		return 0;
	}
}

int steps__tell(struct steps *steps, int (*tell)(void *ctx, const char *rule, const char *marked), void *ctx)
{
	int told = 0, err = 0;

	for (int rule = 0; rule < STEP_RULES && told < STEPS_TOLD && !err; rule++) {
		if (!steps->texts[rule])
			continue;
		err = tell(ctx, names[rule], steps->texts[rule]);
		told++;
	}
	steps__forget(steps);
	return err;
}

void steps__forget(struct steps *steps)
{
	for (int rule = 0; rule < STEP_RULES; rule++) {
		free(steps->texts[rule]);
		steps->texts[rule] = NULL;
	}
	free(steps->undo_cgroup);
	*steps = (struct steps){};
}
