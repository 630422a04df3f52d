// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "host/cgroup_path.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char mounts_v2[] =
	"22 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
	"28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
	"29 22 0:25 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
	"rw,nsdelegate,memory_recursiveprot\n"
	"33 22 0:29 / /sys/fs/bpf rw,nosuid,nodev,noexec,relatime shared:13 - bpf bpf "
	"rw,mode=700\n";

static const char mounts_v1[] =
	"25 20 0:22 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755\n"
	"27 25 0:24 / /sys/fs/cgroup/systemd rw,nosuid shared:11 - cgroup cgroup "
	"rw,xattr,name=systemd\n"
	"30 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 - cgroup cgroup "
	"rw,cpu,cpuacct\n"
	"31 25 0:28 / /sys/fs/cgroup/memory rw,nosuid shared:16 - cgroup cgroup rw,memory\n";

static const char mounts_hybrid[] =
	"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
	"32 31 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n";

/* A container without a cgroup namespace, on a v1 machine. */
static const char mounts_inside_v1[] =
	"710 700 0:28 /docker/" ID " /sys/fs/cgroup/memory ro,nosuid,nodev - cgroup cgroup rw,memory\n"
	"711 700 0:24 /docker/" ID " /sys/fs/cgroup/systemd ro - cgroup cgroup rw,name=systemd\n";

/* One with the host's tree mounted beside its own, escaped as the kernel does. */
static const char mounts_beside[] = "900 800 0:25 /../../system.slice /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
				    "901 800 0:25 / /host\\040dir/cgroup rw - cgroup2 cgroup rw\n";

static const char controllers_v2[] = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
				     "cpuset\t0\t120\t1\nmemory\t0\t120\t1\npids\t0\t120\t1\n";
static const char controllers_v1[] = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
				     "cpuset\t3\t1\t1\nmemory\t8\t120\t1\n";
static const char controllers_off[] = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
				      "cpuset\t3\t1\t1\nmemory\t0\t1\t0\n";
static const char controllers_none[] = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
				       "cpuset\t0\t1\t1\n";

static void hierarchy_is_found(void **state)
{
	static const struct {
		const char *mounts, *controllers;
		int err, version;
		const char *mount, *root, *unified;
	} cases[] = {
		{ mounts_v2, controllers_v2, 0, 2, "/sys/fs/cgroup", "/", "/sys/fs/cgroup" },
		{ mounts_v2, controllers_none, 0, 2, "/sys/fs/cgroup", "/", "/sys/fs/cgroup" },
		{ mounts_v2, NULL, 0, 2, "/sys/fs/cgroup", "/", "/sys/fs/cgroup" },
		{ mounts_v2, controllers_off, -ENODEV, 0, "", "", "" },
		{ mounts_v1, controllers_v1, 0, 1, "/sys/fs/cgroup/memory", "/", "" },
		{ mounts_v1, "", 0, 1, "/sys/fs/cgroup/memory", "/", "" },
		{ mounts_v1, controllers_v2, -ENODEV, 0, "", "", "" },
		{ mounts_hybrid, controllers_v1, 0, 1, "/sys/fs/cgroup/memory", "/",
		  "/sys/fs/cgroup/unified" },
		{ mounts_hybrid, controllers_v2, 0, 2, "/sys/fs/cgroup/unified", "/",
		  "/sys/fs/cgroup/unified" },
		{ mounts_v2, controllers_v1, -ENODEV, 0, "", "", "" },
		{ mounts_inside_v1, controllers_v1, 0, 1, "/sys/fs/cgroup/memory", "/docker/" ID, "" },
		{ mounts_beside, controllers_v2, 0, 2, "/host dir/cgroup", "/", "/host dir/cgroup" },
		{ "", controllers_v2, -ENOENT, 0, "", "", "" },
		{ "28 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw,memory\n", "", -ENOENT, 0, "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgroup__hierarchy h = { .version = 77 };
		int err = cgroup_path__parse_mounts(cases[i].mounts, cases[i].controllers, &h);

		if (err != cases[i].err)
			fail_msg("case %zu: %d", i, err);
		if (err) {
			assert_int_equal(h.version, 77);
			continue;
		}
		assert_int_equal(h.version, cases[i].version);
		assert_string_equal(h.mount, cases[i].mount);
		assert_string_equal(h.root, cases[i].root);
		assert_string_equal(h.unified_mount, cases[i].unified);
		assert_int_equal(h.unified, cases[i].unified[0] != '\0');
	}
}

static void cut_mountinfo_is_safe(void **state)
{
	static const char *const texts[] = { mounts_v2, mounts_hybrid, mounts_inside_v1, mounts_beside };
	struct cgroup__hierarchy h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t len = 0; len <= strlen(texts[i]); len++) {
			char *cut = strndup(texts[i], len);

			assert_non_null(cut);
			cgroup_path__parse_mounts(cut, controllers_v2, &h);
			free(cut);
		}
	/* A field longer than any path, and a NUL smuggled in as an escape. */
	{
		char *text = malloc(3 * PATH_MAX);

		assert_non_null(text);
		strcpy(text, "1 1 0:1 / /");
		memset(text + 11, 'a', 2 * PATH_MAX);
		strcpy(text + 11 + 2 * PATH_MAX, " rw - cgroup2 x rw\n");
		assert_int_equal(cgroup_path__parse_mounts(text, "", &h), -ENOENT);
		free(text);
	}
	assert_int_equal(cgroup_path__parse_mounts("1 1 0:1 / /a\\000b rw - cgroup2 x rw\n", "", &h),
			 -ENOENT);
}

