// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/collector.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "stacks/sums.h"

#define ASKED_MAX 32   /* questions on their way: the sockets hold that many */
#define QUEUE_MAX 1024 /* stacks from the ring that have not been asked for yet */
/* Ticks from one emptying of the kernel's sums to the next. */
#define TICKS_BETWEEN 5
/*
 * A frame in no known mapping can mean that there are new ones, or that there is no frame there: code
 * without frame pointers leads anywhere. So a process is looked at again, but not all the time.
 */
#define LOOK_AGAIN_NS 1000000000ULL
#define LOOKS_AT_ONCE 20 /* but as often as that without waiting */
#define LOOKS 64
/* So long answers are waited for, and each at the end: a helper can hang in a file system of a container's. */
#define SILENCE_NS 60000000000ULL
#define ANSWER_WAIT_NS (10 * NS_PER_S)
/* The same at the end for a helper that is stopped or sits in the kernel all the time. */
#define HANG_WAIT_NS (NS_PER_S + NS_PER_S / 2)
#define HANG_STEP_MS 100
/* How long a program in the kernel may still write to the set that it was told to leave. */
#define SETTLE_NS 50000000

/* A stack that waits to be asked for, or for its answer. */
struct sample {
	struct sample *next;
	struct symbols_stack stack;
	uint64_t ts_ns, bytes, samples;
	uint64_t oom_id; /* 0: it isn't a trigger's */
	uint32_t number; /* of the question, once it is asked */
	bool retried;	 /* the process has been looked at again */
	char comm[EVENT_COMM_LEN];
};

struct queue {
	struct sample *first, **end;
	size_t count;
};

/* When a process's mappings were asked for last. */
struct look {
	struct process_id process;
	uint64_t ns;
	unsigned int times;
};

struct stack_collector {
	struct symbols *symbols; /* NULL: there are none (any more) */
	stacks_record_fn on_stack;
	void *ctx;
	struct stack_sums *table;
	struct queue waiting; /* to be asked for */
	struct queue asked;   /* in the order of the answers */
	uint64_t told_oom_id;
	uint64_t lost;
	uint64_t nameless;     /* samples and triggers whose names a helper's failure has cost */
	unsigned int replaced; /* how often a helper has been */
	uint32_t number;       /* of the latest question */
	uint64_t heard_ns;     /* when there was an answer last, or nothing to be answered */
	unsigned int ticks;
	bool emptying; /* the kernel writes to the other set: this one can be read */
	bool finishing;
	struct symbols_answer answer;
	struct look looks[LOOKS]; /* by pid */
};

struct stack_collector *stack_collector__new(struct symbols *symbols, stacks_record_fn on_stack, void *ctx)
{
	struct stack_collector *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->symbols = symbols;
	s->on_stack = on_stack;
	s->ctx = ctx;
	s->table = stack_sums__new();
	s->waiting.end = &s->waiting.first;
	s->asked.end = &s->asked.first;
	if (!s->table) {
		free(s);
		return NULL;
	}
	return s;
}

static void push(struct queue *queue, struct sample *sample)
{
	sample->next = NULL;
	*queue->end = sample;
	queue->end = &sample->next;
	queue->count++;
}

static struct sample *pop(struct queue *queue)
{
	struct sample *sample = queue->first;

	if (!sample)
		return NULL;
	queue->first = sample->next;
	if (!queue->first)
		queue->end = &queue->first;
	queue->count--;
	return sample;
}

static void push_front(struct queue *queue, struct sample *sample)
{
	sample->next = queue->first;
	if (!queue->first)
		queue->end = &sample->next;
	queue->first = sample;
	queue->count++;
}

void stack_collector__free(struct stack_collector *s)
{
	struct sample *sample;

	if (!s)
		return;
	while ((sample = pop(&s->waiting)))
		free(sample);
	while ((sample = pop(&s->asked)))
		free(sample);
	stack_sums__free(s->table);
	free(s);
}

uint64_t stack_collector__lost(const struct stack_collector *s)
{
	return s->lost;
}

static void hand_over(void *ctx, const struct record_stack *sum)
{
	struct stack_collector *s = ctx;
	struct record record = { .kind = RECORD_STACK, .stack = *sum };

	s->on_stack(s->ctx, &record);
}

static void deliver(struct stack_collector *s, const struct sample *sample)
{
	const struct record_stack stack = {
		.pid = sample->stack.process.pid,
		.comm = sample->comm,
		.oom_id = sample->oom_id,
		.samples = sample->samples,
		.bytes = sample->bytes,
		.user = s->answer.user,
		.kernel = s->answer.kernel,
		.user_count = s->answer.user_count,
		.kernel_count = s->answer.kernel_count,
	};
	int err;

	if (stack.oom_id) {
		struct record record = {
			.kind = RECORD_STACK,
			.time.boot_ns = sample->ts_ns,
			.stack = stack,
		};

		s->on_stack(s->ctx, &record);
		return;
	}
	err = stack_sums__add(s->table, &stack);
	if (err == -ENOSPC) {
		stack_sums__take(s->table, hand_over, s);
		err = stack_sums__add(s->table, &stack);
	}
	if (err)
		s->lost += sample->samples;
}

