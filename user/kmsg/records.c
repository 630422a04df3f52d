// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/records.h"
#include "record/machine_why.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/copy.h"
#include "kmsg/memory_records.h"
#include "kmsg/stamp.h"

#define CANDIDATES_SHOWN 20

/* What a record refers to, while it is handed over. */
struct parts {
	struct record_log log;
	struct record_level limit;
	struct record_memory memory;
	struct record_candidate candidate[CANDIDATES_SHOWN];
	struct record_candidates candidates;
	struct record_zone zones[KMSG_ZONES_MAX];
	struct record_machine machine;
	const char *ambiguous[16];
	char why[MACHINE_WHY_SIZE];
	struct record_victim *victims;
};

/* NULL for what isn't told. */
static const char *told(const char *text)
{
	return text[0] ? text : NULL;
}

/* What isn't told gets the place that it has in the order of the log. */
static struct record_time time_of(bool has_uptime, uint64_t uptime_ns, bool has_wall, int64_t wall_ns,
				  int64_t stamp_ns)
{
	struct record_time time = { .boot_ns = uptime_ns, .wall_ns = wall_ns };

	time.no_boot = !has_uptime;
	time.no_wall = !has_wall;
	if (!has_wall)
		time.wall_ns = stamp_ns ? stamp_ns : (int64_t)uptime_ns;
	if (!has_uptime)
		time.boot_ns = (uint64_t)time.wall_ns;
	return time;
}

static int end_session(struct kmsg_records *records, const char *reason)
{
	struct record record = {
		.kind = RECORD_END,
		.time = records->last,
		.end = { .reason = reason, .ooms = records->session_ooms, .kills = records->session_kills },
	};

	records->session_ooms = records->session_kills = 0;
	return sink__take(records->sink, &record);
}

static int begin_session(struct kmsg_records *records, const struct record_time *time, const char *host,
			 const char *release, uint32_t page_size)
{
	struct record record = {
		.kind = RECORD_SESSION,
		.time = *time,
		.session = {
			.from_log = true,
			.version = OOMTRACE_VERSION,
			.kernel = told(release),
			.host = told(host),
			.target_kind = "machine",
			.page_size = page_size,
		},
	};

	int err = records->has_session ? end_session(records, "the log goes on with another host or kernel")
				       : 0;

	if (err)
		return err;
	records->has_session = true;
	copy__text(records->host, sizeof(records->host), host);
	copy__text(records->release, sizeof(records->release), release);
	return sink__take(records->sink, &record);
}

/* Another host or kernel is another session. What isn't told is taken for the same. */
static bool is_other_session(const struct kmsg_records *records, const struct kmsg_incident *incident)
{
	if (!records->has_session)
		return true;
	if (strcmp(records->host, incident->host) != 0)
		return true;
	return incident->release[0] && records->release[0] &&
	       strcmp(records->release, incident->release) != 0;
}

/* ---- the parts ---- */

static void fill_counter(struct record_counter *to, const struct kmsg_counter *from)
{
	*to = (struct record_counter){ .known = from->known,
				       .usage_bytes = from->usage_bytes,
				       .max_bytes = from->limit_bytes,
				       .failcnt = from->failcnt };
	if (from->limit_bytes == KMSG_NO_LIMIT)
		to->max_bytes = RECORD_NO_LIMIT;
}

static size_t fill_ambiguous(const char **texts, size_t max, uint32_t unclear)
{
	static const struct {
		enum kmsg_unclear bit;
		const char *text;
	} all[] = {
		{ KMSG_UNCLEAR_WRITE, "inside_write: the frame of a write of the limit is marked '?': it was "
				      "found on the stack and may be left over from an earlier call" },
		{ KMSG_UNCLEAR_TRACE, "inside_write: another report is woven into the call trace" },
		{ KMSG_UNCLEAR_PATH, "paths of cgroups: broken lines were put together" },
		{ KMSG_UNCLEAR_GROUP, "group_kill: where it ends" },
		{ KMSG_UNCLEAR_PAGE_SIZE, "candidates: the log doesn't tell the size of a page" },
		{ KMSG_UNCLEAR_PGTABLES, "pgtables_bytes: this kernel may have printed bytes and said kB" },
		{ KMSG_UNCLEAR_CONSTRAINT, "constraint: the whole machine, or a memory policy or cpuset: "
					   "kernels before 5.0 don't tell" },
		{ KMSG_UNCLEAR_COPIES, "host, time: the report stands in the log twice, in two forms; it is "
				       "taken for one" },
		{ KMSG_UNCLEAR_CUT, "outcome: the report ends early, and whether a process was killed isn't "
				    "in the log" },
	};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all) && count < max; i++)
		if (unclear & all[i].bit)
			texts[count++] = all[i].text;
	return count;
}

