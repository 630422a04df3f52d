// SPDX-License-Identifier: GPL-2.0-only
#define DOCKER_SOCKET "/var/run/docker.sock"
#define PODMAN_SOCKET "/run/podman/podman.sock"
#define _GNU_SOURCE 1 /* strcasestr() */

#include "containers/docker_api.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/copy.h"
#include "base/json_size.h"
#include "base/units.h"
#include "containers/unix_http.h"

#define JSON_DEPTH 32
/* More than some thousand containers have; what costs more is no answer. */
#define JSON_OBJECTS_MAX 16384
#define JSON_VALUES_MAX 131072

static int parse_json(const char *text, size_t len, struct json_object **out)
{
	struct json_tokener *tok;
	struct json_object *obj;
	int err = 0;

	if (!json_size__is_bounded(text, len, JSON_OBJECTS_MAX, JSON_VALUES_MAX))
		return -EBADMSG;
	tok = json_tokener_new_ex(JSON_DEPTH);
	if (!tok)
		return -ENOMEM;
	obj = json_tokener_parse_ex(tok, text, (int)len);
	if (json_tokener_get_error(tok) != json_tokener_success || !obj) {
		err = -EBADMSG;
	} else {
		size_t end = json_tokener_get_parse_end(tok);

		while (end < len && strchr(" \t\r\n", text[end]) && text[end])
			end++;
		if (end != len)
			err = -EBADMSG;
	}
	if (err)
		json_object_put(obj);
	else
		*out = obj;
	json_tokener_free(tok);
	return err;
}

/* One request; *json is the caller's. Returns the HTTP status, of an answer that is JSON, or an errno. */
static int get(const char *socket_path, const char *target, bool *podman, struct json_object **json)
{
	struct unix_http_response response;
	int err = unix_http__get(socket_path, target, &response);

	if (err)
		return err;
	err = parse_json(response.body, response.body_len, json);
	*podman = !strncasecmp(response.server, "Libpod", strlen("Libpod"));
	free(response.buf);
	return err ? err : response.status;
}

static const char *get_string(struct json_object *obj, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, key, &value) || !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static bool get_int(struct json_object *obj, const char *key, int64_t *out)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, key, &value) || !json_object_is_type(value, json_type_int))
		return false;
	*out = json_object_get_int64(value);
	return true;
}

static bool get_bool(struct json_object *obj, const char *key, bool *out)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, key, &value) || !json_object_is_type(value, json_type_boolean))
		return false;
	*out = json_object_get_boolean(value);
	return true;
}

/* NULL unless it is an object, so that the getters above say "absent". */
static struct json_object *get_object(struct json_object *obj, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, key, &value) || !json_object_is_type(value, json_type_object))
		return NULL;
	return value;
}

static bool copy_id(struct runtime_container *c, const char *id)
{
	if (strlen(id) != CONTAINER__ID_MAX || strspn(id, "0123456789abcdef") != CONTAINER__ID_MAX)
		return false;
	memcpy(c->id, id, CONTAINER__ID_SIZE);
	return true;
}

static bool parse_state(struct json_object *state, struct runtime_container *c)
{
	bool restarting = false;
	int64_t value;

	if (!state || !get_bool(state, "Running", &c->running) || !get_int(state, "Pid", &value) ||
	    value < 0 || value > UNITS__PID_MAX)
		return false;
	c->pid = (pid_t)value;
	copy__text(c->status, sizeof(c->status), get_string(state, "Status"));
	get_bool(state, "Restarting", &restarting);
	if ((!c->running || restarting) && get_int(state, "ExitCode", &value) && value >= INT32_MIN &&
	    value <= INT32_MAX) {
		c->has_exit_code = true;
		c->exit_code = (int)value;
	}
	c->has_oom_killed = get_bool(state, "OOMKilled", &c->oom_killed);
	return true;
}

static bool has_restart_policy(struct json_object *host_config)
{
	struct json_object *policy = get_object(host_config, "RestartPolicy");
	const char *name = policy ? get_string(policy, "Name") : "";

	return name[0] && strcmp(name, "no") != 0;
}

static int parse_inspect(struct json_object *json, bool podman, struct runtime_container *out)
{
	struct runtime_container c = { .runtime = podman ? CONTAINER__PODMAN : CONTAINER__DOCKER };
	struct json_object *config, *host_config;
	const char *name;
	int64_t value;

	if (!json_object_is_type(json, json_type_object) || !copy_id(&c, get_string(json, "Id")) ||
	    !parse_state(get_object(json, "State"), &c))
		return -EBADMSG;
	name = get_string(json, "Name");
	copy__text(c.name, sizeof(c.name), name + (name[0] == '/'));
	config = get_object(json, "Config");
	if (config)
		copy__text(c.image, sizeof(c.image), get_string(config, "Image"));
	host_config = get_object(json, "HostConfig");
	if (host_config && get_int(host_config, "Memory", &value) && value > 0) {
		c.has_memory_limit = true;
		c.memory_limit_bytes = (uint64_t)value;
	}
	c.restarts = host_config && has_restart_policy(host_config);
	*out = c;
	return 0;
}

/*
 * Docker has given an ambiguous prefix 404, 500 and 400 over the years; Podman says "more than one
 * result" with 500. So the message is looked at before the number.
 */
static int refusal(struct json_object *json, int status)
{
	const char *message = get_string(json, "message");

	if (strcasestr(message, "multiple IDs found") || strcasestr(message, "more than one result"))
		return -ENOTUNIQ;
	return status == 404 ? -ENOENT : -EREMOTEIO;
}

