// SPDX-License-Identifier: GPL-2.0-only
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The ABI of include/uapi/linux/landlock.h, which the C library of an older build machine may not have. The
 * numbers of the system calls are those of all architectures.
 */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define VERSION_FLAG 1U
#define RULE_PATH_BENEATH 1

#define WRITE_FILE (1ULL << 1)
#define READ_FILE (1ULL << 2)
#define READ_DIR (1ULL << 3)
#define REMOVE_FILE (1ULL << 5)
#define MAKE_REG (1ULL << 8)
#define REFER (1ULL << 13)    /* ABI 2, Linux 5.19 */
#define TRUNCATE (1ULL << 14) /* ABI 3, Linux 6.2 */

/* All that ABI 1 knows: bits 0 to 12. */
#define ALL_OF_ABI_1 ((1ULL << 13) - 1)

struct ruleset_attr {
	uint64_t handled_access_fs;
};

struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

/* The rights that this kernel can take away. Rights that aren't handled stay allowed. */
static uint64_t handled_rights(int abi)
{
	uint64_t rights = ALL_OF_ABI_1;

	if (abi >= 2)
		rights |= REFER;
	if (abi >= 3)
		rights |= TRUNCATE;
	return rights;
}

static int add_place(int ruleset, const struct landlock_place *place, uint64_t handled)
{
	struct path_beneath_attr rule = { .allowed_access = READ_FILE | READ_DIR };
	struct stat st;
	int err = 0;

	rule.parent_fd = open(place->path, O_PATH | O_CLOEXEC);
	/* Whoever opens it later is told why that can't be. */
	if (rule.parent_fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	if (place->writable)
		rule.allowed_access |= WRITE_FILE | REMOVE_FILE | MAKE_REG | TRUNCATE;
	/* A right of folders makes a rule for a file invalid. */
	if (!fstat(rule.parent_fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed_access &= READ_FILE | WRITE_FILE | TRUNCATE;
	rule.allowed_access &= handled;
	/* EBADFD: a pipe, by the name of its descriptor. Such files are always allowed. */
	if (syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0U) && errno != EBADFD)
		err = -errno;
	close(rule.parent_fd);
	return err;
}

int landlock__confine(const struct landlock_place *places, size_t count)
{
	int abi = (int)syscall(CREATE_RULESET, NULL, 0UL, VERSION_FLAG), ruleset, err = 0;
	struct ruleset_attr attr = { .handled_access_fs = handled_rights(abi) };

	if (abi < 1)
		return -EOPNOTSUPP;
	ruleset = (int)syscall(CREATE_RULESET, &attr, sizeof(attr), 0U);
	if (ruleset < 0)
		return -errno;
	for (size_t i = 0; i < count && !err; i++)
		err = add_place(ruleset, &places[i], attr.handled_access_fs);
	if (!err && syscall(RESTRICT_SELF, ruleset, 0U))
		err = -errno;
	close(ruleset);
	return err;
}
