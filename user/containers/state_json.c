// SPDX-License-Identifier: GPL-2.0-only
#include "containers/state_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_size.h"
#include "base/open_below.h"

#define FILE_BYTES_MAX (1U << 20)
#define JSON_OBJECTS_MAX 16384
#define JSON_VALUES_MAX 131072
#define JSON_DEPTH 32

int state_json__folder(int dir_fd, const char *path)
{
	return open_below__open(dir_fd, path, O_PATH | O_DIRECTORY, true);
}

/* The whole file as text; NULL: there is none, or it was changed meanwhile. The caller frees it. */
static char *read_text(int fd, size_t size)
{
	char *text = malloc(size + 1);
	size_t used = 0;
	ssize_t n = 1;

	while (text && n > 0 && used < size) {
		n = read(fd, text + used, size - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[used] = '\0';
	return text;
}

static struct json_object *parse(const char *text)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *json = NULL;
	size_t len = strlen(text);

	if (tok && json_size__is_bounded(text, len, JSON_OBJECTS_MAX, JSON_VALUES_MAX))
		json = json_tokener_parse_ex(tok, text, (int)len);
	if (tok)
		json_tokener_free(tok);
	return json;
}

struct json_object *state_json__read(int dir_fd, const char *path, uid_t owner)
{
	int fd = open_below__open(dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	struct json_object *json = NULL;
	char *text = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == owner && st.st_size <= FILE_BYTES_MAX)
		text = read_text(fd, (size_t)st.st_size);
	close(fd);
	if (text)
		json = parse(text);
	free(text);
	return json;
}

const char *state_json__text(struct json_object *obj, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(obj, json_type_object) || !json_object_object_get_ex(obj, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

struct json_object *state_json__object(struct json_object *obj, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(obj, json_type_object) || !json_object_object_get_ex(obj, key, &value) ||
	    !json_object_is_type(value, json_type_object))
		return NULL;
	return value;
}
