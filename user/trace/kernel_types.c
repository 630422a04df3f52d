// SPDX-License-Identifier: GPL-2.0-only
#include "trace/kernel_types.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "trace/btf_scan.h"
#include "trace/plan.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"
#define VMLINUX_MAX (64U << 20) /* bytes; it has 4 to 8 MB */
#define NAMES_MAX 1024
#define TYPE_KINDS                                                                                    \
	(1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION | 1U << BTF_KIND_ENUM | 1U << BTF_KIND_ENUM64 | \
	 1U << BTF_KIND_TYPEDEF)

/* The programs whose targets have ids in BTF. */
static const struct {
	const char *section; /* what stands before the target's name */
	enum bpf_attach_type attach_type;
	const char *prefix; /* of the name in BTF */
	uint32_t kind;
} typed[] = {
	{ "fentry/", BPF_TRACE_FENTRY, "", BTF_KIND_FUNC },
	{ "fexit/", BPF_TRACE_FEXIT, "", BTF_KIND_FUNC },
	{ "tp_btf/", BPF_TRACE_RAW_TP, "btf_trace_", BTF_KIND_TYPEDEF },
	{ "iter/", BPF_TRACE_ITER, "bpf_iter_", BTF_KIND_FUNC },
};
#define TYPED_COUNT ARRAY_SIZE(typed)

/* Functions that tell what a kernel does. (The last is static, but its address is taken.) */
#define HAS_COOKIES "bpf_get_attach_cookie_trace"
#define HAS_FENTRY "register_ftrace_direct"
#define FREES_LATER "register_ftrace_direct_cb"

/* What only bpf/files.bpf.c reads. Their many members would make each start slower. */
static const char *const of_files[] = { "file",		 "inode",   "super_block",
					"address_space", "fdtable", "files_struct" };

struct kernel_types {
	bool with_files;
	int handlers[TYPED_COUNT];
	int fd; /* of the file that libbpf reads, in memory */
	char path[32];
	bool read;
	struct btf_scan__name names[NAMES_MAX];
	size_t count;
};

/* Which of `typed` a program is; -1: it isn't attached by a BTF id. */
static int typed_index(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	section += *section == '?';
	for (size_t i = 0; i < TYPED_COUNT; i++) {
		if (!strncmp(section, typed[i].section, strlen(typed[i].section)))
			return i;
	}
	return -1;
}

/* The name that a target has in BTF, for free(). */
static char *target_name(const char *target, int i)
{
	char *name;

	return asprintf(&name, "%s%s", typed[i].prefix, target) < 0 ? NULL : name;
}

static const struct btf_scan__name *find_name(const struct kernel_types *btf, const char *name,
					      uint32_t kinds)
{
	for (size_t i = 0; i < btf->count; i++) {
		if (btf->names[i].kinds == kinds && !strcmp(btf->names[i].name, name))
			return &btf->names[i];
	}
	return NULL;
}

/* Takes the string over. */
static int add_name(struct kernel_types *btf, char *name, uint32_t kinds, bool in_subset)
{
	if (!name)
		return -ENOMEM;
	if (find_name(btf, name, kinds)) {
		free(name);
		return 0;
	}
	if (btf->count == NAMES_MAX) {
		free(name);
		return -E2BIG;
	}
	btf->names[btf->count++] = (struct btf_scan__name){
		.name = name,
		.kinds = kinds,
		.in_subset = in_subset,
	};
	return 0;
}

static bool is_left_out(const struct kernel_types *btf, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_files) && !btf->with_files; i++) {
		if (!strcmp(of_files[i], name))
			return true;
	}
	return false;
}

/* The types that the programs know, whether they read them in the kernel or not. */
static int add_types(struct kernel_types *btf, const struct btf *local)
{
	int err = 0;

	for (__u32 id = 1; !err && id < btf__type_cnt(local); id++) {
		const struct btf_type *type = btf__type_by_id(local, id);
		const char *name = btf__name_by_offset(local, type->name_off);
		const char *flavour = strstr(name, "___");

		if (*name && TYPE_KINDS & 1U << btf_kind(type) && !is_left_out(btf, name))
			err = add_name(btf, strndup(name, flavour ? (size_t)(flavour - name) : strlen(name)),
				       TYPE_KINDS, true);
	}
	return err;
}

