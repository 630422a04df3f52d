// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kmsg/scan.h"

#define OOM_SCORE_ADJ_MIN (-1000)

static const struct {
	const char *name;
	enum tasks_column column;
} names[] = {
	{ "pid", TASKS_PID },		{ "uid", TASKS_UID },
	{ "total_vm", TASKS_TOTAL_VM }, { "rss", TASKS_RSS },
	{ "nr_ptes", TASKS_PTES },	{ "nr_pmds", TASKS_PTES },
	{ "nr_puds", TASKS_PTES },	{ "pgtables_bytes", TASKS_PGTABLES },
	{ "swapents", TASKS_SWAP },	{ "oom_score_adj", TASKS_ADJ },
	{ "name", TASKS_NAME },
};

static enum tasks_column column_of(struct span name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (span__is(name, names[i].name))
			return names[i].column;
	return TASKS_OTHER;
}

/* "[  pid  ]" or "[  12345]": what stands between the brackets, taken off. */
static bool take_bracket(struct span *s, struct span *inner)
{
	if (!s->len || *s->start != '[' || !memchr(s->start, ']', s->len))
		return false;
	span__cut(s, '[');
	*inner = scan__trim(span__cut(s, ']'));
	return true;
}

bool tasks__parse_header(struct span text, struct tasks_columns *columns)
{
	struct tasks_columns found = { 0 };
	struct span rest = text, word;

	if (!take_bracket(&rest, &word) || !span__is(word, "pid") || !scan__has(rest, "total_vm"))
		return false;
	found.column[found.count++] = TASKS_PID;
	while (rest.len && found.count < TASKS_COLUMNS_MAX) {
		word = scan__word(&rest);
		if (!word.len)
			break;
		found.column[found.count++] = column_of(word);
		if (found.column[found.count - 1] == TASKS_NAME)
			break;
	}
	*columns = found;
	return true;
}

bool tasks__is_row(struct span text)
{
	struct span rest = text, pid;
	uint64_t number;

	return take_bracket(&rest, &pid) && span__u64(pid, &number) && scan__take_u64(&rest, &number) &&
	       scan__take_u64(&rest, &number) && scan__take_u64(&rest, &number);
}

static uint64_t not_negative(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

static void set(struct kmsg_task *task, enum tasks_column column, int64_t value)
{
	switch (column) {
	case TASKS_PID:
		task->pid = (uint32_t)value;
		break;
	case TASKS_UID:
		task->uid = (uint32_t)value;
		task->has_uid = true;
		break;
	case TASKS_TOTAL_VM:
		task->total_vm = not_negative(value);
		break;
	case TASKS_RSS: /* approximate sums over CPUs may be below 0 */
		task->rss = not_negative(value);
		break;
	case TASKS_PTES:
		task->pgtables += not_negative(value);
		task->has_pgtables = true;
		break;
	case TASKS_PGTABLES:
		task->pgtables = not_negative(value);
		task->has_pgtables = task->pgtables_in_bytes = true;
		break;
	case TASKS_SWAP:
		task->swap = not_negative(value);
		task->has_swap = true;
		break;
	case TASKS_ADJ:
		task->oom_score_adj = (int)value;
		task->has_adj = true;
		break;
	case TASKS_NAME:
	case TASKS_OTHER:
		break;
	}
}

/* The head of the table was cut off: uid, tgid, total_vm and rss come first in all kernels, and last adj. */
static bool parse_blindly(struct span rest, struct kmsg_task *task)
{
	static const enum tasks_column first[] = { TASKS_UID, TASKS_OTHER, TASKS_TOTAL_VM, TASKS_RSS };
	int64_t value, last = 0;
	size_t count = 0;

	while (scan__take_i64(&rest, &value) && count < TASKS_COLUMNS_MAX) {
		if (count < ARRAY_SIZE(first))
			set(task, first[count], value);
		last = value;
		count++;
	}
	if (count < 7)
		return false;
	set(task, TASKS_ADJ, last);
	scan__copy(task->comm, sizeof(task->comm), scan__trim(rest));
	return true;
}

bool tasks__parse_row(struct span text, const struct tasks_columns *columns, struct kmsg_task *task)
{
	struct span rest = text, pid;
	uint64_t number;

	*task = (struct kmsg_task){ 0 };
	if (!take_bracket(&rest, &pid) || !span__u64(pid, &number) || number > UINT32_MAX)
		return false;
	task->pid = (uint32_t)number;
	if (!columns->count)
		return parse_blindly(rest, task);
	for (unsigned int i = 1; i < columns->count; i++) {
		int64_t value;

		if (columns->column[i] == TASKS_NAME)
			break;
		if (!scan__take_i64(&rest, &value))
			return false;
		set(task, columns->column[i], value);
	}
	scan__copy(task->comm, sizeof(task->comm), scan__trim(rest));
	return true;
}

/* ---- rows by pid ---- */

static uint32_t *slot_of(const struct kmsg_incident *incident, uint32_t pid)
{
	size_t mask = incident->task_index_size - 1, at = (pid * 2654435761U) & mask;

	while (incident->task_index[at] && incident->tasks[incident->task_index[at] - 1].pid != pid)
		at = (at + 1) & mask;
	return &incident->task_index[at];
}

/* Twice as much room. False without memory. */
static bool grow(struct kmsg_incident *incident)
{
	size_t room = incident->task_room ? 2 * incident->task_room : 64;
	struct kmsg_task *tasks = reallocarray(incident->tasks, room, sizeof(*tasks));
	uint32_t *index = calloc(2 * room, sizeof(*index));

	if (tasks)
		incident->tasks = tasks;
	if (!tasks || !index) {
		free(index);
		return false;
	}
	free(incident->task_index);
	incident->task_room = room;
	incident->task_index = index;
	incident->task_index_size = 2 * room;
	for (size_t i = 0; i < incident->task_count; i++)
		*slot_of(incident, tasks[i].pid) = (uint32_t)i + 1;
	return true;
}

void tasks__add(struct kmsg_incident *incident, const struct kmsg_task *task)
{
	uint32_t *slot;

	if (tasks__find(incident, task->pid))
		return;
	incident->task_rows++;
	incident->unkillable += task->has_adj && task->oom_score_adj == OOM_SCORE_ADJ_MIN;
	if (incident->task_count == KMSG_TASKS_MAX ||
	    (incident->task_count == incident->task_room && !grow(incident)) || !incident->tasks)
		return;
	slot = slot_of(incident, task->pid);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is room, so there is memory */
	incident->tasks[incident->task_count++] = *task;
	*slot = (uint32_t)incident->task_count;
}

const struct kmsg_task *tasks__find(const struct kmsg_incident *incident, uint32_t pid)
{
	uint32_t *slot = incident->task_index_size ? slot_of(incident, pid) : NULL;

	return slot && *slot ? &incident->tasks[*slot - 1] : NULL;
}