static const char *dump_name(enum kmsg_dump dump)
{
	static const char *const names[] = {
		[KMSG_DUMP_NONE] = "none",	   [KMSG_DUMP_GREPPED] = "grepped", [KMSG_DUMP_CUT] = "cut",
		[KMSG_DUMP_HEADLESS] = "headless", [KMSG_DUMP_FULL] = "full",
	};

	return names[dump];
}

static const char *asked_name(enum kmsg_asked asked)
{
	static const char *const names[] = {
		[KMSG_ASKED_ANON] = "anonymous memory",	       [KMSG_ASKED_COPY] = "copy on write",
		[KMSG_ASKED_TMPFS] = "tmpfs or shared memory", [KMSG_ASKED_FILE] = "page cache",
		[KMSG_ASKED_SWAPIN] = "swapped memory",	       [KMSG_ASKED_KERNEL] = "kernel memory",
		[KMSG_ASKED_SOCKET] = "socket memory",	       [KMSG_ASKED_SYSRQ] = "sysrq",
	};

	return names[asked];
}

static void fill_candidate(struct record_candidate *to, const struct kmsg_task *from, uint32_t page_size)
{
	uint64_t unit = page_size ? page_size : 1;

	*to = (struct record_candidate){
		.pid = from->pid,
		.comm = from->comm,
		.has_uid = from->has_uid,
		.uid = from->uid,
		.has_adj = from->has_adj,
		.oom_score_adj = from->oom_score_adj,
		.has_total_vm = true,
		.has_rss = true,
		.has_swap = from->has_swap,
		.in_pages = !page_size,
		.total_vm = from->total_vm < UINT64_MAX / unit ? from->total_vm * unit : UINT64_MAX,
		.rss = from->rss < UINT64_MAX / unit ? from->rss * unit : UINT64_MAX,
		.swap = from->swap < UINT64_MAX / unit ? from->swap * unit : UINT64_MAX,
	};
	to->has_pgtables = from->has_pgtables && from->pgtables_in_bytes;
	to->pgtables_bytes = to->has_pgtables ? from->pgtables : 0;
}

/* The rows with the most rss, in their order. */
static size_t most_rss(const struct kmsg_incident *incident, const struct kmsg_task **most)
{
	size_t count = 0;

	for (size_t i = 0; i < incident->task_count; i++) {
		const struct kmsg_task *task = &incident->tasks[i];
		size_t at = count < CANDIDATES_SHOWN ? count++ : CANDIDATES_SHOWN - 1;

		if (at == CANDIDATES_SHOWN - 1 && i >= CANDIDATES_SHOWN && task->rss <= most[at]->rss)
			continue;
		for (; at && most[at - 1]->rss < task->rss; at--)
			most[at] = most[at - 1];
		most[at] = task;
	}
	return count;
}

static void fill_candidates(struct parts *parts, const struct kmsg_incident *incident)
{
	const struct kmsg_task *most[CANDIDATES_SHOWN];
	size_t count = most_rss(incident, most);

	if (!incident->task_rows)
		return;
	for (size_t i = 0; i < count; i++)
		fill_candidate(&parts->candidate[i], most[i], incident->page_size);
	parts->candidates = (struct record_candidates){ .count = incident->task_rows,
							.unkillable = incident->unkillable,
							.first = parts->candidate,
							.first_count = count };
	parts->log.candidates = &parts->candidates;
}