static void process_line_is_picked(void **state)
{
	static const char hybrid[] = "9:name=systemd:/init.scope\n8:pids:/p\n4:cpu,memory:/mem:o/ry\n"
				     "3:name=memory:/no\n0::/uni\n";
	static const struct {
		const char *text;
		int version, err;
		const char *path;
	} cases[] = {
		{ "0::/system.slice/docker-" ID ".scope\n", 2, 0, "/system.slice/docker-" ID ".scope" },
		{ "0::/\n", 2, 0, "/" },
		{ "0::/no/newline", 2, 0, "/no/newline" },
		{ "0::/../other\n", 2, 0, "/../other" },
		{ hybrid, 2, 0, "/uni" },
		{ hybrid, 1, 0, "/mem:o/ry" },
		{ "3:name=memory:/no\n", 1, -ENOENT, NULL },
		{ "3:memoryx:/no\n", 1, -ENOENT, NULL },
		{ "3:memory:/yes\n", 2, -ENOENT, NULL },
		{ "0::/v2\n", 1, -ENOENT, NULL },
		{ "10::/no\n", 2, -ENOENT, NULL },
		{ "0:x:/no\n", 2, -ENOENT, NULL },
		{ "0::\n", 2, -ENOENT, NULL },
		{ "0::relative\n", 2, -ENOENT, NULL },
		{ "0:", 2, -ENOENT, NULL },
		{ "", 2, -ENOENT, NULL },
		{ "\n\n\n", 2, -ENOENT, NULL },
		{ "::::\n", 1, -ENOENT, NULL },
	};
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err;

		strcpy(path, "untouched");
		err = cgroup_path__parse_proc_cgroup(cases[i].text, cases[i].version, path, sizeof(path));
		if (err != cases[i].err || strcmp(path, err ? "untouched" : cases[i].path))
			fail_msg("case %zu: %d \"%s\"", i, err, path);
	}
	assert_int_equal(cgroup_path__parse_proc_cgroup("0::/abc\n", 2, path, 4), -ENAMETOOLONG);
	assert_int_equal(cgroup_path__parse_proc_cgroup("0::/abc\n", 2, path, 5), 0);
}

static void process_path_is_mapped(void **state)
{
	static const struct {
		const char *root, *in;
		int err;
		const char *out;
	} cases[] = {
		{ "/", "/a/b", 0, "/a/b" },
		{ "/", "/", 0, "/" },
		{ "/", "/../x", -EXDEV, NULL },
		{ "/", "/..", -EXDEV, NULL },
		{ "/", "/..x", 0, "/..x" },
		{ "/docker/1", "/docker/1", 0, "/" },
		{ "/docker/1", "/docker/1/sub", 0, "/sub" },
		{ "/docker/1", "/docker/12", -EXDEV, NULL },
		{ "/docker/1", "/docker", -EXDEV, NULL },
		{ "/docker/1", "/docker/1/../2", -EXDEV, NULL },
		{ "/docker/1", "/docker/1/a/../2", -EINVAL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgroup__hierarchy h = { .version = 2, .mount = "/sys/fs/cgroup" };
		char path[PATH_MAX];

		strcpy(h.root, cases[i].root);
		assert_int_equal(cgroup_path__from_proc_path(&h, cases[i].in, path, sizeof(path)),
				 cases[i].err);
		if (!cases[i].err)
			assert_string_equal(path, cases[i].out);
	}
}

static void path_is_normalised(void **state)
{
	static const struct {
		const char *in;
		int err;
		const char *out;
	} cases[] = {
		{ "/", 0, "/" },
		{ ".", 0, "/" },
		{ "///", 0, "/" },
		{ "a", 0, "/a" },
		{ "/a//b/./c/", 0, "/a/b/c" },
		{ "/a...b/..c/...", 0, "/a...b/..c/..." },
		{ "", -EINVAL, NULL },
		{ "..", -EINVAL, NULL },
		{ "/a/../b", -EINVAL, NULL },
		{ "a/..", -EINVAL, NULL },
	};
	char path[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(cgroup_path__normalise(cases[i].in, path, sizeof(path)), cases[i].err);
		if (!cases[i].err)
			assert_string_equal(path, cases[i].out);
	}
	assert_int_equal(cgroup_path__normalise("/12345678901234", path, sizeof(path)), 0);
	assert_int_equal(cgroup_path__normalise("/123456789012345", path, sizeof(path)), -ENAMETOOLONG);
	assert_int_equal(cgroup_path__normalise("/1234567/90123456", path, sizeof(path)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hierarchy_is_found),	  cmocka_unit_test(cut_mountinfo_is_safe),
		cmocka_unit_test(process_line_is_picked), cmocka_unit_test(process_path_is_mapped),
		cmocka_unit_test(path_is_normalised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
