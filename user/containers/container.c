// SPDX-License-Identifier: GPL-2.0-only
#include "containers/container.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/span.h"

#define OCI_ID_LEN 64
#define SHORT_ID 12
#define BUILDKIT_ID_LEN 25 /* identity.NewID() of moby/buildkit: base 36 */
#define UUID_LEN 36
#define POD_HASH_LEN 32 /* static pods: the hash of their manifest */
#define SCOPE ".scope"
#define SERVICE ".service"
#define SLICE ".slice"

/* One component of the path, and what the ones before it were. */
struct scan {
	struct span part;
	struct span parent;
	struct span grandparent;
	bool in_kubepods;
	uint32_t user;
	char pod_uid[CONTAINER__POD_UID_SIZE];
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '.' || c == '-';
}

static bool is_hex_of(struct span s, size_t len)
{
	if (s.len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_hex(s.start[i]))
			return false;
	return true;
}

static bool is_oci_id(struct span s)
{
	return is_hex_of(s, OCI_ID_LEN);
}

static bool is_buildkit_id(struct span s)
{
	if (s.len != BUILDKIT_ID_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.start[i] >= '0' && s.start[i] <= '9') || (s.start[i] >= 'a' && s.start[i] <= 'z')))
			return false;
	return true;
}

/* Fargate's: the task's 32 hex digits, a dash, a number. */
static bool is_ecs_id(struct span s)
{
	if (s.len < POD_HASH_LEN + 2 || s.len > CONTAINER__ID_MAX ||
	    !is_hex_of((struct span){ s.start, POD_HASH_LEN }, POD_HASH_LEN) || s.start[POD_HASH_LEN] != '-')
		return false;
	for (size_t i = POD_HASH_LEN + 1; i < s.len; i++)
		if (s.start[i] < '0' || s.start[i] > '9')
			return false;
	return true;
}

static bool is_name(struct span s)
{
	if (!s.len || s.len > CONTAINER__ID_MAX || s.start[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_name_char(s.start[i]))
			return false;
	return true;
}

static bool set(struct container_ref *ref, enum container_runtime runtime, struct span id)
{
	ref->runtime = runtime;
	memcpy(ref->id, id.start, id.len);
	ref->id[id.len] = '\0';
	return true;
}

/* <prefix>-<64 hex>, with or without .scope: the systemd driver's names and some cgroupfs ones. */
static bool match_prefixed(struct span s, struct container_ref *ref)
{
	static const struct {
		const char *prefix;
		enum container_runtime runtime;
	} table[] = {
		{ "docker-", CONTAINER__DOCKER },
		{ "libpod-", CONTAINER__PODMAN },
		{ "libpod-payload-", CONTAINER__PODMAN }, /* podman run --cgroups=split */
		{ "crio-", CONTAINER__CRIO },
		{ "cri-containerd-", CONTAINER__CONTAINERD },
		{ "nerdctl-", CONTAINER__CONTAINERD },
		{ "buildkit-", CONTAINER__BUILDKIT },
	};
	bool scope = span__strip_suffix(&s, SCOPE);
	struct span id;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		id = s;
		if (span__strip_prefix(&id, table[i].prefix) && is_oci_id(id))
			return set(ref, table[i].runtime, id);
	}
	if (!scope || s.len <= OCI_ID_LEN)
		return false;
	/* Another runtime's scope; conmon is the monitor that waits outside of the container. */
	id = (struct span){ s.start + s.len - OCI_ID_LEN, OCI_ID_LEN };
	s.len -= OCI_ID_LEN;
	if (!is_oci_id(id) || !span__strip_suffix(&s, "-") || span__strip_suffix(&s, "conmon"))
		return false;
	return set(ref, CONTAINER__OCI, id);
}

/* crun and runc under systemd, with the name that the user gave: crun-NAME.scope. */
static bool match_named_scope(struct span s, struct container_ref *ref)
{
	if (!span__strip_suffix(&s, SCOPE) ||
	    (!span__strip_prefix(&s, "crun-") && !span__strip_prefix(&s, "runc-")) || !is_name(s))
		return false;
	return set(ref, CONTAINER__OCI, s);
}

/* A systemd-style "slice:prefix:id" that a cgroupfs driver took for a plain name. */
static bool match_colons(struct span s, struct container_ref *ref)
{
	static const struct {
		const char *infix;
		enum container_runtime runtime;
	} table[] = {
		{ ":cri-containerd:", CONTAINER__CONTAINERD },
		{ ":docker:", CONTAINER__DOCKER },
		{ ":crio:", CONTAINER__CRIO },
		{ ":nerdctl:", CONTAINER__CONTAINERD },
	};
	struct span id;

	if (s.len <= OCI_ID_LEN)
		return false;
	id = (struct span){ s.start + s.len - OCI_ID_LEN, OCI_ID_LEN };
	s.len -= OCI_ID_LEN;
	if (!is_oci_id(id))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (span__strip_suffix(&s, table[i].infix))
			return set(ref, table[i].runtime, id);
	return false;
}

