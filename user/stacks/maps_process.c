// SPDX-License-Identifier: GPL-2.0-only
/* oomtrace-maps (symbols.h) after it has been forked: lists and opens the files that processes have mapped. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "host/proc.h"
#include "stacks/jit_map.h"
#include "stacks/wire.h"

/* A process can have a million mappings; what counts is nearly always among the first. */
#define MAPS_LINES_MAX 16384
#define MAPS_LINE_SIZE 4352 /* PATH_MAX and what stands before it */

static int send_mapping(int out, uint32_t pid, const struct mapping *mapping)
{
	struct wire_message message = { .kind = WIRE_MAPPING };
	int fd = mapping->is_file ? mapping__open(pid, mapping) : -1;
	int err;

	message.mapping = *mapping;
	err = wire__send(out, &message, sizeof(message), fd);
	if (fd >= 0)
		close(fd);
	return err;
}

static bool is_process(const struct process_id *process)
{
	uint64_t start_ns;

	return !proc__start(process->pid, &start_ns) && proc__same_start(start_ns, process->start_ns);
}

static int send_jit_map(int out, const struct process_id *process)
{
	struct wire_message message = { .kind = WIRE_JIT };
	int fd = jit_map__open(process->pid);
	int err = 0;

	if (fd < 0)
		return 0;
	/* That of the same process still: it was found by its pid. */
	if (is_process(process))
		err = wire__send(out, &message, sizeof(message), fd);
	close(fd);
	return err;
}

static int look_at(int out, const struct process_id *process)
{
	struct wire_message begin = { .kind = WIRE_BEGIN, .process = *process };
	char path[64], line[MAPS_LINE_SIZE];
	struct mapping mapping;
	bool makes_code = false;
	int err, found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/maps", process->pid);
	file = fopen(path, "re");
	/* After opening it: the file stays that process's, whoever has the pid then. */
	if (!file || !is_process(process)) {
		if (file)
			fclose(file);
		return 0;
	}
	err = 0;
	for (int i = 0; !err && i < MAPS_LINES_MAX && found < MAPPINGS_MAX; i++) {
		if (!fgets(line, sizeof(line), file))
			break;
		if (!mapping__parse(line, &mapping))
			continue;
		/* A process that is exiting has none: what is known of it then stays. */
		if (!found++)
			err = wire__send(out, &begin, sizeof(begin), -1);
		if (!err)
			err = send_mapping(out, process->pid, &mapping);
		makes_code |= mapping__is_anonymous(&mapping);
	}
	fclose(file);
	if (!err && makes_code)
		err = send_jit_map(out, process);
	return err;
}

void maps_process__run(int in, int out)
{
	struct wire_message message;

	while (wire__receive(in, &message, sizeof(message), NULL) == sizeof(message)) {
		int err = message.kind == WIRE_LOOK ? look_at(out, &message.process)
						    : wire__send(out, &message, sizeof(message), -1);

		if (err)
			break;
	}
}
