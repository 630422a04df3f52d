/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads BTF, the kernel's description of its types, in one pass. It has some 100,000 types, of which we need a
 * hundred. libbpf would index all of them, and go through all of them again for each of ours. Pure: bytes to
 * bytes. Nothing in the bytes is trusted.
 */
#ifndef OOMTRACE_BTF_SCAN_H
#define OOMTRACE_BTF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTF_SCAN__NAME_MIN 3 /* bytes of the shortest name that can be looked for */

struct btf_scan;

/* A name to look for. */
struct btf_scan__name {
	const char *name;
	uint32_t kinds; /* of which kinds: 1 << BTF_KIND_... */
	bool in_subset; /* every struct, union, enum and typedef found goes into the subset */
	uint32_t id;	/* out: the first type found; 0: none */
};

/*
 * Looks for `names` in the BTF at `data`, which must stay until btf_scan__free(). Returns 0, -EINVAL
 * when the bytes are no well-formed BTF or a name is too short, -EOPNOTSUPP when there are kinds of
 * types that we don't know, or -ENOMEM.
 */
int btf_scan__new(const void *data, size_t size, struct btf_scan__name *names, size_t count,
		  struct btf_scan **out);

/* Takes NULL. */
void btf_scan__free(struct btf_scan *scan);

/*
 * Makes a BTF of its own out of the types found that are to be in it and all that these hold by
 * value. Pointers point to void in it, and typedefs and qualifiers of members are gone: enough to
 * tell where a member is, which is all that relocation (CO-RE) asks. Ids are new ones. Returns 0 and
 * bytes for free(), -EINVAL when the types make no sense, or -ENOMEM.
 */
int btf_scan__subset(struct btf_scan *scan, void **data, size_t *size);

#endif