/* A bare id, which its parent's name has to explain: the cgroupfs driver. */
static bool match_bare(const struct scan *scan, struct container_ref *ref)
{
	static const struct {
		const char *parent;
		enum container_runtime runtime;
	} table[] = {
		{ "docker", CONTAINER__DOCKER },	{ "actions_job", CONTAINER__DOCKER },
		{ "libpod_parent", CONTAINER__PODMAN }, { "buildkit", CONTAINER__BUILDKIT },
		{ "default", CONTAINER__CONTAINERD }, /* containerd's namespaces */
		{ "k8s.io", CONTAINER__CONTAINERD },
	};
	struct span s = scan->part;

	if (span__is(scan->parent, "buildkit") && is_buildkit_id(s))
		return set(ref, CONTAINER__BUILDKIT, s);
	if (span__is(scan->grandparent, "ecs") && is_ecs_id(s))
		return set(ref, CONTAINER__CONTAINERD, s);
	if (!is_oci_id(s))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (span__is(scan->parent, table[i].parent))
			return set(ref, table[i].runtime, s);
	if (span__is(scan->grandparent, "ecs"))
		return set(ref, CONTAINER__DOCKER, s);
	/* CRI-O puts "crio-" before it. dockershim, long gone, would look like containerd. */
	return set(ref, scan->in_kubepods ? CONTAINER__CONTAINERD : CONTAINER__OCI, s);
}

/* systemd's \xNN (unit_name_escape). A '-' would be a '/', which no machine has in its name. */
static bool unescape_unit(struct span s, char *dst, struct span *out)
{
	size_t used = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.start[i];

		if (c == '\\') {
			unsigned int value = 0;

			if (s.len - i < 4 || s.start[i + 1] != 'x')
				return false;
			for (int k = 2; k < 4; k++) {
				char digit = s.start[i + (size_t)k];

				if (!is_hex(digit))
					return false;
				digit = (char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
				value = value << 4 | (unsigned int)digit;
			}
			c = (char)value;
			i += 3;
		}
		if (used == CONTAINER__ID_MAX)
			return false;
		dst[used++] = c;
	}
	*out = (struct span){ dst, used };
	return is_name(*out);
}

static bool match_machine(const struct scan *scan, struct container_ref *ref)
{
	char buf[CONTAINER__ID_MAX];
	struct span s = scan->part, name;

	if (span__strip_prefix(&s, "systemd-nspawn@") && span__strip_suffix(&s, SERVICE))
		return unescape_unit(s, buf, &name) && set(ref, CONTAINER__NSPAWN, name);
	s = scan->part;
	if (!span__strip_prefix(&s, "machine-") || !span__strip_suffix(&s, SCOPE) ||
	    !unescape_unit(s, buf, &name))
		return false;
	/* libvirt registers its machines here too: virtual machines, and containers of its own. */
	if (span__strip_prefix(&name, "qemu-"))
		return false;
	if (span__strip_prefix(&name, "lxc-")) {
		const char *dash = memchr(name.start, '-', name.len);

		if (!dash || dash + 1 == name.start + name.len)
			return false;
		name.len -= (size_t)(dash + 1 - name.start);
		name.start = dash + 1;
		return set(ref, CONTAINER__LXC, name);
	}
	return set(ref, CONTAINER__NSPAWN, name);
}

static bool match_lxc(const struct scan *scan, struct container_ref *ref)
{
	struct span s = scan->part;

	if (!span__strip_prefix(&s, "lxc.payload.") && !span__is(scan->parent, "lxc.payload") &&
	    !span__is(scan->parent, "lxc"))
		return false;
	if (span__strip_prefix(&s, "lxc.") || !is_name(s))
		return false;
	return set(ref, CONTAINER__LXC, s);
}

static bool parse_pod_uid(struct span s, bool slice, char *uid)
{
	if (s.len != UUID_LEN && s.len != POD_HASH_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool separator = s.len == UUID_LEN && (i == 8 || i == 13 || i == 18 || i == 23);

		if (separator ? s.start[i] != (slice ? '_' : '-') : !is_hex(s.start[i]))
			return false;
		uid[i] = separator ? '-' : s.start[i];
	}
	uid[s.len] = '\0';
	return true;
}

