// SPDX-License-Identifier: GPL-2.0-only
#include "containers/state_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/copy.h"
#include "base/landlock.h"
#include "base/privileges.h"
#include "base/units.h"
#include "containers/state_json.h"

#define USERS_MAX 32
/* Entries of a folder that are looked at: a node has some hundred. */
#define ENTRIES_MAX 65536

#define PODMAN_STORE "/var/lib/containers/storage/overlay-containers"
#define PODMAN_OF_USER ".local/share/containers/storage/overlay-containers"
#define DOCKER_STORE "/var/lib/docker/containers"
#define DOCKER_OF_USER ".local/share/docker/containers"
#define LOGS "/var/log/containers"

/* The folders of a user's own runtimes, open; -1: there is none. */
struct user_stores {
	uid_t user;
	int podman, docker;
};

struct state_names {
	char root[64];
	struct user_stores users[USERS_MAX];
	size_t user_count;
};

/* ---- the users ---- */

static bool add_user(struct state_names *names, uid_t user, const char *home)
{
	struct user_stores *stores = &names->users[names->user_count];
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s%s", names->root, home) >= (int)sizeof(path))
		return false;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	stores->user = user;
	stores->podman = state_json__folder(fd, PODMAN_OF_USER);
	stores->docker = state_json__folder(fd, DOCKER_OF_USER);
	close(fd);
	names->user_count += stores->podman >= 0 || stores->docker >= 0;
	return names->user_count == USERS_MAX;
}

static bool has_session(const struct state_names *names, uid_t user)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/run/user/%u", names->root, user);
	return !access(path, F_OK);
}

static void add_users(struct state_names *names)
{
	char path[128];
	struct passwd *entry;
	bool full = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/passwd", names->root);
	file = fopen(path, "re");
	while (file && !full && (entry = fgetpwent(file))) {
		if (entry->pw_uid && entry->pw_dir[0] == '/' && has_session(names, entry->pw_uid))
			full = add_user(names, entry->pw_uid, entry->pw_dir);
	}
	if (file)
		fclose(file);
}

struct state_names *state_names__open(const char *root)
{
	struct state_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	copy__text(names->root, sizeof(names->root), root);
	add_users(names);
	return names;
}

void state_names__close(struct state_names *names)
{
	for (size_t i = 0; names && i < names->user_count; i++) {
		if (names->users[i].podman >= 0)
			close(names->users[i].podman);
		if (names->users[i].docker >= 0)
			close(names->users[i].docker);
	}
	free(names);
}

int state_names__confine(const struct state_names *names)
{
	static const char *const folders[] = { "/run", "/var/lib/containers", DOCKER_STORE, LOGS };
	struct landlock_place places[ARRAY_SIZE(folders) + 2 * USERS_MAX];
	char paths[2 * USERS_MAX][32];
	size_t count = 0, used = 0;
	int err = privileges__keep(names->user_count ? 1ULL << CAP_DAC_READ_SEARCH : 0);

	if (err)
		return err;
	for (; count < ARRAY_SIZE(folders); count++)
		places[count] = (struct landlock_place){ .path = folders[count] };
	for (size_t i = 0; i < names->user_count; i++) {
		const int fds[] = { names->users[i].podman, names->users[i].docker };

		for (size_t k = 0; k < ARRAY_SIZE(fds); k++) {
			if (fds[k] < 0)
				continue;
			snprintf(paths[used], sizeof(paths[used]), "/proc/self/fd/%d", fds[k]);
			places[count++] = (struct landlock_place){ .path = paths[used++] };
		}
	}
	err = landlock__confine(places, count);
	/* What would read every file of everybody is not kept without. */
	return err == -EOPNOTSUPP || err == -E2BIG ? privileges__keep(0) : err;
}

/* A folder of root's, which may be a link to where the disk is; -1: there is none. */
static int open_folder(const struct state_names *names, const char *path)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", names->root, path);
	return open(whole, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Calls fn with each store of that kind: root's first. It returns whether it has seen enough. */
typedef bool (*store_fn)(int fd, uid_t user, void *ctx);

static bool each_podman_store(const struct state_names *names, store_fn fn, void *ctx)
{
	int fd = open_folder(names, PODMAN_STORE);
	/* Tests have a root of their own. */
	bool done = fd >= 0 && fn(fd, names->root[0] ? getuid() : 0, ctx);

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < names->user_count && !done; i++)
		done = names->users[i].podman >= 0 && fn(names->users[i].podman, names->users[i].user, ctx);
	return done;
}

/* ---- Podman: an array of all containers; those that go with their end are in a file of their own ---- */

struct podman_search {
	uid_t user; /* of the container that is looked for; with `name` alone any */
	const char *id, *name;
	char *found; /* gets the name of the id */
	size_t size;
	struct state_id *ids; /* get the ids of the name */
	size_t count, max;
};

