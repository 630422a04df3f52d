// SPDX-License-Identifier: GPL-2.0-only
#include "service/journal.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "containers/unit.h"
#include "output/wrap.h"

int journal__open(const char *socket_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, socket_path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/*
 * A field in the form that takes any bytes: the name, the value's length as 64 bits little-endian, the value
 * (systemd's native journal protocol). So no name can bring a field of its own.
 */
static void put(FILE *out, const char *name, const char *value)
{
	uint64_t size = htole64(strlen(value));

	if (!*value)
		return;
	fprintf(out, "%s\n", name);
	fwrite(&size, sizeof(size), 1, out);
	fprintf(out, "%s\n", value);
}

static void put_number(FILE *out, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put(out, name, text);
}

/* Of the machine's manager: by it journalctl -u finds the message. */
static void put_unit(FILE *out, const char *cgroup)
{
	char name[ENTRY_NAME_SIZE];
	struct unit unit;

	if (!unit__of(cgroup, &unit))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)unit.system.len, unit.system.start);
	put(out, "OBJECT_SYSTEMD_UNIT", name);
}

int journal__tell(int fd, const struct entry *e, const char *file)
{
	char *text = NULL, *verdict = strdup(e->verdict ? e->verdict : "an OOM without a verdict");
	size_t size;
	FILE *out = verdict ? open_memstream(&text, &size) : NULL;
	int err = out ? 0 : -ENOMEM;

	if (out) {
		put(out, "MESSAGE", wrap__plain(verdict));
		put(out, "MESSAGE_ID", JOURNAL_MESSAGE_ID);
		put(out, "PRIORITY", "4"); /* a warning */
		put(out, "SYSLOG_IDENTIFIER", "oomtrace");
		put(out, "CONTAINER_NAME", e->container);
		put_unit(out, e->whose);
		put(out, "OOMTRACE_RUNTIME", e->runtime);
		put(out, "OOMTRACE_CGROUP", e->cgroup ? e->cgroup : "");
		put(out, "OOMTRACE_CAUSE", e->cause ? e->cause : "");
		put_number(out, "OOMTRACE_OOMS", e->ooms);
		put_number(out, "OOMTRACE_KILLS", e->kills);
		put(out, "OOMTRACE_INCIDENT", file);
		if (fclose(out))
			err = -ENOMEM;
		else if (send(fd, text, size, MSG_NOSIGNAL) < 0)
			err = -errno;
	}
	free(text);
	free(verdict);
	return err;
}
