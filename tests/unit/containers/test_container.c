// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "containers/container.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID "6c9a1f0e-2d3b-4c5d-8e9f-0a1b2c3d4e5f"
#define UID_ "6c9a1f0e_2d3b_4c5d_8e9f_0a1b2c3d4e5f"
#define HASH "0123456789abcdef0123456789abcdef"
#define BKID "k3v9x0m2q8r7t1w5z6y4abcde"
#define SESSION "/user.slice/user-1000.slice/user@1000.service"
#define BURSTABLE "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice"

/* Expected: the container's cgroup is `prefix`, and the whole path is prefix + rest. */
struct path_case {
	const char *prefix, *rest;
	enum container_runtime runtime;
	const char *id, *pod_uid;
};

static const struct path_case found[] = {
	/* Docker */
	{ "/system.slice/docker-" ID ".scope", "", CONTAINER__DOCKER, ID, "" },
	{ "/system.slice/docker-" ID ".scope", "/init.scope", CONTAINER__DOCKER, ID, "" },
	{ "/system.slice/docker-" ID ".scope", "/system.slice/cron.service", CONTAINER__DOCKER, ID, "" },
	{ "/docker/" ID, "", CONTAINER__DOCKER, ID, "" },
	{ "/docker/" ID, "/sub", CONTAINER__DOCKER, ID, "" },
	{ SESSION "/user.slice/docker-" ID ".scope", "", CONTAINER__DOCKER, ID, "" },
	{ SESSION "/app.slice/docker.service/docker/" ID, "", CONTAINER__DOCKER, ID, "" },
	{ "/actions_job/" ID, "", CONTAINER__DOCKER, ID, "" },
	{ "/ecs/0a1b2c3d/" ID, "", CONTAINER__DOCKER, ID, "" },
	{ "/ecs/" HASH "/" HASH "-1234567890", "", CONTAINER__CONTAINERD, HASH "-1234567890", "" },
	{ "/ecstasks.slice/ecstasks-" HASH ".slice/docker-" ID ".scope", "", CONTAINER__DOCKER, ID, "" },
	{ "/my.parent/" ID, "", CONTAINER__OCI, ID, "" },
	{ "//docker//" ID, "/", CONTAINER__DOCKER, ID, "" },
	/* Docker in Docker, Kubernetes in Docker: the innermost */
	{ "/docker/" ID "/docker/" ID2, "", CONTAINER__DOCKER, ID2, "" },
	{ "/system.slice/docker-" ID ".scope/kubelet.slice/kubelet-kubepods.slice/"
	  "kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" UID_
	  ".slice/cri-containerd-" ID2 ".scope",
	  "", CONTAINER__CONTAINERD, ID2, UID },
	{ "/docker/" ID "/kubelet/kubepods/burstable/pod" UID "/" ID2, "", CONTAINER__CONTAINERD, ID2, UID },
	{ "/system.slice/docker-" ID ".scope", "/kubelet.slice/kubelet.service", CONTAINER__DOCKER, ID, "" },
	/* crun and runc, by name; but not a monitor's */
	{ "/system.slice/crun-web.scope", "/container", CONTAINER__OCI, "web", "" },
	{ "/user.slice/runc-my.box_2.scope", "", CONTAINER__OCI, "my.box_2", "" },
	{ "/system.slice/runc-" ID ".scope", "", CONTAINER__OCI, ID, "" },
	/* Podman */
	{ "/machine.slice/libpod-" ID ".scope", "", CONTAINER__PODMAN, ID, "" },
	{ "/machine.slice/libpod-" ID ".scope", "/container", CONTAINER__PODMAN, ID, "" },
	{ SESSION "/user.slice/libpod-" ID ".scope", "/container/init.scope", CONTAINER__PODMAN, ID, "" },
	{ "/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", "", CONTAINER__PODMAN, ID,
	  "" },
	{ "/libpod_parent/libpod-" ID, "", CONTAINER__PODMAN, ID, "" },
	{ "/libpod_parent/" ID, "", CONTAINER__PODMAN, ID, "" },
	{ "/system.slice/web.service/libpod-payload-" ID, "", CONTAINER__PODMAN, ID, "" },
	/* CRI-O, containerd, nerdctl, BuildKit */
	{ BURSTABLE "/crio-" ID ".scope", "", CONTAINER__CRIO, ID, UID },
	{ "/kubepods/burstable/pod" UID "/crio-" ID, "", CONTAINER__CRIO, ID, UID },
	{ BURSTABLE "/cri-containerd-" ID ".scope", "", CONTAINER__CONTAINERD, ID, UID },
	{ BURSTABLE "/docker-" ID ".scope", "", CONTAINER__DOCKER, ID, UID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID
	  ".scope",
	  "", CONTAINER__CONTAINERD, ID, UID },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", "/x",
	  CONTAINER__CONTAINERD, ID, UID },
	{ "/kubepods.slice/kubepods-pod" HASH ".slice/crio-" ID ".scope", "", CONTAINER__CRIO, ID, HASH },
	{ "/kubepods/burstable/pod" UID "/" ID, "", CONTAINER__CONTAINERD, ID, UID },
	{ "/kubepods/besteffort/pod" UID "/" ID, "/a/b", CONTAINER__CONTAINERD, ID, UID },
	{ "/kubepods/pod" HASH "/" ID, "", CONTAINER__CONTAINERD, ID, HASH },
	{ "/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, "",
	  CONTAINER__CONTAINERD, ID, UID },
	{ "/system.slice/nerdctl-" ID ".scope", "", CONTAINER__CONTAINERD, ID, "" },
	{ "/default/" ID, "", CONTAINER__CONTAINERD, ID, "" },
	{ "/k8s.io/" ID, "", CONTAINER__CONTAINERD, ID, "" },
	{ "/system.slice/someruntime-" ID ".scope", "", CONTAINER__OCI, ID, "" },
	{ "/buildkit/" BKID, "", CONTAINER__BUILDKIT, BKID, "" },
	{ "/docker/buildkit/" BKID, "", CONTAINER__BUILDKIT, BKID, "" },
	{ "/system.slice/docker-" ID ".scope/buildkit/" BKID, "", CONTAINER__BUILDKIT, BKID, "" },
	/* A pod itself */
	{ "/kubepods/burstable/pod" UID, "", CONTAINER__POD, "", UID },
	{ BURSTABLE, "", CONTAINER__POD, "", UID },
	{ BURSTABLE, "/crio-conmon-" ID ".scope", CONTAINER__POD, "", UID },
	/* nspawn, LXC */
	{ "/machine.slice/systemd-nspawn@web.service", "/payload/init.scope", CONTAINER__NSPAWN, "web", "" },
	{ "/machine.slice/systemd-nspawn@my\\x2dbox.service", "", CONTAINER__NSPAWN, "my-box", "" },
	{ "/machine.slice/machine-my\\x2dbox.scope", "", CONTAINER__NSPAWN, "my-box", "" },
	{ "/machine.slice/machine-lxc\\x2d4711\\x2dweb\\x2d1.scope", "", CONTAINER__LXC, "web-1", "" },
	{ "/lxc/web", "/system.slice/ssh.service", CONTAINER__LXC, "web", "" },
	{ "/lxc/101", "/ns", CONTAINER__LXC, "101", "" },
	{ "/lxc.payload.web-1", "/init.scope", CONTAINER__LXC, "web-1", "" },
	{ "/lxc.payload/web", "", CONTAINER__LXC, "web", "" },
	{ "/lxc.payload.web/system.slice/docker-" ID ".scope", "", CONTAINER__DOCKER, ID, "" },
};

