// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said of OOMs at random: why this process, who was spared, by which programs memory was held, whose the shared
 * memory is, and what to do. Each sentence must be true of the world that the record was made from.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output/sentences_world.h"
#include "output/text.h"
#include "take.h"

#define WORLDS 4000

/* "api (pid 103), 80.0 MiB, held back by oom_score_adj -900"; moves *at behind it. */
static struct process *take_process(struct world *w, const char **at)
{
	const char *line = *at;
	unsigned int pid = 0;
	char comm[16], words[128];
	struct process *p;

	demand(sscanf(line, "%15s (pid %u)", comm, &pid) == 2, "a process", line);
	p = world__find(w, pid);
	demand(p && !strcmp(p->comm, comm), "such a process", line);
	snprintf(words, sizeof(words), "%s (pid %u), %s", comm, pid, size_of(world__pages(p)));
	demand(begins(line, words), "its memory", line);
	line += strlen(words);
	words[0] = '\0';
	if (p->adj)
		snprintf(words, sizeof(words), ", %s by oom_score_adj %d",
			 p->adj == -1000 ? "exempt"
			 : p->adj < 0	 ? "held back"
					 : "raised",
			 p->adj);
	demand(begins(line, words), "its oom_score_adj", line);
	line += strlen(words);
	demand(*line == ';' || *line == '\n', "the end of a process", line);
	*at = line + (*line == ';' ? 2 : 0);
	return p;
}

static struct process *chosen_of(struct world *w)
{
	for (size_t i = 0; i < w->candidates.record.first_count; i++) {
		struct process *p = world__find(w, w->candidates.record.first[i].pid);

		if (p->killed)
			return p;
	}
	return NULL;
}

/* How many have more memory than this one, of those that `which` is true of. */
static size_t count_larger(const struct world *w, const struct process *than,
			   bool (*which)(const struct process *))
{
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++)
		count += world__pages(&w->processes[i]) > world__pages(than) && which(&w->processes[i]);
	return count;
}

static bool any(const struct process *p)
{
	return p;
}

static bool not_held_back(const struct process *p)
{
	return p->adj >= 0;
}

static bool killable_and_not_held_back(const struct process *p)
{
	return world__has_points(p) && p->adj >= 0;
}

static size_t count_killable(const struct world *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++)
		count += world__has_points(&w->processes[i]);
	return count;
}

static void check_score(const struct world *w, const struct process *chosen, const char *line)
{
	char adj[64];

	for (size_t i = 0; i < w->count; i++)
		demand(w->processes[i].points <= chosen->points, "the highest score", line);
	snprintf(adj, sizeof(adj), "held back by oom_score_adj %d", chosen->adj);
	demand(!has(line, ", though held back") || (chosen->adj < 0 && has(line, adj)), "held back", line);
	snprintf(adj, sizeof(adj), "raised by oom_score_adj %d", chosen->adj);
	demand(!begins(strchr(line, ','), ", raised by") || (chosen->adj > 0 && has(line, adj)), "raised",
	       line);
}

/* Returns whether it is one of the reasons. */
static void check_reason(const struct world *w, const struct process *chosen, const char *line)
{
	static const struct {
		const char *words;
		bool (*largest_of)(const struct process *);
	} reasons[] = {
		{ "the most memory of those that could be killed and are not held back, ",
		  killable_and_not_held_back },
		{ "the most memory of those that are not held back, ", not_held_back },
		{ "the most memory of the %zu processes that could be killed, ", world__has_points },
		{ "the most memory of %zu processes, ", any },
	};
	size_t counts[] = { 0, 0, count_killable(w), w->count };
	char words[128];

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		snprintf(words, sizeof(words), reasons[i].words, counts[i]);
		if (!begins(line, words))
			continue;
		demand(!count_larger(w, chosen, reasons[i].largest_of), "the most memory", line);
		demand(i > 1 || (chosen->adj >= 0 && count_larger(w, chosen, any)), "held back", line);
		return;
	}
	snprintf(words, sizeof(words), "the highest score of %zu processes", w->count);
	if (begins(line, words)) {
		check_score(w, chosen, line);
		return;
	}
	snprintf(words, sizeof(words), "raised by oom_score_adj %d, though others have more memory",
		 chosen->adj);
	if (begins(line, words)) {
		demand(chosen->adj > 0 && count_larger(w, chosen, any), "others have more", line);
		return;
	}
	demand(begins(line, "the only process that could be killed") && count_killable(w) == 1,
	       "the only one", line);
}

