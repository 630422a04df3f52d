// SPDX-License-Identifier: GPL-2.0-only
/*
 * elfutils 0.192 (Debian 13) forgot two functions of its own in libelf.a:
 * https://sourceware.org/bugzilla/show_bug.cgi?id=32293. They set up and free the tree of what
 * elf_getdata_rawchunk() has handed out. libbpf doesn't call that, so the tree, zeroed with the
 * rest of the handle, stays empty. Weak: where the library has them and uses them, they are used.
 * Linked with STATIC=1 only. May go when Debian 13 does.
 */
void eu_search_tree_init(void *tree);
void eu_search_tree_fini(void *tree, void (*free_node)(void *));

__attribute__((weak)) void eu_search_tree_init(void *tree)
{
	(void)tree;
}

__attribute__((weak)) void eu_search_tree_fini(void *tree, void (*free_node)(void *))
{
	(void)tree;
	(void)free_node;
}
