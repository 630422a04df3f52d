// SPDX-License-Identifier: GPL-2.0-only
#include "commands/service.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/notify.h"
#include "commands/service_config.h"
#include "commands/service_options.h"
#include "service/journal.h"
#include "service/store.h"
#include "service/store_folder.h"

static struct {
	int argc;
	char **argv;
	struct trace_options opts; /* that hold */
	struct sink *store;	   /* NULL: it isn't open */
	int journal;		   /* -1: there is none */
} service = { .journal = -1 };

enum option_table_result service__parse(int argc, char **argv, struct trace_options *out)
{
	enum option_table_result result = service_options__parse(argc, argv, out, stdout, stderr);

	service.argc = argc;
	service.argv = argv;
	if (result == OPTION_TABLE_RUN)
		service.opts = *out;
	return result;
}

/* ---- the store ---- */

static void say_not_stored(int err)
{
	fprintf(stderr, "oomtrace: an incident can't be stored: %s. Tracing goes on.\n",
		err == -ENOENT ? "the store's folder was removed; a restart makes it again" : strerror(-err));
}

/* Without a journal nothing is told there: the line for each kill is on stdout. */
static void tell_journal(void *ctx, const struct entry *entry, const char *file)
{
	(void)ctx;
	if (service.journal >= 0)
		journal__tell(service.journal, entry, file);
}

static int open_folder(const char *path, int *lock_fd, const char *hint)
{
	char why[STORE_FOLDER_WHY_SIZE];
	int fd = store_folder__open(path, lock_fd, why, sizeof(why));

	if (fd < 0)
		fprintf(stderr, "oomtrace: --store: %s %s%s.\n", escape__shown(path), why, hint);
	return fd;
}

struct sink *service__open_store(const struct trace_options *opts)
{
	struct store_options options = {
		.max_bytes = opts->store_bytes,
		.max_age_ns = opts->store_age_ns,
		.on_failure = say_not_stored,
		.on_incident = tell_journal,
	};

	options.folder_fd = open_folder(opts->store, &options.lock_fd, "");
	if (options.folder_fd < 0)
		return NULL;
	/* For good: systemd keeps the journal's end while the journal is started again. */
	service.journal = journal__open(JOURNAL_SOCKET);
	service.store = store__new(&options);
	return service.store;
}

/* ---- again ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The next of this kind from *i on, or NULL. */
static const char *next_selection(const struct target_request *request, enum target_kind kind, size_t *i)
{
	while (*i < request->selection_count) {
		const struct target_selection *s = &request->selections[(*i)++];

		if (s->kind == kind)
			return s->text;
	}
	return NULL;
}

static bool same_selections(const struct target_request *a, const struct target_request *b,
			    enum target_kind kind)
{
	size_t i = 0, j = 0;
	const char *text;

	do {
		text = next_selection(a, kind, &i);
		if (!same_text(text, next_selection(b, kind, &j)))
			return false;
	} while (text);
	return true;
}

/* What only a start can change: the tracing itself, and how its text looks. */
static void say_later(const struct trace_options *old, const struct trace_options *new)
{
	const struct {
		const char *name;
		bool differs;
	} options[] = {
		{ "container", !same_selections(&old->target, &new->target, TARGET_CONTAINER) },
		{ "cgroup", !same_selections(&old->target, &new->target, TARGET_CGROUP) },
		{ "store", strcmp(old->store, new->store) != 0 },
		{ "on-oom", !same_text(old->on_oom, new->on_oom) },
		{ "on-near-limit", !same_text(old->on_near_limit, new->on_near_limit) ||
					   old->near_percent != new->near_percent },
		{ "freeze", old->freeze != new->freeze },
		{ "no-snapshot", old->snapshot != new->snapshot },
		{ "hook-time", old->hook_time_ns != new->hook_time_ns },
		{ "kernel-log", old->kernel_log != new->kernel_log },
		{ "color", old->colour != new->colour },
		{ "time", old->local_time != new->local_time },
		{ "verbose", old->verbose != new->verbose },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].differs)
			fprintf(stderr, "oomtrace: the new value of '%s' holds from the next start on.\n",
				options[i].name);
	}
}

static void change_store(const struct trace_options *new)
{
	int err = store__set_bounds(service.store, new->store_bytes, new->store_age_ns);

	if (err)
		fprintf(stderr, "oomtrace: removing old incidents: %s.\n", strerror(-err));
	if (!store__is_at(service.store, service.opts.store)) {
		int lock_fd, fd = open_folder(service.opts.store, &lock_fd,
					      "; a folder that is another one by now needs a restart of "
					      "oomtrace");

		if (fd >= 0)
			store__move(service.store, fd, lock_fd);
	}
	service.opts.store_bytes = new->store_bytes;
	service.opts.store_age_ns = new->store_age_ns;
}

void service__reload(void)
{
	struct trace_options new;

	notify__reloading(clock__ns(CLOCK_MONOTONIC));
	if (service_options__parse(service.argc, service.argv, &new, stdout, stderr) == OPTION_TABLE_RUN) {
		say_later(&service.opts, &new);
		if (service.store)
			change_store(&new);
		service_config__free(new.config);
		fputs("oomtrace: the configuration was read again.\n", stderr);
	} else {
		fputs("oomtrace: the configuration stays as it was before.\n", stderr);
	}
	notify__ready();
}