/* "pod<uid>" somewhere below kubepods, or "...kubepods[-<class>]-pod<uid with _>.slice" */
static bool match_pod(struct scan *scan)
{
	struct span s = scan->part, rest;

	if (scan->in_kubepods && span__strip_prefix(&s, "pod") && parse_pod_uid(s, false, scan->pod_uid))
		return true;
	s = scan->part;
	/* What a cgroupfs driver made of "slice:prefix:id" begins with such a slice. */
	if (span__find(s, SLICE ":", &rest))
		s.len = (size_t)(rest.start - s.start) - 1;
	return span__strip_suffix(&s, SLICE) && span__find(s, "kubepods", &rest) &&
	       (span__find(rest, "-pod", &rest)) && parse_pod_uid(rest, true, scan->pod_uid);
}

static bool match_component(struct scan *scan, struct container_ref *ref)
{
	struct span ignored;
	bool pod = match_pod(scan);

	if (span__find(scan->part, "kubepods", &ignored))
		scan->in_kubepods = true;
	*ref = (struct container_ref){ .user = scan->user };
	memcpy(ref->pod_uid, scan->pod_uid, sizeof(ref->pod_uid));
	if (match_prefixed(scan->part, ref) || match_colons(scan->part, ref) || match_bare(scan, ref) ||
	    match_named_scope(scan->part, ref) || match_machine(scan, ref) || match_lxc(scan, ref))
		return true;
	ref->runtime = CONTAINER__POD;
	return pod;
}

/* "/user.slice/user-UID.slice", at the top of the machine's hierarchy: further down anybody may name a cgroup so. */
uint32_t container__user(const char *path)
{
	static const char top[] = "/user.slice/user-";
	unsigned long user = 0;
	char *end;

	if (strncmp(path, top, strlen(top)) != 0 || path[strlen(top)] < '0' || path[strlen(top)] > '9')
		return 0;
	user = strtoul(path + strlen(top), &end, 10);
	return !strncmp(end, ".slice/", strlen(".slice/")) && user < UINT32_MAX ? (uint32_t)user : 0;
}

enum which { INNERMOST, OUTERMOST, WITH_ID };

/* WITH_ID: the outermost with that id. */
static int scan_path(const char *path, enum which which, const char *id, struct container_ref *out)
{
	struct scan scan = { 0 };
	struct container_ref ref;
	const char *p = path;
	bool found = false, nested = false;

	if (!path || path[0] != '/' || strnlen(path, PATH_MAX) == PATH_MAX)
		return -EINVAL;
	scan.user = container__user(path);
	while (*p) {
		size_t len = strcspn(p, "/");

		if (!len) {
			p++;
			continue;
		}
		scan.grandparent = scan.parent;
		scan.parent = scan.part;
		scan.part = (struct span){ p, len };
		p += len;
		if (!match_component(&scan, &ref))
			continue;
		ref.prefix_len = (size_t)(p - path);
		ref.nested = nested;
		nested = nested || ref.runtime != CONTAINER__POD;
		if (which == WITH_ID && strcmp(id, ref.id))
			continue;
		found = true;
		*out = ref;
		if (which == WITH_ID || (which == OUTERMOST && nested))
			break;
	}
	return found ? 0 : -ENOENT;
}

int container__from_cgroup_path(const char *path, struct container_ref *out)
{
	return scan_path(path, INNERMOST, NULL, out);
}

int container__outermost(const char *path, struct container_ref *out)
{
	return scan_path(path, OUTERMOST, NULL, out);
}

int container__find_id(const char *path, const char *id, struct container_ref *out)
{
	return *id ? scan_path(path, WITH_ID, id, out) : -ENOENT;
}

size_t container__shown_id(const struct container_ref *ref)
{
	size_t len = strlen(ref->id);

	return len == OCI_ID_LEN && strspn(ref->id, "0123456789abcdef") == len ? SHORT_ID : len;
}

const char *container__runtime_name(enum container_runtime runtime)
{
	static const char *const names[] = {
		[CONTAINER__UNKNOWN] = "unknown",
		[CONTAINER__DOCKER] = "docker",
		[CONTAINER__PODMAN] = "podman",
		[CONTAINER__CONTAINERD] = "containerd",
		[CONTAINER__CRIO] = "cri-o",
		[CONTAINER__OCI] = "oci",
		[CONTAINER__POD] = "kubernetes-pod",
		[CONTAINER__NSPAWN] = "systemd-nspawn",
		[CONTAINER__LXC] = "lxc",
		[CONTAINER__BUILDKIT] = "buildkit",
	};

	if ((size_t)runtime >= ARRAY_SIZE(names))
		return names[CONTAINER__UNKNOWN];
	return names[runtime];
}

bool container__is_service(const struct container_ref *ref, const char *path)
{
	static const char suffix[] = ".service";
	size_t len = path ? strlen(path) : 0;

	return ref->runtime == CONTAINER__UNKNOWN && len > sizeof(suffix) - 1 &&
	       !strcmp(path + len - (sizeof(suffix) - 1), suffix);
}
