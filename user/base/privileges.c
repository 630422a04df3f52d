// SPDX-License-Identifier: GPL-2.0-only
#include "base/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the C library of an older build machine may not name yet; ABI. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static int get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, data) ? -errno : 0;
}

static uint32_t bit(int cap)
{
	return 1u << (cap & 31);
}

static bool has(const struct __user_cap_data_struct data[2], int cap)
{
	return data[cap / 32].effective & bit(cap);
}

int privileges__missing(char *names, size_t size)
{
	struct __user_cap_data_struct data[2];
	int err = get(data);
	bool bpf, perfmon;

	if (err)
		return err;
	bpf = has(data, CAP_BPF) || has(data, CAP_SYS_ADMIN);
	perfmon = has(data, CAP_PERFMON) || has(data, CAP_SYS_ADMIN);
	snprintf(names, size, "%s%s%s", bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : ", ",
		 perfmon ? "" : "CAP_PERFMON");
	return 0;
}

/* While we may: without CAP_SETPCAP it stays, and needs no dropping. */
static int drop_bounding(const struct __user_cap_data_struct data[2], uint64_t but)
{
	for (int cap = 0; cap <= CAP_LAST_CAP && has(data, CAP_SETPCAP); cap++) {
		if (!(but & 1ULL << cap) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
			return -errno;
	}
	return 0;
}

int privileges__empty_bounding_set(void)
{
	struct __user_cap_data_struct data[2];
	int err = get(data);

	return err ? err : drop_bounding(data, 0);
}

int privileges__keep(uint64_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct old[2], new[2] = {};
	int err = get(old);

	if (err)
		return err;
	err = drop_bounding(old, caps);
	if (err)
		return err;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	for (int i = 0; i < 2; i++)
		new[i].effective = new[i].permitted = old[i].permitted &(uint32_t)(caps >> 32 * i);
	if (syscall(SYS_capset, &header, new))
		return -errno;
	return 0;
}

int privileges__drop(void)
{
	return privileges__keep(1ULL << CAP_BPF);
}

const char *privileges__lockdown(void)
{
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	const char *mode = NULL;
	char text[128] = "";

	if (!file)
		return NULL;
	/* "none [integrity] confidentiality" */
	if (fgets(text, sizeof(text), file)) {
		if (strstr(text, "[integrity]"))
			mode = "integrity";
		else if (strstr(text, "[confidentiality]"))
			mode = "confidentiality";
	}
	fclose(file);
	return mode;
}