static bool has_name(struct json_object *entry, const char *name)
{
	struct json_object *list;

	if (!json_object_object_get_ex(entry, "names", &list) || !json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_string) && !strcmp(json_object_get_string(one), name))
			return true;
	}
	return false;
}

/* What Docker and Podman take for a name: nothing that a terminal, a shell or a path has a meaning for. */
static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return len && !text[len] && len < STATE_NAMES__SIZE;
}

static const char *first_name(struct json_object *entry)
{
	struct json_object *list, *first;

	if (!json_object_object_get_ex(entry, "names", &list) || !json_object_is_type(list, json_type_array))
		return NULL;
	first = json_object_array_get_idx(list, 0);
	if (!json_object_is_type(first, json_type_string) || !is_name(json_object_get_string(first)))
		return NULL;
	return json_object_get_string(first);
}

static bool is_oci_id(const char *id)
{
	return strlen(id) == CONTAINER__ID_MAX && strspn(id, "0123456789abcdef") == CONTAINER__ID_MAX;
}

static bool take_podman_entry(struct json_object *entry, uid_t user, struct podman_search *s)
{
	const char *id = state_json__text(entry, "id");

	if (!id || !is_oci_id(id))
		return false;
	if (s->name) {
		if (has_name(entry, s->name)) {
			s->ids[s->count].user = user;
			copy__text(s->ids[s->count++].id, sizeof(s->ids->id), id);
		}
		return s->count == s->max;
	}
	if (!s->id || strcmp(id, s->id) != 0 || !first_name(entry))
		return false;
	copy__text(s->found, s->size, first_name(entry));
	return s->found[0];
}

static bool search_podman_store(int fd, uid_t user, void *ctx)
{
	static const char *const files[] = { "containers.json", "volatile-containers.json" };
	struct podman_search *s = ctx;
	bool done = false;

	if (s->id && s->user != user)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(files) && !done; i++) {
		struct json_object *list = state_json__read(fd, files[i], user);

		for (size_t k = 0; json_object_is_type(list, json_type_array) && !done &&
				   k < json_object_array_length(list);
		     k++)
			done = take_podman_entry(json_object_array_get_idx(list, k), user, s);
		json_object_put(list);
	}
	return done;
}

/* ---- Docker: a folder for each container ---- */

static int name_of_docker(const struct state_names *names, const struct container_ref *ref, char *name,
			  size_t size)
{
	char path[CONTAINER__ID_SIZE + sizeof("/config.v2.json")];
	uid_t owner = names->root[0] ? getuid() : 0;
	struct json_object *json = NULL;
	const char *text;
	int fd = -1;

	snprintf(path, sizeof(path), "%s/config.v2.json", ref->id);
	if (!ref->user) {
		fd = open_folder(names, DOCKER_STORE);
		json = fd < 0 ? NULL : state_json__read(fd, path, owner);
	}
	for (size_t i = 0; i < names->user_count && !json; i++) {
		if (names->users[i].user == ref->user && names->users[i].docker >= 0)
			json = state_json__read(names->users[i].docker, path, ref->user);
	}
	if (fd >= 0)
		close(fd);
	text = state_json__text(json, "Name");
	text = text && is_name(text + (text[0] == '/')) ? text + (text[0] == '/') : NULL;
	if (text)
		copy__text(name, size, text);
	json_object_put(json);
	return text ? 0 : -ENOENT;
}

/* ---- Kubernetes: the kubelet's links to logs, POD_NAMESPACE_CONTAINER-ID.log, for every runtime ---- */

struct log_name {
	char pod[NAME_MAX + 1], namespace[NAME_MAX + 1], container[NAME_MAX + 1], id[CONTAINER__ID_SIZE];
};

/* What Kubernetes takes for a name, so that a foreign file can't bring other characters in. */
static bool is_label(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.")];
}

static bool parse_log_name(const char *file, struct log_name *out)
{
	size_t len = strlen(file), id_at = CONTAINER__ID_MAX + strlen(".log");
	char text[NAME_MAX + 1], *save, *pod, *namespace, *container;

	if (len <= id_at + 1 || len > NAME_MAX || strcmp(file + len - strlen(".log"), ".log") != 0 ||
	    file[len - id_at - 1] != '-')
		return false;
	snprintf(out->id, sizeof(out->id), "%.*s", CONTAINER__ID_MAX, file + len - id_at);
	snprintf(text, sizeof(text), "%.*s", (int)(len - id_at - 1), file);
	pod = strtok_r(text, "_", &save);
	namespace = strtok_r(NULL, "_", &save);
	container = strtok_r(NULL, "_", &save);
	if (!container || strtok_r(NULL, "_", &save) || !is_oci_id(out->id) || !is_label(pod) ||
	    !is_label(namespace) || !is_label(container))
		return false;
	copy__text(out->pod, sizeof(out->pod), pod);
	copy__text(out->namespace, sizeof(out->namespace), namespace);
	copy__text(out->container, sizeof(out->container), container);
	return true;
}