static const char *const not_found[] = {
	"/",
	"/init.scope",
	"/system.slice/ssh.service",
	"/system.slice/docker.service",
	"/system.slice/containerd.service",
	"/system.slice/docker-" HASH ".scope", /* half an id */
	"/system.slice/docker-" ID "0.scope",  /* one digit more */
	"/system.slice/docker-"
	"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
	".scope",
	"/system.slice/docker-"
	"g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	".scope",
	"/system.slice/docker-\n" ID ".scope",
	"/system.slice/docker-" ID "\n.scope",
	"/system.slice/docker-" ID ".scope\n",
	"/system.slice/docker-.scope",
	"/system.slice/.scope",
	"/docker",
	"/docker/",
	"/docker/" ID "x",
	"/machine.slice/libpod-conmon-" ID ".scope",
	"/system.slice/crun-.scope",
	"/system.slice/crun-a\\x2db.scope",
	"/system.slice/crun-web.service",
	"/system.slice/crio-conmon-" ID ".scope",
	SESSION "/user.slice/libpod-conmon-" ID ".scope",
	"/libpod_parent/conmon",
	"/machine.slice/machine-libpod_pod_" ID ".slice",
	"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
	"/machine.slice/machine-.scope",
	"/machine.slice/machine-a\\x2.scope",
	"/machine.slice/machine-a\\x00b.scope",
	"/machine.slice/machine-a\\x1b.scope",
	"/machine.slice/machine-a\\q2d.scope",
	"/machine.slice/machine-a\\",
	"/machine.slice/machine-lxc\\x2d47.scope",
	"/machine.slice/machine-" ID "0.scope",
	"/machine.slice/systemd-nspawn@.service",
	"/machine.slice/systemd-nspawn@a\nb.service",
	"/machine.slice/systemd-nspawn@a b.service",
	"/lxc",
	"/lxc/a\x1b[2J",
	"/lxc/.hidden",
	"/lxc/" ID "0",
	"/lxc/lxc.monitor",
	"/lxc.monitor.web",
	"/lxc.monitor/web",
	"/lxc.payload.",
	"/lxc.payload.a\nb",
	"/buildkit/short",
	"/buildkit/K3v9x0m2q8r7t1w5z6y4abcde",
	"/other/" BKID,
	"/ecs/x/" HASH "-",
	"/ecs/x/" HASH "-12a",
	"/kubepods",
	"/kubepods/burstable",
	"/kubepods/burstable/podnot-a-uid",
	"/kubepods/burstable/pod" UID_,
	"/kubepods/burstable/pod" UID "0",
	"/kubepods.slice/kubepods-burstable.slice",
	"/kubepods.slice/kubepods-pod" UID ".slice",
	"/elsewhere/pod" UID,
	"/a:docker:" HASH,
	"/user.slice/user-1000.slice/session-1.scope",
	"/run-r0123456789abcdef0123456789abcdef.scope",
};