struct stack_collector_health stack_collector__health(const struct stack_collector *s)
{
	return (struct stack_collector_health){ s->nameless, s->replaced, !s->symbols };
}

/* Without anybody to ask, a user frame is known by its address; the kernel's addresses stay inside. */
static void deliver_nameless(struct stack_collector *s, const struct sample *sample)
{
	s->nameless += sample->oom_id ? 1 : sample->samples;
	memset(&s->answer, 0, sizeof(s->answer));
	s->answer.user_count = sample->stack.user_count;
	for (uint32_t i = 0; i < sample->stack.user_count; i++)
		s->answer.user[i].address = sample->stack.user[i];
	deliver(s, sample);
}

static void lose_symbols(struct stack_collector *s)
{
	struct sample *sample;

	s->symbols = NULL;
	while ((sample = pop(&s->asked))) {
		deliver_nameless(s, sample);
		free(sample);
	}
}

static uint64_t now_ns(void)
{
	return clock__ns(CLOCK_MONOTONIC);
}

/* Asks for the names of waiting stacks, as far as there is room. A trigger's stack waits for its OOM's record. */
static void ask(struct stack_collector *s)
{
	while (s->waiting.first && s->asked.count < ASKED_MAX) {
		struct sample *sample = s->waiting.first;
		int err;

		if (sample->oom_id > s->told_oom_id && !s->finishing)
			break;
		if (!++s->number)
			s->number = 1;
		sample->number = s->number;
		err = s->symbols ? symbols__ask(s->symbols, &sample->stack, sample->number) : -EPIPE;
		if (err == -EAGAIN)
			break;
		if (err && s->symbols)
			lose_symbols(s);
		pop(&s->waiting);
		if (!err) {
			if (!s->asked.first)
				s->heard_ns = now_ns();
			push(&s->asked, sample);
			continue;
		}
		deliver_nameless(s, sample);
		free(sample);
	}
}

static bool is_same(const struct process_id *a, const struct process_id *b)
{
	return a->pid == b->pid && a->exec_id == b->exec_id && a->start_ns == b->start_ns;
}

static bool looked_at_lately(const struct stack_collector *s, const struct process_id *process)
{
	const struct look *look = &s->looks[process->pid % LOOKS];

	return is_same(&look->process, process) && look->times >= LOOKS_AT_ONCE &&
	       now_ns() - look->ns < LOOK_AGAIN_NS;
}

static void look_at(struct stack_collector *s, const struct process_id *process)
{
	struct look *look = &s->looks[process->pid % LOOKS];

	*look = (struct look){ *process, now_ns(), is_same(&look->process, process) ? look->times + 1 : 1 };
	/* If there is no room the process's frames will be in no known mapping, and it is looked at then. */
	if (s->symbols && symbols__look_at(s->symbols, process) == -EPIPE)
		lose_symbols(s);
}

static void take_stack(struct stack_collector *s, const struct event_stack *event)
{
	struct sample *sample = s->waiting.count < QUEUE_MAX ? calloc(1, sizeof(*sample)) : NULL;

	if (!sample) {
		s->lost++;
		return;
	}
	sample->stack.process.start_ns = event->start_ns;
	sample->stack.process.pid = event->pid;
	sample->stack.process.exec_id = event->exec_id;
	sample->stack.user_count = event->user_count;
	sample->stack.kernel_count = event->kernel_count;
	memcpy(sample->stack.user, event->user, sizeof(event->user));
	memcpy(sample->stack.kernel, event->kernel, sizeof(event->kernel));
	sample->ts_ns = event->h.ts_ns;
	sample->bytes = event->bytes;
	sample->samples = !event->h.group;
	sample->oom_id = event->h.group;
	memcpy(sample->comm, event->comm, sizeof(sample->comm));
	/* It may be its own victim, and gone at any moment. */
	if (sample->oom_id && !looked_at_lately(s, &sample->stack.process))
		look_at(s, &sample->stack.process);
	push(&s->waiting, sample);
	ask(s);
}

void stack_collector__event(struct stack_collector *s, const union event *event)
{
	if (event->h.kind == EVENT_SAMPLED) {
		struct process_id process = { event->sampled.start_ns, event->sampled.pid,
					      event->sampled.exec_id };

		look_at(s, &process);
	} else if (event->h.kind == EVENT_STACK) {
		take_stack(s, &event->stack);
	}
}

void stack_collector__on_oom(struct stack_collector *s, uint64_t oom_id)
{
	s->told_oom_id = oom_id;
	ask(s);
}

/* Copies a stack of the map's to one of ours; zeros end it. */
static uint32_t copy_addresses(uint64_t *out, const uint64_t *addresses)
{
	uint32_t count = 0;

	while (count < STACK_DEPTH && addresses[count]) {
		out[count] = addresses[count];
		count++;
	}
	return count;
}

