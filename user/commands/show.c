// SPDX-License-Identifier: GPL-2.0-only
#include "commands/show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/escape.h"
#include "base/exit_codes.h"
#include "base/stream.h"
#include "base/temp_file.h"
#include "commands/confine.h"
#include "commands/no_store.h"
#include "commands/recordings.h"
#include "commands/report.h"
#include "commands/report_options.h"
#include "service/store_folder.h"

#define TIME_PREFIX_MIN 4 /* "2026" */

static const char help[] =
	"Usage: oomtrace show [WHICH] [--store DIR] [OPTION]...\n"
	"\n"
	"Shows one of the incidents that 'oomtrace service' keeps in\n" STORE_FOLDER
	", as 'oomtrace report' does, with its options.\n"
	"\n"
	"WHICH is\n"
	"  last                  the latest incident; the default\n"
	"  2026-11-27T03:04:26Z  the time that 'oomtrace list' shows, or as much of it as\n"
	"                        only one has\n"
	"  web                   the latest of a container, unit or cgroup: a name, the\n"
	"                        beginning of an id, a path, or a pattern such as 'web-*'\n"
	"\n"
	"      --store DIR       another folder\n"
	"  -h, --help            print this help, and exit\n"
	"\n"
	"All other options are those of 'oomtrace report', such as --format html\n"
	"-o FILE, or --summary.\n"
	"\n"
	"Exit status: that of 'oomtrace report'; 1 when there is no such incident.\n";

struct latest {
	int64_t order_ns;
	int found; /* -1: none */
};

static void take_entry(void *ctx, int i, const char *path, struct entry *entry)
{
	struct latest *latest = ctx;

	(void)path;
	if (entry->matches && entry->order_ns >= latest->order_ns)
		*latest = (struct latest){ entry->order_ns, i };
	entry__free(entry);
}

/* The one of `who` (NULL: of anybody) that happened last, as 'oomtrace list' has them; -1: there is none. */
static int find_latest(const struct recordings *recordings, const char *who)
{
	struct latest latest = { INT64_MIN, -1 };

	recordings__each(recordings, who, take_entry, &latest);
	return latest.found;
}

/* Without the colons, which a file's name doesn't have. */
static void copy_time(char *to, size_t size, const char *which)
{
	for (; *which && size > 1; which++) {
		if (*which != ':') {
			*to++ = *which;
			size--;
		}
	}
	*to = '\0';
}

/* Returns the index; -1 when there is none, -2 when there are several, which were told. */
static int find_by_time(const struct recordings *recordings, const char *which)
{
	char time[NAME_MAX + 1]; /* a name may be given whole */
	int found = -1, count = 0;

	copy_time(time, sizeof(time), which);
	for (int i = 0; i < recordings->count && strlen(time) >= TIME_PREFIX_MIN; i++) {
		if (strncmp(recordings->names[i]->d_name, time, strlen(time)))
			continue;
		found = i;
		count++;
	}
	if (count < 2)
		return found;
	fprintf(stderr, "oomtrace: %d incidents begin with '%s'. More of the name tells one from another:\n",
		count, escape__shown(which));
	for (int i = 0; i < recordings->count; i++) {
		if (!strncmp(recordings->names[i]->d_name, time, strlen(time)))
			fprintf(stderr, "  %s\n", escape__shown(recordings->names[i]->d_name));
	}
	return -2;
}