static void containers_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		const struct path_case *c = &found[i];
		struct container_ref ref;
		char path[PATH_MAX];

		strcpy(path, c->prefix);
		strcat(path, c->rest);
		if (container__from_cgroup_path(path, &ref))
			fail_msg("no container: %s", path);
		if (ref.runtime != c->runtime || strcmp(ref.id, c->id) || strcmp(ref.pod_uid, c->pod_uid) ||
		    ref.prefix_len != strlen(c->prefix))
			fail_msg("%s: %s \"%s\" pod \"%s\", prefix %zu", path,
				 container__runtime_name(ref.runtime), ref.id, ref.pod_uid, ref.prefix_len);
	}
}

static void others_are_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(not_found); i++) {
		struct container_ref ref = { .prefix_len = 4711 };
		int err = container__from_cgroup_path(not_found[i], &ref);

		if (err != -ENOENT || ref.prefix_len != 4711)
			fail_msg("%s: %d, %s \"%s\"", not_found[i], err, container__runtime_name(ref.runtime),
				 ref.id);
	}
}

static void bad_paths_are_refused(void **state)
{
	struct container_ref ref;
	char longest[PATH_MAX + 1];

	(void)state;
	assert_int_equal(container__from_cgroup_path(NULL, &ref), -EINVAL);
	assert_int_equal(container__from_cgroup_path("", &ref), -EINVAL);
	assert_int_equal(container__from_cgroup_path("docker/" ID, &ref), -EINVAL);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[PATH_MAX] = '\0';
	assert_int_equal(container__from_cgroup_path(longest, &ref), -EINVAL);
	longest[PATH_MAX - 1] = '\0';
	assert_int_equal(container__from_cgroup_path(longest, &ref), -ENOENT);
}

