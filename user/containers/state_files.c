// SPDX-License-Identifier: GPL-2.0-only
#include "containers/state_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/array.h"
#include "base/copy.h"
#include "base/json_size.h"
#include "base/units.h"

#define TASKS "/run/containerd/io.containerd.runtime.v2.task"
/* runc's state.json has some 50 KiB. */
#define FILE_BYTES_MAX (1U << 20)
#define JSON_OBJECTS_MAX 4096
#define JSON_VALUES_MAX 65536
#define JSON_DEPTH 32

/* An id is the name of a folder. */
static bool is_id(const char *id)
{
	size_t len = strlen(id);

	return len && len <= CONTAINER__ID_MAX && id[0] != '.' && !strchr(id, '/');
}

/* A whole file, which is regular and not too large, NUL-terminated; NULL: there is none. The caller frees it. */
static char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	char *text = NULL;
	size_t used = 0;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= FILE_BYTES_MAX)
		text = malloc((size_t)st.st_size + 1);
	while (text && n > 0 && used < (size_t)st.st_size) {
		n = read(fd, text + used, (size_t)st.st_size - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[used] = '\0';
	close(fd);
	return text;
}

/* The pid in a file that has nothing else; 0: there is none. */
static pid_t pid_in_text(const char *text)
{
	char *end;
	unsigned long pid = strtoul(text, &end, 10);

	return end != text && (!*end || *end == '\n') && pid <= UNITS__PID_MAX ? (pid_t)pid : 0;
}

static pid_t pid_in_json(const char *text, const char *key)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *o = NULL, *value = NULL;
	int64_t pid = 0;

	if (tok && json_size__is_bounded(text, strlen(text), JSON_OBJECTS_MAX, JSON_VALUES_MAX))
		o = json_tokener_parse_ex(tok, text, (int)strlen(text));
	if (json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &value) &&
	    json_object_is_type(value, json_type_int))
		pid = json_object_get_int64(value);
	json_object_put(o);
	if (tok)
		json_tokener_free(tok);
	return pid > 0 && pid <= UNITS__PID_MAX ? (pid_t)pid : 0;
}

static pid_t pid_in(const char *path, const char *key)
{
	char *text = read_file(path);
	pid_t pid = 0;

	if (text)
		pid = key ? pid_in_json(text, key) : pid_in_text(text);
	free(text);
	return pid;
}

/* containerd has a folder for each of its namespaces, and a task's folder in it. */
static pid_t find_task(const char *root, const char *id)
{
	char path[PATH_MAX];
	struct dirent *entry;
	pid_t pid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" TASKS, root);
	dir = opendir(path);
	while (dir && !pid && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s" TASKS "/%s/%s/init.pid", root, entry->d_name, id) <
		    (int)sizeof(path))
			pid = pid_in(path, NULL);
	}
	if (dir)
		closedir(dir);
	return pid;
}

int state_files__find(const char *root, const char *id, struct state_file *out)
{
	static const struct {
		const char *folder, *file, *key;
	} runtimes[] = {
		{ "/run/runc", "state.json", "init_process_pid" },
		{ "/run/crun", "status", "pid" },
	};
	char path[PATH_MAX];
	pid_t pid;

	if (!is_id(id))
		return -EINVAL;
	*out = (struct state_file){ .runtime = CONTAINER__CONTAINERD };
	pid = find_task(root, id);
	for (size_t i = 0; !pid && i < ARRAY_SIZE(runtimes); i++) {
		out->runtime = CONTAINER__OCI;
		snprintf(path, sizeof(path), "%s%s/%s/%s", root, runtimes[i].folder, id, runtimes[i].file);
		pid = pid_in(path, runtimes[i].key);
	}
	if (!pid)
		return -ENOENT;
	out->pid = pid;
	copy__text(out->id, sizeof(out->id), id);
	return 0;
}