/* Leaves the regular files, by the names that they have now: what is opened is looked at once more. */
static void drop_others(struct recordings *recordings)
{
	int kept = 0;

	for (int i = 0; i < recordings->count; i++) {
		struct stat st;

		if (!fstatat(recordings->folder_fd, recordings->names[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode))
			recordings->names[kept++] = recordings->names[i];
		else
			free(recordings->names[i]);
	}
	recordings->count = kept;
}

/*
 * The index of the latest incident of `who`, or -1. Recordings may be anybody's, so they are read by a process that can
 * do nothing else.
 */
static int find_in_child(const struct recordings *recordings, const char *who)
{
	char folder[PATH_MAX], *places[] = { folder, NULL };
	int ends[2], i = -1;
	pid_t parent = getpid(), pid;

	snprintf(folder, sizeof(folder), "%s", recordings->folder);
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		child__die_with_parent(parent);
		if (!confine__report(places, NULL, temp_file__folder(), false)) {
			i = find_latest(recordings, who);
			_exit(write(ends[1], &i, sizeof(i)) != sizeof(i));
		}
		_exit(EXIT_RUNTIME);
	}
	close(ends[1]);
	if (pid < 0 || read(ends[0], &i, sizeof(i)) != sizeof(i) || i < -1 || i >= recordings->count)
		i = -1;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return i;
}

static int find(const struct recordings *recordings, const char *which)
{
	int i, left;

	if (strcmp(which, "last")) {
		i = find_by_time(recordings, which);
		if (i != -1)
			return i;
	}
	i = store_folder__unfinished(recordings->folder_fd, &left);
	recordings__tell_unfinished(i, left);
	return find_in_child(recordings, strcmp(which, "last") ? which : NULL);
}

/* Takes --store and WHICH out of the arguments: the others are the report's. Returns false when --store has no folder. */
static bool take(int *argc, char **argv, const char **folder, const char **which)
{
	bool is_value = false, found = false;
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (!strncmp(argv[i], "--store=", strlen("--store="))) {
			*folder = argv[i] + strlen("--store=");
		} else if (!strcmp(argv[i], "--store")) {
			if (++i == *argc)
				return false;
			*folder = argv[i];
		} else if (argv[i][0] != '-' && !is_value && !found) {
			*which = argv[i];
			found = true;
		} else {
			is_value = !is_value && report_options__wants_value(argv[i]);
			argv[kept++] = argv[i];
		}
	}
	argv[kept] = NULL;
	*argc = kept;
	return **folder;
}

/* The one that was found: as it was opened, whatever has its name meanwhile. */
static int report(int argc, char **argv, const struct recordings *recordings, int i)
{
	char **args = calloc((size_t)argc + 2, sizeof(*args)), *file = NULL;
	/* A file, though a folder may be called '-x'. */
	const char *before = recordings->folder[0] == '-' ? "./" : "";
	int code = EXIT_RUNTIME, fd = recordings__open_one(recordings, i);

	if (asprintf(&file, "%s%s/%s", before, recordings->folder, recordings->names[i]->d_name) < 0)
		file = NULL;
	if (fd < 0) {
		recordings__complain(file ? file : recordings->folder, fd);
	} else if (args && file) {
		args[0] = argv[0];
		args[1] = file;
		memcpy(args + 2, argv + 1, (size_t)(argc - 1) * sizeof(*args));
		code = report__open_main(argc + 1, args, fd);
	}
	if (fd >= 0)
		close(fd);
	free(file);
	free(args);
	return code;
}

int show__main(int argc, char **argv)
{
	const char *folder = STORE_FOLDER, *which = "last";
	struct recordings recordings;
	int i = -1, code = EXIT_RUNTIME, err;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return stream__flush(stdout) ? EXIT_RUNTIME : EXIT_DONE;
		}
	}
	if (!take(&argc, argv, &folder, &which)) {
		fputs("oomtrace: --store takes a folder, such as " STORE_FOLDER "\n"
		      "Try 'oomtrace show --help'.\n",
		      stderr);
		return EXIT_USAGE;
	}
	err = recordings__open(&recordings, folder);
	if (err) {
		no_store__tell(folder, err, "show");
		return EXIT_RUNTIME;
	}
	drop_others(&recordings);
	i = find(&recordings, which);
	if (i >= 0)
		code = report(argc, argv, &recordings, i);
	else if (i == -1 && recordings.count)
		fprintf(stderr, "oomtrace: there is no incident '%s'. 'oomtrace list' lists them.\n",
			escape__shown(which));
	else if (i == -1)
		fprintf(stderr, "oomtrace: there is no incident in %s.\n", escape__shown(folder));
	recordings__close(&recordings);
	return code;
}