static void fill_log(struct parts *parts, const struct kmsg_incident *incident, int64_t stamp_ns)
{
	static const enum record_inside_write writes[] = {
		[KMSG_WRITE_UNTOLD] = INSIDE_WRITE_UNTOLD,
		[KMSG_WRITE_NO] = INSIDE_WRITE_NO,
		[KMSG_WRITE_PERHAPS] = INSIDE_WRITE_PERHAPS,
		[KMSG_WRITE_YES] = INSIDE_WRITE_YES,
	};

	parts->log = (struct record_log){
		.file = told(incident->file),
		.first_line = incident->first_line,
		.last_line = incident->last_line,
		.stamp = told(incident->stamp),
		.stamp_ns = stamp_ns,
		.host = told(incident->host),
		.kernel = told(incident->release),
		.dump = dump_name(incident__dump(incident)),
		.group_kill = told(incident->group_cgroup),
		.panic = told(incident->panic),
		.is_panic = incident->outcome == KMSG_PANIC,
		.inside_write = writes[incident__inside_write(incident)],
		.asked_for = asked_name(incident->trace.asked),
		.gfp = told(incident->gfp_flags),
		.has_gfp_mask = incident->has_gfp && incident->gfp_mask <= UINT32_MAX,
		.has_order = incident->has_order,
		.has_trigger_pid = incident->has_trigger_pid,
		.has_trigger_uid = incident->has_trigger_uid,
		.trigger_uid = incident->trigger_uid,
		.has_trigger_adj = incident->has_trigger_adj,
		.trigger_oom_score_adj = incident->trigger_adj,
		.cpuset = told(incident->trigger_cpuset),
		.mems_allowed = told(incident->mems_allowed),
		.nodemask = told(incident->nodemask),
		.page_size = incident->page_size,
		.suppressed = incident->suppressed,
		.ambiguous = parts->ambiguous,
		.ambiguous_count =
			fill_ambiguous(parts->ambiguous, ARRAY_SIZE(parts->ambiguous), incident->unclear),
	};
	fill_counter(&parts->log.memory, &incident->memory);
	fill_counter(&parts->log.memsw, &incident->memsw);
	fill_counter(&parts->log.kmem, &incident->kmem);
	fill_counter(&parts->log.swap, &incident->swap);
}

/* ---- victims ---- */

static struct record_container container_of(const char *path)
{
	struct record_container container = { 0 };

	if (container__from_cgroup_path(path, &container.ref))
		container.ref = (struct container_ref){ 0 };
	return container;
}

static void fill_victim(struct record_victim *to, const struct kmsg_victim *from,
			const struct kmsg_incident *incident, const struct record_container *container)
{
	static const enum record_role roles[] = {
		[KMSG_CHOSEN] = ROLE_CHOSEN, [KMSG_GROUP] = ROLE_GROUP, [KMSG_SHARES_MM] = ROLE_SHARES_MM
	};
	bool in_victims_cgroup = from->role != KMSG_SHARES_MM && incident->victim_cgroup[0] &&
				 (from->role == KMSG_CHOSEN || !incident->group_cgroup[0]);

	*to = (struct record_victim){
		.pid = from->pid,
		.comm = told(from->comm),
		.role = roles[from->role],
		.uid = from->uid,
		.oom_score_adj = from->oom_score_adj,
		.has_mm = from->has_figures,
		.total_vm_bytes = from->total_vm_bytes,
		.anon_rss_bytes = from->anon_rss_bytes,
		.file_rss_bytes = from->file_rss_bytes,
		.shmem_rss_bytes = from->shmem_rss_bytes,
		.pgtables_bytes = from->pgtables_bytes,
		.swap_bytes = from->swap_bytes,
		.reaped = from->reaped,
		.unable_to_reap = from->unable_to_reap,
		.has_left = from->has_left,
		.left_anon_bytes = from->left_anon_bytes,
		.left_file_bytes = from->left_file_bytes,
		.left_shmem_bytes = from->left_shmem_bytes,
	};
	to->unknown = VICTIM_UNKNOWN_IDS | (from->has_uid ? 0 : VICTIM_UNKNOWN_UID) |
		      (from->has_adj ? 0 : VICTIM_UNKNOWN_ADJ) |
		      (from->has_shmem ? 0 : VICTIM_UNKNOWN_SHMEM) |
		      (from->has_pgtables ? 0 : VICTIM_UNKNOWN_PGTABLES) |
		      (from->has_swap ? 0 : VICTIM_UNKNOWN_SWAP);
	if (in_victims_cgroup) {
		to->cgroup = incident->victim_cgroup;
		to->container = *container;
	}
}

/* NULL, with 0 victims, without memory. */
static struct record_victim *new_victims(const struct kmsg_incident *incident)
{
	struct record_container container = container_of(incident->victim_cgroup);
	struct record_victim *victims = calloc(incident->victim_count + 1, sizeof(*victims));

	for (size_t i = 0; victims && i < incident->victim_count; i++)
		fill_victim(&victims[i], &incident->victims[i], incident, &container);
	return victims;
}

/* ---- the record ---- */

/* Whether the limit is above the victim's container or, outside of one, above its cgroup. */
static bool is_ancestors_limit(const struct kmsg_incident *incident)
{
	const char *limit = incident->limit_cgroup, *victim = incident->victim_cgroup;
	struct record_container container = container_of(victim);
	size_t len = strlen(limit), own = strlen(victim);

	if (container.ref.runtime != CONTAINER__UNKNOWN && container.ref.runtime != CONTAINER__POD)
		own = container.ref.prefix_len;
	if (!len || !own || len >= own)
		return false;
	return !strcmp(limit, "/") || (!strncmp(limit, victim, len) && victim[len] == '/');
}