/* Of all programs, also of those that the object doesn't have: the kernel's types are read once. */
static int add_targets(struct kernel_types *btf)
{
	int err = 0;

	for (size_t i = 0; i < PLAN_PURPOSES * PLAN_CANDIDATES && !err; i++) {
		const char *label = plan_purposes[i / PLAN_CANDIDATES].candidates[i % PLAN_CANDIDATES].label;
		const char *target = label ? strchr(label, ' ') : NULL;

		for (size_t j = 0; j < TYPED_COUNT && target && !err; j++) {
			if (!strncmp(label, typed[j].section, target - label) &&
			    typed[j].section[target - label] == '/')
				err = add_name(btf, target_name(target + 1, j), 1U << typed[j].kind, false);
		}
	}
	return err;
}

/* What a BTF-typed program is attached to; NULL: the kernel has no such. */
static const struct btf_scan__name *find_target(const struct kernel_types *btf,
						const struct bpf_program *program, int i)
{
	const char *target = strchr(bpf_program__section_name(program), '/');
	char *name = target ? target_name(target + 1, i) : NULL;
	const struct btf_scan__name *found = name ? find_name(btf, name, 1U << typed[i].kind) : NULL;

	free(name);
	return found && found->id ? found : NULL;
}

bool kernel_types__has_target(const struct kernel_types *btf, const struct bpf_program *program)
{
	int i = typed_index(program);

	return i < 0 || find_target(btf, program, i);
}

/*
 * libbpf calls this for each program that it is about to load. Until here it took the program for one
 * of another type: it reads all of the kernel's BTF as soon as it sees one of this.
 */
static int prepare_load(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	struct kernel_types *btf = (void *)cookie;
	int i = typed_index(program);
	const struct btf_scan__name *found = i < 0 ? NULL : find_target(btf, program, i);

	if (!found)
		return -ESRCH; /* as libbpf has it */
	opts->attach_btf_id = found->id;
	return bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

int kernel_types__new(bool with_files, struct kernel_types **out)
{
	struct kernel_types *btf = calloc(1, sizeof(*btf));
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)btf,
		    .prog_prepare_load_fn = prepare_load);

	if (!btf)
		return -ENOMEM;
	btf->with_files = with_files;
	btf->fd = memfd_create("oomtrace-btf", MFD_CLOEXEC);
	snprintf(btf->path, sizeof(btf->path), "/proc/self/fd/%d", btf->fd);
	for (size_t i = 0; i < TYPED_COUNT && btf->fd >= 0; i++) {
		char section[16];

		snprintf(section, sizeof(section), "%.*s+", (int)strlen(typed[i].section) - 1,
			 typed[i].section);
		btf->handlers[i] = libbpf_register_prog_handler(section, BPF_PROG_TYPE_RAW_TRACEPOINT,
								typed[i].attach_type, &opts);
		if (btf->handlers[i] < 0)
			goto fail;
	}
	if (btf->fd < 0)
		goto fail;
	*out = btf;
	return 0;
fail:
	kernel_types__free(btf);
	return -ENOTSUP;
}

void kernel_types__free(struct kernel_types *btf)
{
	if (!btf)
		return;
	for (size_t i = 0; i < TYPED_COUNT; i++) {
		if (btf->handlers[i] > 0)
			libbpf_unregister_prog_handler(btf->handlers[i]);
	}
	for (size_t i = 0; i < btf->count; i++)
		free((char *)btf->names[i].name);
	if (btf->fd >= 0)
		close(btf->fd);
	free(btf);
}

const char *kernel_types__path(const struct kernel_types *btf)
{
	return btf->path;
}

/* The BTF that the kernel has loaded, in one piece (5.11, if it has been used already). */
static size_t copy_vmlinux(void *bytes, size_t size)
{
	char name[16] = "";
	struct bpf_btf_info info = {
		.btf = (uintptr_t)bytes,
		.btf_size = size,
		.name = (uintptr_t)name,
		.name_len = sizeof(name),
	};
	__u32 id = 0, info_len = sizeof(info);
	int fd = bpf_btf_get_next_id(0, &id) ? -1 : bpf_btf_get_fd_by_id(id);
	int err = fd < 0 ? -1 : bpf_obj_get_info_by_fd(fd, &info, &info_len);

	if (fd >= 0)
		close(fd);
	return !err && info.kernel_btf && !strcmp(name, "vmlinux") && info.btf_size == size ? size : 0;
}