/* Any cut of any of them, and any one byte changed: for the sanitizers. */
static void mangled_paths_are_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		char path[PATH_MAX], changed[PATH_MAX];
		struct container_ref ref;
		size_t len;

		strcpy(path, found[i].prefix);
		strcat(path, found[i].rest);
		len = strlen(path);
		for (size_t k = 0; k < len; k++) {
			static const char bytes[] = "/\\\n\x80\xff-.:";

			for (size_t b = 0; b < sizeof(bytes); b++) {
				strcpy(changed, path);
				changed[k] = bytes[b];
				if (container__from_cgroup_path(changed, &ref))
					continue;
				assert_true(ref.prefix_len <= strlen(changed));
				assert_true(strlen(ref.id) <= CONTAINER__ID_MAX);
			}
		}
	}
}

static void id_is_found_at_any_level(void **state)
{
	static const char path[] = "/docker/" ID "/x/docker/" ID2 "/y/docker/" ID;
	struct container_ref ref;

	(void)state;
	assert_int_equal(container__find_id(path, ID, &ref), 0);
	assert_int_equal(ref.prefix_len, strlen("/docker/" ID));
	assert_false(ref.nested);
	assert_int_equal(container__find_id(path, ID2, &ref), 0);
	assert_int_equal(ref.prefix_len, strlen("/docker/" ID "/x/docker/" ID2));
	assert_true(ref.nested);
	assert_int_equal(container__find_id(path, "0123", &ref), -ENOENT);
	assert_int_equal(container__find_id("/kubepods/pod" UID, "", &ref), -ENOENT);
}

/* In whose session it is: as systemd names it at the top, where nobody else may. */
static void the_user_is_in_the_path(void **state)
{
	static const struct {
		const char *path;
		uint32_t user;
	} cases[] = {
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
		  1000 },
		{ "/user.slice/user-4294967294.slice/session-1.scope/libpod-" ID ".scope", 4294967294U },
		{ "/user.slice/user-4294967296.slice/session-1.scope/libpod-" ID ".scope", 0 },
		{ "/user.slice/user-0x10.slice/session-1.scope/libpod-" ID ".scope", 0 },
		{ "/machine.slice/libpod-" ID ".scope/user.slice/user-1000.slice/x", 0 },
		{ "/docker/" ID2 "/user.slice/user-1000.slice/libpod-" ID ".scope", 0 },
	};
	struct container_ref ref;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(container__find_id(cases[i].path, ID, &ref), 0);
		assert_int_equal(ref.user, cases[i].user);
	}
}

static void runtimes_have_names(void **state)
{
	(void)state;
	assert_string_equal(container__runtime_name(CONTAINER__DOCKER), "docker");
	assert_string_equal(container__runtime_name(CONTAINER__CRIO), "cri-o");
	assert_string_equal(container__runtime_name((enum container_runtime)99), "unknown");
	for (int i = CONTAINER__UNKNOWN; i <= CONTAINER__BUILDKIT; i++)
		assert_non_null(container__runtime_name((enum container_runtime)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_are_found),	    cmocka_unit_test(others_are_not),
		cmocka_unit_test(bad_paths_are_refused),    cmocka_unit_test(mangled_paths_are_safe),
		cmocka_unit_test(id_is_found_at_any_level), cmocka_unit_test(the_user_is_in_the_path),
		cmocka_unit_test(runtimes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