/* It returns whether it has seen enough. */
typedef bool (*log_fn)(const struct log_name *log, void *ctx);

static void each_log(const struct state_names *names, log_fn fn, void *ctx)
{
	char path[PATH_MAX];
	struct dirent *entry;
	struct log_name log;
	bool done = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" LOGS, names->root);
	dir = opendir(path);
	for (int i = 0; dir && !done && i < ENTRIES_MAX && (entry = readdir(dir)); i++)
		done = parse_log_name(entry->d_name, &log) && fn(&log, ctx);
	if (dir)
		closedir(dir);
}

struct log_search {
	const char *id;
	char *found;
	size_t size;
};

static bool is_log_of(const struct log_name *log, void *ctx)
{
	struct log_search *s = ctx;

	if (strcmp(log->id, s->id) != 0)
		return false;
	snprintf(s->found, s->size, "%s/%s/%s", log->namespace, log->pod, log->container);
	return true;
}

/* ---- annotations of a runtime's own file ---- */

static bool name_in_annotations(int fd, const char *path, uid_t owner, char *name, size_t size)
{
	static const char *const keys[][3] = {
		{ "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-name",
		  "io.kubernetes.cri.container-name" },
		{ "io.kubernetes.pod.namespace", "io.kubernetes.pod.name", "io.kubernetes.container.name" },
	};
	struct json_object *json = state_json__read(fd, path, owner);
	struct json_object *annotations = state_json__object(json, "annotations");
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !found; i++) {
		const char *namespace = state_json__text(annotations, keys[i][0]);
		const char *pod = state_json__text(annotations, keys[i][1]);
		const char *container = state_json__text(annotations, keys[i][2]);

		/* The pod's own, that holds its namespaces, has no name of a container. */
		found = namespace && pod && container && is_label(namespace) && is_label(pod) &&
			is_label(container);
		if (found)
			snprintf(name, size, "%s/%s/%s", namespace, pod, container);
	}
	json_object_put(json);
	return found;
}

static int name_of_kubernetes(const struct state_names *names, const struct container_ref *ref, char *name,
			      size_t size)
{
	static const char *const folders[][2] = {
		{ "/run/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json" },
		{ "/run/containers/storage/overlay-containers", "userdata/config.json" },
		{ PODMAN_STORE, "userdata/config.json" },
	};
	struct log_search search = { ref->id, name, size };
	uid_t owner = names->root[0] ? getuid() : 0;
	char path[CONTAINER__ID_SIZE + 32];

	name[0] = '\0';
	each_log(names, is_log_of, &search);
	for (size_t i = 0; i < ARRAY_SIZE(folders) && !name[0]; i++) {
		int fd = open_folder(names, folders[i][0]);

		if (fd < 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", ref->id, folders[i][1]);
		if (!name_in_annotations(fd, path, owner, name, size))
			name[0] = '\0';
		close(fd);
	}
	return name[0] ? 0 : -ENOENT;
}

/* ---- all ---- */

int state_names__of(const struct state_names *names, const struct container_ref *ref, char *name, size_t size)
{
	struct podman_search podman = {
		.user = ref->user	 ? ref->user
			: names->root[0] ? getuid()
					 : 0,
		.id = ref->id,
		.found = name,
		.size = size,
	};

	if (!is_oci_id(ref->id))
		return -ENOENT;
	switch (ref->runtime) {
	case CONTAINER__DOCKER:
		return name_of_docker(names, ref, name, size);
	case CONTAINER__PODMAN:
		return each_podman_store(names, search_podman_store, &podman) ? 0 : -ENOENT;
	case CONTAINER__CONTAINERD:
	case CONTAINER__CRIO:
	case CONTAINER__OCI:
		return name_of_kubernetes(names, ref, name, size);
	default:
		return -ENOENT;
	}
}

struct pod_search {
	char namespace[NAME_MAX + 1], pod[NAME_MAX + 1], container[NAME_MAX + 1]; /* "": all */
	struct podman_search *found;
};

static bool is_log_called(const struct log_name *log, void *ctx)
{
	struct pod_search *s = ctx;
	struct podman_search *found = s->found;

	if (strcmp(log->namespace, s->namespace) != 0 || strcmp(log->pod, s->pod) != 0 ||
	    (s->container[0] && strcmp(log->container, s->container) != 0))
		return false;
	found->ids[found->count].user = 0;
	copy__text(found->ids[found->count++].id, sizeof(found->ids->id), log->id);
	return found->count == found->max;
}

size_t state_names__ids(const struct state_names *names, const char *name, struct state_id *ids, size_t max)
{
	struct podman_search search = { .name = name, .ids = ids, .max = max };
	struct pod_search pod = { .found = &search };

	if (!max)
		return 0;
	if (sscanf(name, "%255[^/]/%255[^/]/%255[^/]", pod.namespace, pod.pod, pod.container) >= 2)
		each_log(names, is_log_called, &pod);
	else
		each_podman_store(names, search_podman_store, &search);
	return search.count;
}