static enum record_cause cause_of(const struct kmsg_incident *incident)
{
	enum kmsg_write write = incident__inside_write(incident);

	if (incident->sysrq)
		return CAUSE_SYSRQ;
	if (incident->constraint == KMSG_UNTOLD)
		return CAUSE_UNKNOWN;
	if (incident->constraint != KMSG_MEMCG)
		return CAUSE_WHOLE_MACHINE;
	if (write == KMSG_WRITE_YES)
		return CAUSE_INSIDE_WRITE;
	if (write == KMSG_WRITE_PERHAPS)
		return CAUSE_UNKNOWN;
	if (is_ancestors_limit(incident))
		return CAUSE_ANCESTOR_LIMIT;
	return write == KMSG_WRITE_NO ? CAUSE_LIMIT_UNCHANGED : CAUSE_UNKNOWN;
}

static const char *constraint_name(enum kmsg_constraint constraint)
{
	static const char *const names[] = { [KMSG_MEMCG] = "memcg",
					     [KMSG_MACHINE] = "none",
					     [KMSG_CPUSET] = "cpuset",
					     [KMSG_MEMPOLICY] = "mempolicy" };

	return names[constraint];
}

static void fill_limit(struct parts *parts, struct record_oom *oom, const struct kmsg_incident *incident)
{
	if (!incident->limit_cgroup[0] && !incident->memory.known)
		return;
	parts->limit = (struct record_level){
		.from_log = true,
		.path = told(incident->limit_cgroup),
		.has_memory = incident->memory.known,
		.usage_bytes = incident->memory.usage_bytes,
		.max_bytes = parts->log.memory.max_bytes,
		.high_bytes = RECORD_NO_LIMIT,
		.has_swap = incident->swap.known,
		.swap_usage_bytes = incident->swap.usage_bytes,
		.swap_max_bytes = parts->log.swap.max_bytes,
		.is_limit = true,
	};
	oom->limit = &parts->limit;
	oom->limit_container = container_of(incident->limit_cgroup);
}

static void fill_oom(struct parts *parts, struct record_oom *oom, const struct kmsg_incident *incident)
{
	static const enum oom_outcome outcomes[] = { [KMSG_KILLED] = OOM_KILLED,
						     [KMSG_NO_KILLABLE] = OOM_NO_VICTIM,
						     [KMSG_EXITING] = OOM_EXITING,
						     [KMSG_PANIC] = OOM_NO_VICTIM };

	oom->log = &parts->log;
	oom->cause = cause_of(incident);
	oom->outcome = outcomes[incident->outcome];
	oom->constraint = constraint_name(incident->constraint);
	oom->whole_machine = incident->constraint != KMSG_UNTOLD && incident->constraint != KMSG_MEMCG;
	oom->sysrq = incident->sysrq;
	oom->trigger_comm = told(incident->trigger_comm);
	oom->trigger_pid = oom->trigger_tid = incident->trigger_pid;
	oom->gfp_mask = (uint32_t)incident->gfp_mask;
	oom->order = incident->order;
	fill_limit(parts, oom, incident);
	oom->victims = parts->victims;
	oom->victim_count = incident->victim_count;
	oom->killed = incident->outcome == KMSG_KILLED ? incident->victim_count : 0;
	oom->missing = incident->victims_left_out;
	if (memory_records__cgroup(&parts->memory, &incident->stats))
		oom->memory = &parts->memory;
}

static int tell_reliefs(struct kmsg_records *records, const struct kmsg_incident *incident,
			const struct record *oom)
{
	int err = 0;

	for (size_t i = 0; i < incident->victim_count && !err; i++) {
		const struct kmsg_victim *victim = &incident->victims[i];
		struct record record = {
			.kind = RECORD_RELIEF,
			.time = oom->time,
			.relief = {
				.oom_id = oom->oom.id,
				.pid = victim->pid,
				.comm = told(victim->comm),
				.unable = !victim->reaped,
				.has_left = victim->has_left,
				.left_anon_bytes = victim->left_anon_bytes,
				.left_file_bytes = victim->left_file_bytes,
				.left_shmem_bytes = victim->left_shmem_bytes,
			},
		};

		if (!victim->reaped && !victim->unable_to_reap)
			continue;
		if (victim->has_reaped_at && incident->has_uptime &&
		    victim->reaped_uptime_ns > incident->uptime_ns) {
			record.time.boot_ns = victim->reaped_uptime_ns;
			record.time.wall_ns += (int64_t)(victim->reaped_uptime_ns - incident->uptime_ns);
		}
		err = sink__take(records->sink, &record);
	}
	return err;
}

