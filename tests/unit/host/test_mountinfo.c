// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "host/mountinfo.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "11111111-2222-3333-4444-555555555555"

/* As the machine's first process has it. */
static const char machine[] =
	"21 1 0:5 / /dev rw - devtmpfs udev rw\n"
	"22 21 0:20 / /dev/shm rw,nosuid - tmpfs tmpfs rw\n"
	"23 1 0:21 / /run rw,nosuid - tmpfs tmpfs rw\n"
	"24 1 0:22 / /srv/ca\\040che rw - tmpfs none rw,size=1024k\n"
	"30 1 0:40 / /var/lib/docker/containers/" ID "/mounts/shm rw - tmpfs shm rw\n"
	"31 1 0:41 / /run/containerd/io.containerd.grpc.v1.cri/sandboxes/" ID "/shm rw - tmpfs shm rw\n"
	"32 1 0:42 / /var/lib/kubelet/pods/" POD "/volumes/kubernetes.io~empty-dir/x rw - tmpfs tmpfs rw\n"
	"33 1 0:43 / /var/lib/docker/volumes/web/_data rw - tmpfs tmpfs rw\n"
	/* Of the machine's, made for a pod. */
	"34 1 0:21 /lock /var/lib/kubelet/pods/" POD "/volume-subpaths/run/web/0 rw - tmpfs tmpfs rw\n";

static const struct {
	const char *mount; /* of a container */
	bool machines;
} cases[] = {
	{ "90 80 0:20 / /dev/shm rw - tmpfs tmpfs rw", true }, /* docker run --ipc host */
	{ "90 80 0:20 /web /data rw - tmpfs tmpfs rw", true }, /* -v /dev/shm/web:/data */
	{ "90 80 0:21 / /host/run rw - tmpfs tmpfs rw", true },
	{ "90 80 0:21 /lock /locks rw - tmpfs tmpfs rw", true },
	{ "90 80 0:22 / /cache rw - tmpfs none rw", true },
	/* Of its own: nobody else has them, or the machine has them for it. */
	{ "90 80 0:50 / /dev/shm rw - tmpfs tmpfs rw", false },
	{ "90 80 0:40 / /dev/shm rw - tmpfs shm rw", false },
	{ "90 80 0:41 / /dev/shm rw - tmpfs shm rw", false },
	{ "90 80 0:42 / /x rw - tmpfs tmpfs rw", false },
	{ "90 80 0:42 /sub /x rw - tmpfs tmpfs rw", false },
	{ "90 80 0:43 / /data rw - tmpfs tmpfs rw", false },
	/* A process of the machine sees those of all containers. */
	{ "90 80 0:40 / /var/lib/docker/containers/" ID "/mounts/shm rw - tmpfs shm rw", true },
	/* The number alone is not the file system. */
	{ "90 80 0:5 / /dev rw - tmpfs none rw", false },
};

static void test_machines(void **state)
{
	struct mountinfo mount;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *line = cases[i].mount;

		assert_true(mountinfo__parse((struct span){ line, strlen(line) }, &mount));
		assert_int_equal(mountinfo__is_machines((struct span){ machine, strlen(machine) }, &mount),
				 cases[i].machines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_machines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
