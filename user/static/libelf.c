// SPDX-License-Identifier: GPL-2.0-only
/*
 * elfutils 0.192 (Debian 13) forgot functions of its own in libelf.a and libdw.a:
 * https://sourceware.org/bugzilla/show_bug.cgi?id=32293. They keep search trees of what has been handed
 * out, and lock them where elfutils was built for threads, which a program of one thread doesn't need. A tree
 * begins with its root. Weak: where the library has them, they are used. Linked with STATIC=1 only. May go
 * when Debian 13 does.
 */
#include <search.h>
#include <stddef.h>

typedef int (*eu_compare_fn)(const void *, const void *);

void eu_search_tree_init(void **root);
void eu_search_tree_fini(void **root, void (*free_node)(void *));
void *eu_tsearch(const void *key, void **root, eu_compare_fn compare);
void *eu_tfind(const void *key, void *const *root, eu_compare_fn compare);
void *eu_tdelete(const void *key, void **root, eu_compare_fn compare);

__attribute__((weak)) void eu_search_tree_init(void **root)
{
	*root = NULL;
}

__attribute__((weak)) void eu_search_tree_fini(void **root, void (*free_node)(void *))
{
	tdestroy(*root, free_node);
}

__attribute__((weak)) void *eu_tsearch(const void *key, void **root, eu_compare_fn compare)
{
	return tsearch(key, root, compare);
}

__attribute__((weak)) void *eu_tfind(const void *key, void *const *root, eu_compare_fn compare)
{
	return tfind(key, root, compare);
}

__attribute__((weak)) void *eu_tdelete(const void *key, void **root, eu_compare_fn compare)
{
	return tdelete(key, root, compare);
}
