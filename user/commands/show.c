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
#include "commands/report.h"
#include "commands/report_options.h"
#include "service/entry.h"
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

struct files {
	const char *folder;
	struct dirent **names;
	int count;
};

/* The one of `who` (NULL: of anybody) that happened last, as 'oomtrace list' has them; -1: there is none. */
static int find_latest(const struct files *files, const char *who)
{
	int64_t latest_ns = INT64_MIN;
	char path[PATH_MAX];
	int found = -1;

	for (int i = 0; i < files->count; i++) {
		struct entry entry;
		int fd, err;

		snprintf(path, sizeof(path), "%s/%s", files->folder, files->names[i]->d_name);
		fd = store_folder__open_recording(path);
		if (fd < 0)
			continue;
		err = entry__read(fd, who, &entry);
		close(fd);
		entry__free(&entry);
		if (err || !entry.matches || entry.order_ns < latest_ns)
			continue;
		latest_ns = entry.order_ns;
		found = i;
	}
	return found;
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
static int find_by_time(const struct files *files, const char *which)
{
	char time[NAME_MAX + 1]; /* a name may be given whole */
	int found = -1, count = 0;

	copy_time(time, sizeof(time), which);
	for (int i = 0; i < files->count && strlen(time) >= TIME_PREFIX_MIN; i++) {
		if (strncmp(files->names[i]->d_name, time, strlen(time)))
			continue;
		found = i;
		count++;
	}
	if (count < 2)
		return found;
	fprintf(stderr, "oomtrace: %d incidents begin with '%s'. More of the name tells one from another:\n",
		count, escape__shown(which));
	for (int i = 0; i < files->count; i++) {
		if (!strncmp(files->names[i]->d_name, time, strlen(time)))
			fprintf(stderr, "  %s\n", escape__shown(files->names[i]->d_name));
	}
	return -2;
}

/* Leaves the regular files: to open a link or a FIFO of somebody else's would do something. */
static void drop_others(struct files *files)
{
	char path[PATH_MAX];
	int kept = 0;

	for (int i = 0; i < files->count; i++) {
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", files->folder, files->names[i]->d_name);
		if (!lstat(path, &st) && S_ISREG(st.st_mode))
			files->names[kept++] = files->names[i];
		else
			free(files->names[i]);
	}
	files->count = kept;
}

/*
 * The index of the latest incident of `who`, or -1. Recordings may be anybody's, so they are read by a process that can
 * do nothing else.
 */
static int find_in_child(const struct files *files, const char *who)
{
	char folder[PATH_MAX], *places[] = { folder, NULL };
	int ends[2], i = -1;
	pid_t parent = getpid(), pid;

	snprintf(folder, sizeof(folder), "%s", files->folder);
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		child__die_with_parent(parent);
		if (!confine__report(places, NULL, temp_file__folder(), false)) {
			i = find_latest(files, who);
			_exit(write(ends[1], &i, sizeof(i)) != sizeof(i));
		}
		_exit(EXIT_RUNTIME);
	}
	close(ends[1]);
	if (pid < 0 || read(ends[0], &i, sizeof(i)) != sizeof(i) || i < -1 || i >= files->count)
		i = -1;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return i;
}

static int find(const struct files *files, const char *which)
{
	int i;

	if (!strcmp(which, "last"))
		return find_in_child(files, NULL);
	i = find_by_time(files, which);
	return i == -1 ? find_in_child(files, which) : i;
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

static int report(int argc, char **argv, const char *path)
{
	char **args = calloc((size_t)argc + 2, sizeof(*args)), *file = strdup(path);
	int code = EXIT_RUNTIME;

	if (args && file) {
		args[0] = argv[0];
		args[1] = file;
		memcpy(args + 2, argv + 1, (size_t)(argc - 1) * sizeof(*args));
		code = report__main(argc + 1, args);
	}
	free(file);
	free(args);
	return code;
}

int show__main(int argc, char **argv)
{
	struct files files = { .folder = STORE_FOLDER };
	const char *which = "last";
	char path[PATH_MAX];
	int i = -1, code = EXIT_RUNTIME;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return stream__flush(stdout) ? EXIT_RUNTIME : EXIT_DONE;
		}
	}
	if (!take(&argc, argv, &files.folder, &which)) {
		fputs("oomtrace: --store takes a folder, such as " STORE_FOLDER "\n"
		      "Try 'oomtrace show --help'.\n",
		      stderr);
		return EXIT_USAGE;
	}
	files.count = store_folder__scan(files.folder, &files.names);
	if (files.count < 0) {
		no_store__tell(files.folder, files.count, "show");
		return EXIT_RUNTIME;
	}
	drop_others(&files);
	i = find(&files, which);
	if (i >= 0) {
		snprintf(path, sizeof(path), "%s/%s", files.folder, files.names[i]->d_name);
		code = report(argc, argv, path);
	} else if (i == -1 && files.count) {
		fprintf(stderr, "oomtrace: there is no incident '%s'. 'oomtrace list' lists them.\n",
			escape__shown(which));
	} else if (i == -1) {
		fprintf(stderr, "oomtrace: there is no incident in %s.\n", escape__shown(files.folder));
	}
	for (i = 0; i < files.count; i++)
		free(files.names[i]);
	free(files.names);
	return code;
}
