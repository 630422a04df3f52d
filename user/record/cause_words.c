// SPDX-License-Identifier: GPL-2.0-only
#include "record/cause_words.h"

#include <string.h>

#include "record/machine_why.h"

const char *cause_words__word(enum record_cause cause)
{
	static const char *const words[] = {
		[CAUSE_UNKNOWN] = "unknown",	   [CAUSE_INSIDE_WRITE] = "write",
		[CAUSE_LIMIT_LOWERED] = "lowered", [CAUSE_ANCESTOR_LIMIT] = "above",
		[CAUSE_LIMIT_UNCHANGED] = "grew",  [CAUSE_WHOLE_MACHINE] = "machine",
		[CAUSE_SYSRQ] = "sysrq",	   [CAUSE_NOT_KNOWN] = "not known",
		[CAUSE_OBSERVER] = "observer",
	};

	return words[cause];
}

const char *cause_words__short(enum record_cause cause)
{
	static const char *const words[] = {
		[CAUSE_UNKNOWN] = "unknown cause",
		[CAUSE_INSIDE_WRITE] = "inside a write of memory.max",
		[CAUSE_LIMIT_LOWERED] = "the limit was lowered",
		[CAUSE_ANCESTOR_LIMIT] = "a limit above it",
		[CAUSE_LIMIT_UNCHANGED] = "grew into its own limit",
		[CAUSE_WHOLE_MACHINE] = "the whole machine",
		[CAUSE_SYSRQ] = "asked for by sysrq",
		[CAUSE_NOT_KNOWN] = "cause not known",
		[CAUSE_OBSERVER] = "an observer accessed its memory",
	};

	return words[cause];
}

/* A cause, and what is known of it. */
enum variant {
	INSIDE_LOG,
	INSIDE_UNSEEN,
	INSIDE,		/* of a write of which the number is known */
	INSIDE_LOWERED, /* and its figures, too: it lowered the limit */
	INSIDE_SET,	/* and it didn't */
	EACH_LOWERED,	/* the same of several writes that are alike */
	EACH_SET,
	LOWERED,
	LOWERED_FROM,
	LOWERED_SET,
	ABOVE,
	GREW,
	MACHINE,
	FRAGMENTED,
	CPUSET,
	POLICY,
	SYSRQ,
	NOT_KNOWN,
	OTHER_WRITE, /* not known, and why */
	LATER_WRITE,
	OBSERVER,
	VARIANTS,
};

/*
 * %p: the writer, or the observer; %w: "write 3"; %f: the limit before; %t: " 2 s before", or nothing. NULL: nothing
 * is said.
 */
static const char *const sentences[][VARIANTS] = {
	[CAUSE_ALONE] = {
		[INSIDE_LOG] = "inside a write of the limit, by %p",
		[INSIDE_UNSEEN] = "inside a write of memory.max whose beginning wasn't seen, by %p",
		[INSIDE] = "inside %w of memory.max, by %p",
		[LOWERED] = "%w had lowered the limit below usage%t",
		[ABOVE] = "a limit above it: all cgroups below that share its memory",
		[GREW] = "it grew into its own limit",
		[NOT_KNOWN] = "not known: oomtrace can't tell whether the limit was written",
		[OTHER_WRITE] = "not known: another write had set the limit than the last one that oomtrace saw begin",
		[LATER_WRITE] = "not known: the limit was written while the OOM killer ran",
		[OBSERVER] = "%p, outside of the limit's cgroup, accessed memory of a process in it",
	},
	[CAUSE_OF_LIMIT] = {
		[INSIDE_LOG] = ", inside a write of it by %p",
		[INSIDE_UNSEEN] = ", inside a write of it whose beginning wasn't seen, by %p",
		[INSIDE] = ", inside %w of memory.max by %p: certain, it happened in the writer's own thread",
		[LOWERED] = ", which %w had lowered below usage%t",
		[ABOVE] = ", which stands above it: all below share that memory",
		[GREW] = ", into which the workload grew",
		[MACHINE] = "the whole machine was out of memory",
		[FRAGMENTED] = "memory was free, but not in a piece as large as was asked for",
		[CPUSET] = "the memory nodes of a cpuset were out of memory",
		[POLICY] = "the memory nodes of a memory policy were out of memory",
		[SYSRQ] = "somebody asked for it by sysrq",
		[NOT_KNOWN] = ": whether it was written before isn't known",
		[OTHER_WRITE] = ": which write had set it isn't known",
		[LATER_WRITE] = ": it was written meanwhile, and what it was before isn't known",
		[OBSERVER] = ", because %p, outside of it, accessed memory of a process in it",
	},
	[CAUSE_VERDICT] = {
		[INSIDE_LOG] = ", inside a write of it by %p",
		[INSIDE_UNSEEN] = ", inside a write of it whose beginning wasn't seen",
		[INSIDE] = ", lowered by %w, inside that write",
		[INSIDE_LOWERED] = ", lowered from %f by %p, inside that write",
		[INSIDE_SET] = ", written by %p, inside that write",
		[EACH_LOWERED] = ", lowered from %f by %p, each inside such a write",
		[EACH_SET] = ", written by %p, each inside such a write",
		[LOWERED] = ", lowered by %w%t",
		[LOWERED_FROM] = ", lowered from %f by %p%t",
		[LOWERED_SET] = ", written by %p%t",
		[GREW] = ", into which the workload grew",
		[MACHINE] = "the whole machine was out of memory",
		[FRAGMENTED] = "memory was free, but not in a piece as large as was asked for",
		[CPUSET] = "the memory nodes of a cpuset were out of memory",
		[POLICY] = "the memory nodes of a memory policy were out of memory",
		[SYSRQ] = "somebody asked for it by sysrq",
		[OBSERVER] = ", because %p, outside of it, accessed memory of a process in it",
	},
};

