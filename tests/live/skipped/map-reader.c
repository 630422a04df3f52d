// SPDX-License-Identifier: GPL-2.0-only
/*
 * map-reader CPU: reads a big value of a BPF map again and again on a CPU, as agents do that read their maps. While it
 * does, the kernel leaves out programs of kprobes on that CPU (bpf_prog_active).
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VALUE_SIZE (1U << 20)

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = VALUE_SIZE,
		.max_entries = 4,
	};
	uint32_t key = 1;
	static char value[VALUE_SIZE];
	union bpf_attr element = { .key = (uintptr_t)&key, .value = (uintptr_t)value };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(argc == 2 ? atoi(argv[1]) : 0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus)) {
		perror("map-reader: affinity");
		return 1;
	}
	element.map_fd = bpf(BPF_MAP_CREATE, &map);
	if ((int)element.map_fd < 0 || bpf(BPF_MAP_UPDATE_ELEM, &element)) {
		perror("map-reader: map");
		return 1;
	}
	while (!bpf(BPF_MAP_LOOKUP_ELEM, &element))
		;
	perror("map-reader: look-up");
	return 1;
}
