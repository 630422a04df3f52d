// SPDX-License-Identifier: GPL-2.0-only
#include "service/hook_files.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

void hook_files__take(int *to, int fd)
{
	if (*to < 0 && fd >= 0)
		*to = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void close_iterators(int iterators[2])
{
	for (int i = 0; i < 2; i++) {
		if (iterators[i] >= 0)
			close(iterators[i]);
		iterators[i] = -1;
	}
}

void hook_files__make_iterators(const struct hook_files *files, int iterators[2])
{
	union bpf_attr attr = { .iter_create.link_fd = (uint32_t)files->link };

	iterators[0] = iterators[1] = -1;
	for (int i = 0; i < 2 && files->link >= 0 && files->map >= 0 && !files->reader; i++)
		iterators[i] = (int)syscall(SYS_bpf, BPF_ITER_CREATE, &attr, sizeof(attr));
	if (iterators[1] < 0)
		close_iterators(iterators);
}

void hook_files__leave_to(struct hook_files *files, int iterators[2], pid_t reader)
{
	if (reader > 0 && iterators[1] >= 0)
		files->reader = reader;
	close_iterators(iterators);
}

int hook_files__give(struct hook_runner *runner, int link_fd, int map_fd)
{
	static struct hook_request request;
	int err;

	request.want = HOOK_TAKE_FILES_LINK;
	err = hook_runner__ask(runner, &request, link_fd);
	request.want = HOOK_TAKE_FILES_MAP;
	return err ? err : hook_runner__ask(runner, &request, map_fd);
}