static bool take_sum(void *ctx, const struct stack_key *key, const struct stack_sum *sum,
		     const uint64_t *user, const uint64_t *kernel)
{
	struct stack_collector *s = ctx;
	struct sample *sample;

	/* What is in the kernel's map can wait there. */
	if (s->waiting.count + s->asked.count >= ASKED_MAX)
		return false;
	sample = calloc(1, sizeof(*sample));
	if (!sample) {
		s->lost += sum->samples;
		return true;
	}
	sample->stack.process.start_ns = key->process.start_ns;
	sample->stack.process.pid = key->process.pid;
	sample->stack.process.exec_id = key->process.exec_id;
	sample->stack.user_count = copy_addresses(sample->stack.user, user);
	sample->stack.kernel_count = copy_addresses(sample->stack.kernel, kernel);
	sample->bytes = sum->bytes;
	sample->samples = sum->samples;
	memcpy(sample->comm, sum->comm, sizeof(sample->comm));
	sample->comm[sizeof(sample->comm) - 1] = '\0';
	push(&s->waiting, sample);
	return true;
}

/* Goes on emptying the set that is not written to. */
static void empty(struct stack_collector *s, struct tracer *tracer)
{
	if (s->emptying && tracer__take_stacks(tracer, take_sum, s))
		s->emptying = false;
	ask(s);
}

void stack_collector__tick(struct stack_collector *s, struct tracer *tracer)
{
	if (s->asked.first && now_ns() - s->heard_ns > SILENCE_NS)
		lose_symbols(s);
	if (s->emptying) {
		empty(s, tracer);
	} else if (++s->ticks >= TICKS_BETWEEN) {
		/* Read at the next tick: whoever is writing to it now is done by then. */
		s->ticks = 0;
		s->emptying = tracer__swap_stacks(tracer);
	}
	ask(s);
}

/*
 * Whether the process is to be looked at once more, and the question asked again: there are new mappings, or a
 * helper has failed and the one in its place, which doesn't read the file that did it, knows none.
 */
static bool try_again(struct stack_collector *s, struct sample *sample)
{
	bool has_new = s->answer.unmapped && !s->finishing && !looked_at_lately(s, &sample->stack.process);

	if (sample->retried || (!has_new && !s->answer.replaced))
		return false;
	sample->retried = true;
	look_at(s, &sample->stack.process);
	push_front(&s->waiting, sample);
	return true;
}

/* The sample that has been answered; NULL: none. A helper that says what can't be is asked no more. */
static struct sample *take_answered(struct stack_collector *s)
{
	bool is_next = s->asked.first && s->asked.first->number == s->answer.number;

	if (s->answer.replaced)
		s->replaced++;
	if ((!is_next && !s->answer.replaced) || s->replaced > SYMBOLS_REPLACED_MAX) {
		lose_symbols(s);
		return NULL;
	}
	s->heard_ns = now_ns();
	return is_next ? pop(&s->asked) : NULL;
}

void stack_collector__answers(struct stack_collector *s)
{
	while (s->symbols) {
		int result = symbols__read(s->symbols, &s->answer);
		struct sample *sample;

		if (!result)
			break;
		if (result < 0) {
			lose_symbols(s);
			break;
		}
		sample = take_answered(s);
		if (!sample || try_again(s, sample))
			continue;
		if (s->answer.replaced)
			deliver_nameless(s, sample);
		else
			deliver(s, sample);
		free(sample);
	}
	ask(s);
}

/* Waits for an answer. False: there will be none, as far as one can tell. */
static bool await_answer(const struct stack_collector *s)
{
	struct pollfd wait = { .fd = symbols__fd(s->symbols), .events = POLLIN };
	uint64_t begin_ns = now_ns(), works_ns = begin_ns;

	while (poll(&wait, 1, HANG_STEP_MS) <= 0) {
		if (!symbols__hang(s->symbols))
			works_ns = now_ns();
		if (now_ns() - works_ns > HANG_WAIT_NS || now_ns() - begin_ns > ANSWER_WAIT_NS)
			return false;
	}
	return true;
}

/* Until everything in the queues has had its answer. */
static void await_answers(struct stack_collector *s)
{
	ask(s);
	while (s->asked.first) {
		if (!await_answer(s))
			lose_symbols(s);
		stack_collector__answers(s);
	}
}

void stack_collector__finish(struct stack_collector *s, struct tracer *tracer)
{
	const struct timespec settle = { .tv_nsec = SETTLE_NS };

	s->finishing = true;
	await_answers(s);
	/* What is left of the set that was being emptied, and then the other. */
	for (int set = 0; set < 2; set++) {
		if (!s->emptying)
			s->emptying = tracer__swap_stacks(tracer);
		if (s->emptying)
			nanosleep(&settle, NULL);
		while (s->emptying) {
			empty(s, tracer);
			await_answers(s);
		}
	}
	stack_sums__take(s->table, hand_over, s);
}