static void check_next(struct world *w, const char *line)
{
	const char *at = strstr(line, "; next: ");
	int64_t points = INT64_MAX;

	if (!has(line, "; next: "))
		return;
	demand(!w->victims_lost, "who was killed isn't known", line);
	for (at += strlen("; next: "); *at != '\n';) {
		struct process *p = take_process(w, &at);

		demand(!p->killed && world__has_points(p) && p->points <= points, "the next", line);
		for (size_t i = 0; i < w->count; i++) {
			const struct process *other = &w->processes[i];

			demand(other->killed || other->gone || other->points <= p->points ||
				       other->points >= points,
			       "nobody between", line);
		}
		points = p->points;
	}
}

static void check_chosen(struct world *w)
{
	const char *line = find(text, "chosen");
	const struct process *chosen = chosen_of(w);

	if (!line)
		return;
	demand(chosen != NULL, "somebody was", line);
	demand(chosen->gone || has(line, size_of(world__pages(chosen))), "its memory", line);
	check_reason(w, chosen, line);
	check_next(w, line);
}

static void check_spared(struct world *w)
{
	const char *line = find(text, "spared"), *at = line;
	const struct process *chosen = chosen_of(w);
	bool larger = line && begins(line, "though larger: ");

	if (!line)
		return;
	demand(!w->victims_lost, "who was killed isn't known", line);
	demand(larger == (chosen != NULL), "whether one was chosen", line);
	for (at += larger ? strlen("though larger: ") : 0; *at != '\n';) {
		const struct process *p = take_process(w, &at);

		demand(!p->killed, "it wasn't killed", line);
		demand(!larger || world__pages(p) > world__pages(chosen), "larger", line);
	}
}

/* Of which processes the sums are. */
enum set { SET_ALL, SET_KILLABLE, SET_LISTED };

static bool is_in(const struct process *p, enum set set)
{
	return set == SET_ALL || (set == SET_KILLABLE ? world__has_points(p) : p->listed);
}

static void check_program(const struct world *w, enum set set, uint64_t unknown, const char *at,
			  const char *line)
{
	uint64_t said, count = 0, pages = 0;
	char comm[16];
	const char *size;

	demand(sscanf(at, "%" SCNu64 " x %15[^,], ", &said, comm) == 2, "a sum", line);
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->processes[i].comm, comm) != 0 || !is_in(&w->processes[i], set))
			continue;
		count++;
		pages += world__pages(&w->processes[i]);
	}
	demand(said <= count && count <= said + unknown, "how many", line);
	size = at + strcspn(at, ",") + 2;
	demand(count != said || begins(size, size_of(pages)), "how much", line);
	size += strcspn(size, " ") + strlen(" MiB");
	if (begins(size, " of "))
		demand(!w->swap && begins(size + strlen(" of "), size_of(w->usage)), "of the usage", line);
	demand(!begins(size, " of ") || count != said || pages <= w->usage, "a part of it", line);
}

/* Whether it is the sum of all that could be killed. */
static bool check_all(const struct world *w, const char *at, const char *line)
{
	uint64_t pages = 0;

	if (!begins(at, "all that could be killed "))
		return false;
	for (size_t i = 0; i < w->count; i++)
		pages += world__has_points(&w->processes[i]) ? world__pages(&w->processes[i]) : 0;
	demand(begins(at + strlen("all that could be killed "), size_of(pages)), "the sum of all", line);
	return true;
}

static void check_held_by(const struct world *w)
{
	const char *line = find(text, "held by"), *at = line, *unknown_at;
	uint64_t unknown = 0, count = 0, of = 0;
	enum set set = SET_ALL;

	if (!line)
		return;
	unknown_at = strstr(line, "; of ");
	if (has(line, "; of "))
		sscanf(unknown_at, "; of %" SCNu64 " it isn't known", &unknown);
	if (sscanf(line, "the first %" SCNu64 " of %" SCNu64 ": ", &count, &of) == 2) {
		set = SET_LISTED;
		demand(of == w->count, "of how many", line);
	} else if (sscanf(line, "of the %" SCNu64 " that could be killed: ", &count) == 1) {
		set = SET_KILLABLE;
		demand(count == count_killable(w), "how many could be killed", line);
	}
	if (set != SET_ALL)
		at = strstr(line, ": ") + 2;
	for (; at < line + strcspn(line, "\n"); at += strcspn(at, ";\n") + 2) {
		if (begins(at, "of ") || check_all(w, at, line))
			continue;
		check_program(w, set, unknown, at, line);
	}
}