/* Sets *out to all of the kernel's BTF, for free(). */
static int read_vmlinux(void **out, size_t *size)
{
	int fd = open(VMLINUX, O_RDONLY | O_CLOEXEC);
	off_t length = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	char *bytes = length > 0 && length <= VMLINUX_MAX ? malloc(length) : NULL;
	ssize_t count = 1;

	*size = bytes ? copy_vmlinux(bytes, length) : 0;
	/* A page at a time is all that the file gives. */
	for (off_t at = 0; bytes && !*size && count > 0; at += count) {
		count = pread(fd, bytes + at, length - at, at);
		if (at == length)
			*size = length;
	}
	if (fd >= 0)
		close(fd);
	if (!*size) {
		free(bytes);
		return -EIO;
	}
	*out = bytes;
	return 0;
}

static int write_subset(struct kernel_types *btf, struct btf_scan *scan)
{
	size_t size = 0, done = 0;
	void *bytes = NULL;
	int err = btf_scan__subset(scan, &bytes, &size);

	while (!err && done < size) {
		ssize_t count = write(btf->fd, (char *)bytes + done, size - done);

		if (count <= 0)
			err = -EIO;
		else
			done += count;
	}
	free(bytes);
	return err;
}

int kernel_types__read(struct kernel_types *btf, struct bpf_object *object)
{
	struct btf_scan *scan = NULL;
	void *bytes = NULL;
	size_t size = 0;
	int err;

	if (btf->read)
		return 0;
	err = add_types(btf, bpf_object__btf(object)) ?: add_targets(btf);
	err = err ?: add_name(btf, strdup(HAS_COOKIES), 1U << BTF_KIND_FUNC, false);
	err = err ?: add_name(btf, strdup(HAS_FENTRY), 1U << BTF_KIND_FUNC, false);
	err = err ?: add_name(btf, strdup(FREES_LATER), 1U << BTF_KIND_FUNC, false);
	err = err ?: read_vmlinux(&bytes, &size);
	if (err)
		return err;
	err = btf_scan__new(bytes, size, btf->names, btf->count, &scan);
	err = err ?: write_subset(btf, scan);
	btf_scan__free(scan);
	free(bytes);
	btf->read = !err;
	return err;
}

static bool has_function(const struct kernel_types *btf, const char *name)
{
	const struct btf_scan__name *found = find_name(btf, name, 1U << BTF_KIND_FUNC);

	return found && found->id;
}

bool kernel_types__fentry_waits(const struct kernel_types *btf)
{
	return has_function(btf, HAS_COOKIES) && has_function(btf, HAS_FENTRY) &&
	       !has_function(btf, FREES_LATER);
}

/* The number of elements of a struct's member; -1: there is no such array. */
static int64_t array_length(const struct btf *types, const char *name, const char *member)
{
	int id = btf__find_by_name_kind(types, name, BTF_KIND_STRUCT);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(types, id), *array;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		if (strcmp(btf__name_by_offset(types, btf_members(type)[i].name_off), member))
			continue;
		array = btf__type_by_id(types, btf_members(type)[i].type);
		return array && btf_is_array(array) ? (int64_t)btf_array(array)->nelems : -1;
	}
	return -1;
}

/* The value of an enumerator; -1: there is none. */
static int64_t enumerator(const struct btf *types, const char *name, const char *which)
{
	int id = btf__find_by_name_kind(types, name, BTF_KIND_ENUM);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(types, id);

	for (int i = 0; type && i < btf_vlen(type); i++) {
		if (!strcmp(btf__name_by_offset(types, btf_enum(type)[i].name_off), which))
			return btf_enum(type)[i].val;
	}
	return -1;
}

bool kernel_types__has_stats_index(const struct kernel_types *btf)
{
	struct btf *types = btf__parse_raw(btf->path);
	int64_t items, slots;

	if (!types)
		return false;
	items = enumerator(types, "memcg_stat_item", "MEMCG_NR_STAT");
	slots = array_length(types, "memcg_vmstats", "state");
	btf__free(types);
	return items > 0 && slots > 0 && items != slots;
}