static int get_ok(const char *socket_path, const char *target, bool *podman, struct json_object **json)
{
	struct json_object *answer = NULL;
	int status = get(socket_path, target, podman, &answer);

	if (status == 200) {
		*json = answer;
		return 0;
	}
	if (status >= 0)
		status = refusal(answer, status);
	json_object_put(answer);
	return status;
}

static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	/* "." and ".." would be steps of the URL's path. */
	return len && !name[len] && len < DOCKER_API__NAME_SIZE && name[0] != '.';
}

int docker_api__inspect(const char *socket_path, const char *name, struct runtime_container *out)
{
	char target[DOCKER_API__NAME_SIZE + 32];
	struct json_object *json = NULL;
	bool podman = false;
	int err;

	if (!is_name(name))
		return -EINVAL;
	snprintf(target, sizeof(target), "/containers/%s/json", name);
	err = get_ok(socket_path, target, &podman, &json);
	if (!err)
		err = parse_inspect(json, podman, out);
	json_object_put(json);
	return err;
}

static bool parse_list_item(struct json_object *item, bool podman, struct runtime_container *c)
{
	struct json_object *names, *first;
	const char *name;

	memset(c, 0, sizeof(*c));
	c->runtime = podman ? CONTAINER__PODMAN : CONTAINER__DOCKER;
	if (!json_object_is_type(item, json_type_object) || !copy_id(c, get_string(item, "Id")))
		return false;
	copy__text(c->image, sizeof(c->image), get_string(item, "Image"));
	copy__text(c->status, sizeof(c->status), get_string(item, "State"));
	c->running = !strcmp(c->status, "running") || !strcmp(c->status, "paused") ||
		     !strcmp(c->status, "restarting");
	if (json_object_object_get_ex(item, "Names", &names) && json_object_is_type(names, json_type_array)) {
		first = json_object_array_get_idx(names, 0);
		name = json_object_is_type(first, json_type_string) ? json_object_get_string(first) : "";
		copy__text(c->name, sizeof(c->name), name + (name[0] == '/'));
	}
	return true;
}

int docker_api__list(const char *socket_path, docker_api__list_fn fn, void *ctx)
{
	struct runtime_container container;
	struct json_object *json = NULL;
	bool podman = false;
	int err;

	err = get_ok(socket_path, "/containers/json?all=1", &podman, &json);
	if (!err && !json_object_is_type(json, json_type_array))
		err = -EBADMSG;
	for (size_t i = 0; !err && i < json_object_array_length(json); i++)
		err = parse_list_item(json_object_array_get_idx(json, i), podman, &container)
			      ? fn(&container, ctx)
			      : -EBADMSG;
	json_object_put(json);
	return err;
}

static void add_socket(struct docker_api__socket *out, size_t max, size_t *count, const char *path)
{
	struct stat st, other;

	if (path[0] != '/' || strlen(path) >= sizeof(out->path) || *count >= max)
		return;
	for (size_t i = 0; i < *count; i++) {
		if (!strcmp(out[i].path, path))
			return;
		/* /var/run is /run, and podman-docker makes docker.sock a link. */
		if (!stat(path, &st) && !stat(out[i].path, &other) && st.st_dev == other.st_dev &&
		    st.st_ino == other.st_ino)
			return;
	}
	copy__text(out[*count].path, sizeof(out->path), path);
	(*count)++;
}

const char *docker_api__socket_of(enum container_runtime runtime)
{
	if (runtime == CONTAINER__DOCKER)
		return DOCKER_SOCKET;
	return runtime == CONTAINER__PODMAN ? PODMAN_SOCKET : "";
}

size_t docker_api__sockets(struct docker_api__socket *out, size_t max)
{
	const char *docker_host = getenv("DOCKER_HOST"), *runtime_dir = getenv("XDG_RUNTIME_DIR");
	const char *sudo_uid = getenv("SUDO_UID");
	char path[sizeof(out->path) + 32];
	size_t count = 0;

	if (docker_host && !strncmp(docker_host, "unix://", 7))
		add_socket(out, max, &count, docker_host + 7);
	add_socket(out, max, &count, DOCKER_SOCKET);
	add_socket(out, max, &count, PODMAN_SOCKET);
	if (runtime_dir && runtime_dir[0] == '/') {
		int n = snprintf(path, sizeof(path), "%s/podman/podman.sock", runtime_dir);

		if (n > 0 && (size_t)n < sizeof(path))
			add_socket(out, max, &count, path);
	}
	if (sudo_uid && *sudo_uid && strlen(sudo_uid) <= 10 &&
	    strspn(sudo_uid, "0123456789") == strlen(sudo_uid)) {
		snprintf(path, sizeof(path), "/run/user/%s/podman/podman.sock", sudo_uid);
		add_socket(out, max, &count, path);
	}
	return count;
}

const char *docker_api__error(int err)
{
	switch (err) {
	case -EINVAL:
		return "not a name that this runtime would give";
	case -ENOTCONN:
		return "no such socket, or nobody listens on it";
	case -EACCES:
		return "permission denied";
	case -ENOENT:
		return "answered: no such container";
	case -ENOTUNIQ:
		return "answered: more than one container matches";
	case -ETIMEDOUT:
		return "gave no answer in time";
	case -EREMOTEIO:
		return "answered with an error of its own";
	case -EBADMSG:
		return "gave an answer that makes no sense";
	default:
		return strerror(-err);
	}
}