/* Above what processes have mapped there is at least so much that none of them has in memory. */
static void check_shmem(const struct world *w)
{
	const char *line = find(text, "shmem");
	uint64_t mapped = 0;

	if (!line)
		return;
	for (size_t i = 0; i < w->count; i++)
		mapped += w->processes[i].shmem;
	demand(w->shmem > mapped && has(line, size_of(w->shmem - mapped)), "resident in no process", line);
}

static void check_step(struct world *w, const char *line)
{
	unsigned int pid;
	uint64_t said = 0;
	char comm[16];
	struct process *p = sscanf(line, "%15s (pid %u) has", comm, &pid) == 2 ? world__find(w, pid) : NULL;

	if (has(line, "lets others be killed")) {
		demand(p && !p->killed && !w->victims_lost && p->adj < 0 && !w->swap, "held back", line);
		demand(p && world__pages(p) <= w->usage && has(line, size_of(world__pages(p))),
		       "of the usage", line);
	} else if (has(line, "and can't be killed")) {
		demand(p && p->adj == -1000 && has(line, size_of(world__pages(p))), "exempt", line);
	} else if (sscanf(line, "at least %" SCNu64 " processes of %15s have", &said, comm) == 2 ||
		   sscanf(line, "%" SCNu64 " processes of %15s have", &said, comm) == 2) {
		uint64_t count = 0, pages = 0;

		for (size_t i = 0; i < w->count; i++) {
			count += !strcmp(w->processes[i].comm, comm);
			pages += strcmp(w->processes[i].comm, comm) ? 0 : world__pages(&w->processes[i]);
		}
		demand(begins(line, "at least ") ? count >= said : count == said, "how many", line);
		demand(!w->swap && (count != said || has(line, size_of(pages))), "how much", line);
	}
}

static void check_steps(struct world *w)
{
	for (const char *at = text; (at = find(at, "next"));)
		check_step(w, at);
}

/* As text, of an OOM at a limit in this world. */
static void tell(struct world *w)
{
	struct record_victim victims[PROCESSES_MAX] = {};
	struct record_memory memory = { .exact = true, .known = 1U << MEMORY_SHMEM };
	const struct record_level limit = { .path = "/web",
					    .has_memory = true,
					    .usage_bytes = w->usage * PAGE,
					    .max_bytes = w->usage * PAGE,
					    .high_bytes = RECORD_NO_LIMIT,
					    .has_swap = true,
					    .swap_usage_bytes = w->swap * PAGE,
					    .swap_max_bytes = RECORD_NO_LIMIT };
	struct record_oom oom = { .id = 1,
				  .cause = CAUSE_LIMIT_UNCHANGED,
				  .constraint = "memcg",
				  .trigger_comm = "web",
				  .limit = &limit,
				  .memory = &memory,
				  .victims = victims,
				  .killed = w->killed,
				  .outcome = w->killed ? OOM_KILLED : OOM_NO_VICTIM,
				  .candidates = &w->candidates.record };
	const struct record_session session = { .version = "1", .kernel = "6.1" };
	const struct record_end end = { .reason = "interrupted" };
	const struct record_time at = { .boot_ns = 1 };
	const struct record_candidate *first = w->candidates.record.first;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = text__new(out, (struct text_look){ .detail = TEXT_ALL });

	memory.bytes[MEMORY_SHMEM] = w->shmem * PAGE;
	/* The chosen one is the first; of the others some may be lost. */
	for (size_t i = 0; i < w->count; i++) {
		const struct process *p = &w->processes[i];
		bool is_chosen = w->candidates.record.first_count && p->pid == first->pid;

		if (!p->killed || (w->victims_lost && rand() % 2))
			continue;
		victims[oom.victim_count++] = (struct record_victim){
			.pid = p->pid, .comm = p->comm, .role = is_chosen ? ROLE_CHOSEN : ROLE_GROUP
		};
	}
	oom.missing = w->killed - oom.victim_count;
	w->victims_lost = oom.missing;
	assert_int_equal(TAKE(sink, SESSION, session, at, session), 0);
	assert_int_equal(TAKE(sink, OOM, oom, at, oom), 0);
	assert_int_equal(TAKE(sink, END, end, at, end), 0);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	fclose(out);
}

static void test_candidates(void **state)
{
	static struct world w;

	(void)state;
	for (unsigned int seed = 0; seed < WORLDS; seed++) {
		srand(seed);
		world__make(&w);
		tell(&w);
		check_chosen(&w);
		check_spared(&w);
		check_held_by(&w);
		check_shmem(&w);
		check_steps(&w);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_candidates) };

	return cmocka_run_group_tests_name("sentences", tests, NULL, NULL);
}