static int tell_killer(struct kmsg_records *records, const struct kmsg_killer *killer)
{
	int64_t stamp_ns = stamp__order_ns(killer->stamp);
	struct record record = {
		.kind = RECORD_USER_KILL,
		.time = time_of(killer->has_uptime, killer->uptime_ns, killer->has_wall, killer->wall_ns,
				stamp_ns),
		.user_kill = {
			.killer = killer->killer,
			.file = told(killer->file),
			.stamp = told(killer->stamp),
			.host = told(killer->host),
			.line = killer->line,
			.stamp_ns = stamp_ns,
			.comm = told(killer->comm),
			.cgroup = told(killer->cgroup),
			.signal = told(killer->signal),
			.reason = told(killer->reason),
			.has_uid = killer->has_uid,
			.uid = killer->uid,
			.has_rss = killer->has_rss,
			.rss_bytes = killer->rss_bytes,
			.has_adj = killer->has_adj,
			.oom_score_adj = killer->oom_score_adj,
			.pid = killer->pid,
			.processes = killer->count,
		},
	};
	int err = 0;

	if (!records->has_session)
		err = begin_session(records, &record.time, killer->host, "", 0);
	records->last = record.time;
	records->user_kills++;
	return err ? err : sink__take(records->sink, &record);
}

static int tell_held_killer(struct kmsg_records *records)
{
	if (!records->oomd_held)
		return 0;
	records->oomd_held = false;
	return tell_killer(records, &records->oomd);
}

/* Whether it is systemd's line of the kill that systemd-oomd logged last. */
static bool is_units_line(const struct kmsg_records *records, const struct kmsg_killer *killer)
{
	const char *unit = strrchr(records->oomd.cgroup, '/');

	return records->oomd_awaits_unit && killer->has_count && unit && !strcmp(unit + 1, killer->cgroup) &&
	       !strcmp(records->oomd.host, killer->host);
}

int kmsg_records__incident(void *ctx, const struct kmsg_incident *incident)
{
	struct kmsg_records *records = ctx;
	struct parts *parts = calloc(1, sizeof(*parts));
	struct record record = { .kind = RECORD_OOM };
	int64_t stamp_ns = stamp__order_ns(incident->stamp);
	int err;

	if (parts)
		parts->victims = new_victims(incident);
	if (!parts || !parts->victims) {
		free(parts);
		return -ENOMEM;
	}
	err = tell_held_killer(records);
	record.time = time_of(incident->has_uptime, incident->uptime_ns, incident->has_wall,
			      incident->wall_ns, stamp_ns);
	if (!err && is_other_session(records, incident))
		err = begin_session(records, &record.time, incident->host, incident->release,
				    incident->page_size);
	fill_log(parts, incident, stamp_ns);
	fill_candidates(parts, incident);
	if (memory_records__machine(&parts->machine, parts->zones, incident)) {
		if (machine_why__format(parts->why, sizeof(parts->why), &parts->machine,
					incident->has_order ? incident->order : -1))
			parts->machine.why = parts->why;
		parts->log.machine = &parts->machine;
	}
	fill_oom(parts, &record.oom, incident);
	records->last = record.time;
	record.oom.id = ++records->ooms;
	records->session_ooms++;
	records->session_kills += record.oom.killed;
	if (!err)
		err = sink__take(records->sink, &record);
	if (!err)
		err = tell_reliefs(records, incident, &record);
	free(parts->victims);
	free(parts);
	return err;
}

int kmsg_records__killer(void *ctx, const struct kmsg_killer *killer)
{
	struct kmsg_records *records = ctx;
	int err;

	if (is_units_line(records, killer)) {
		records->oomd_awaits_unit = false;
		records->oomd.has_count = true;
		records->oomd.count = killer->count;
		return tell_held_killer(records);
	}
	err = tell_held_killer(records);
	if (err)
		return err;
	if (killer->cgroup[0] != '/')
		return tell_killer(records, killer);
	records->oomd = *killer;
	records->oomd_held = records->oomd_awaits_unit = true;
	return 0;
}

int kmsg_records__finish(struct kmsg_records *records)
{
	struct record_time none = { .no_boot = true, .no_wall = true };
	int err = tell_held_killer(records);

	if (!err && !records->has_session)
		err = begin_session(records, &none, "", "", 0);
	return err ? err : end_session(records, "the end of the log");
}