/* VARIANTS: nothing is known of the cause. */
static enum variant variant_of(const struct cause_facts *f)
{
	bool lowered = f->new_max_bytes < f->old_max_bytes;

	switch (f->cause) {
	case CAUSE_INSIDE_WRITE:
		if (f->from_log)
			return INSIDE_LOG;
		if (!f->write_id)
			return INSIDE_UNSEEN;
		if (f->several_writes)
			return lowered ? EACH_LOWERED : EACH_SET;
		return !f->has_write ? INSIDE : lowered ? INSIDE_LOWERED : INSIDE_SET;
	case CAUSE_LIMIT_LOWERED:
		return !f->has_write ? LOWERED : lowered ? LOWERED_FROM : LOWERED_SET;
	case CAUSE_ANCESTOR_LIMIT:
		return ABOVE;
	case CAUSE_LIMIT_UNCHANGED:
		return GREW;
	case CAUSE_WHOLE_MACHINE:
		if (f->fragmented)
			return FRAGMENTED;
		return f->in_cpuset ? CPUSET : f->in_policy ? POLICY : MACHINE;
	case CAUSE_SYSRQ:
		return SYSRQ;
	case CAUSE_NOT_KNOWN:
		return f->not_known == NOT_KNOWN_OTHER_WRITE   ? OTHER_WRITE
		       : f->not_known == NOT_KNOWN_LATER_WRITE ? LATER_WRITE
							       : NOT_KNOWN;
	case CAUSE_OBSERVER:
		return OBSERVER;
	case CAUSE_UNKNOWN:
		break;
	}
	return VARIANTS;
}

struct cause_facts cause_words__facts(const struct record_oom *oom)
{
	const struct record_machine *machine = oom->machine ? oom->machine
					       : oom->log   ? oom->log->machine
							    : NULL;

	return (struct cause_facts){
		.cause = oom->sysrq	      ? CAUSE_SYSRQ
			 : oom->whole_machine ? CAUSE_WHOLE_MACHINE
					      : oom->cause,
		.not_known = oom->cause_not_known,
		.from_log = oom->log,
		.in_cpuset = oom->constraint && !strcmp(oom->constraint, "cpuset"),
		.in_policy = oom->constraint && !strcmp(oom->constraint, "mempolicy"),
		.fragmented = oom->whole_machine && !oom->sysrq && machine &&
			      machine_why__is_fragmented(machine, oom->order),
		.write_id = oom->cause_limit_id,
		.since_ns = oom->cause_since_ns,
		.writer = oom->trigger_comm,
		.writer_pid = oom->log && !oom->log->has_trigger_pid ? 0 : oom->trigger_pid,
	};
}

void cause_words__put(FILE *out, enum cause_form form, const struct cause_facts *facts,
		      const struct cause_words_ops *ops, const void *ctx)
{
	enum variant variant = variant_of(facts);
	const char *at = variant < VARIANTS ? sentences[form][variant] : NULL;

	for (; at && *at; at++) {
		if (*at != '%') {
			fputc(*at, out);
			continue;
		}
		at++;
		if (*at == 'p') {
			ops->process(out, facts->writer, facts->writer_pid);
		} else if (*at == 'w') {
			ops->write(out, facts->write_id, ctx);
		} else if (*at == 'f') {
			ops->size(out, facts->old_max_bytes);
		} else if (facts->since_ns) {
			fputc(' ', out);
			ops->duration(out, facts->since_ns);
			fputs(" before", out);
		}
	}
}
