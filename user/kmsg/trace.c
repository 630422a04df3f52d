// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/trace.h"

#include <string.h>

#include "base/array.h"
#include "kmsg/scan.h"

/*
 * Functions whose frames tell something, innermost callers first in a trace. Compilers append ".part.0",
 * ".constprop.0", ".cold" and the like: the beginning of a name counts, up to its end or a dot, or with
 * `any` whatever follows.
 */
struct function {
	const char *name;
	bool any;
};

/* A write of the limit: v2, and v1's, which has had other names. */
static const struct function writes[] = {
	{ "memory_max_write", false },
	{ "mem_cgroup_resize_", true },
	{ "mem_cgroup_write", false },
};

/* A charge or a fault, which a write of the limit has none of. */
static const struct function charges[] = {
	{ "try_charge", true },
	{ "__mem_cgroup_try_charge", true },
	{ "mem_cgroup_charge", true },
	{ "__mem_cgroup_charge", true },
	{ "charge_memcg", false },
	{ "handle_mm_fault", false },
	{ "obj_cgroup_charge", true },
	{ "__memcg_kmem_charge", true },
	{ "pagefault_out_of_memory", false },
	{ "__alloc_pages", true },
};

/* The OOM killer's own, and what prints the trace. */
static const struct function killers[] = {
	{ "dump_stack", true },
	{ "show_stack", true },
	{ "dump_header", true },
	{ "oom_kill_process", true },
	{ "out_of_memory", false },
	{ "mem_cgroup_out_of_memory", false },
	{ "dump_backtrace", true },
	{ "unwind_backtrace", false },
	{ "__dump_stack", false },
	{ "show_trace", true },
	{ "pagefault_out_of_memory", false },
	{ "mem_cgroup_oom_synchronize", false },
};

static const struct {
	struct function function;
	enum kmsg_asked asked;
} askers[] = {
	{ { "moom_callback", false }, KMSG_ASKED_SYSRQ },
	{ { "shmem_", true }, KMSG_ASKED_TMPFS },
	{ { "do_anonymous_page", false }, KMSG_ASKED_ANON },
	{ { "do_huge_pmd_anonymous_page", true }, KMSG_ASKED_ANON },
	{ { "alloc_anon_folio", false }, KMSG_ASKED_ANON },
	{ { "do_cow_fault", false }, KMSG_ASKED_COPY },
	{ { "wp_page_copy", false }, KMSG_ASKED_COPY },
	{ { "do_wp_page", false }, KMSG_ASKED_COPY },
	{ { "do_swap_page", false }, KMSG_ASKED_SWAPIN },
	{ { "swapin_readahead", false }, KMSG_ASKED_SWAPIN },
	{ { "filemap_", true }, KMSG_ASKED_FILE },
	{ { "__filemap_", true }, KMSG_ASKED_FILE },
	{ { "page_cache_", true }, KMSG_ASKED_FILE },
	{ { "pagecache_get_page", false }, KMSG_ASKED_FILE },
	{ { "add_to_page_cache", true }, KMSG_ASKED_FILE },
	{ { "__add_to_page_cache", true }, KMSG_ASKED_FILE },
	{ { "grab_cache_page_write_begin", false }, KMSG_ASKED_FILE },
	{ { "mem_cgroup_charge_skmem", false }, KMSG_ASKED_SOCKET },
	{ { "mem_cgroup_sk_charge", false }, KMSG_ASKED_SOCKET },
	{ { "sk_", true }, KMSG_ASKED_SOCKET },
	{ { "skb_", true }, KMSG_ASKED_SOCKET },
	{ { "alloc_skb_with_frags", false }, KMSG_ASKED_SOCKET },
	{ { "__alloc_skb", false }, KMSG_ASKED_SOCKET },
	{ { "obj_cgroup_", true }, KMSG_ASKED_KERNEL },
	{ { "__memcg_kmem_", true }, KMSG_ASKED_KERNEL },
	{ { "memcg_kmem_", true }, KMSG_ASKED_KERNEL },
	{ { "kmem_cache_alloc", true }, KMSG_ASKED_KERNEL },
	{ { "__kmalloc", true }, KMSG_ASKED_KERNEL },
	{ { "kmalloc", true }, KMSG_ASKED_KERNEL },
	{ { "copy_process", false }, KMSG_ASKED_KERNEL },
	{ { "pte_alloc_one", false }, KMSG_ASKED_KERNEL },
	{ { "__pte_alloc", false }, KMSG_ASKED_KERNEL },
};

static bool is_function(struct span name, struct function f)
{
	return scan__starts(name, f.name) &&
	       (f.any || name.len == strlen(f.name) || name.start[strlen(f.name)] == '.');
}

static bool is_any(struct span name, const struct function *functions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_function(name, functions[i]))
			return true;
	return false;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_identifier(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '.' || c == '$';
}

/* "name+0x1f/0x40": the first such word's name, and what stands before it. */
static bool find_symbol(struct span text, struct span *name, struct span *before)
{
	const char *end = text.start + text.len;

	for (const char *p = text.start; (p = memmem(p, (size_t)(end - p), "+0x", 3)); p += 3) {
		const char *from = p, *q = p + 3;

		while (q < end && is_hex(*q))
			q++;
		while (from > text.start && is_identifier(from[-1]))
			from--;
		if (from == p || q == p + 3 || end - q < 3 || memcmp(q, "/0x", 3))
			continue;
		*name = (struct span){ from, (size_t)(p - from) };
		*before = (struct span){ text.start, (size_t)(from - text.start) };
		return true;
	}
	return false;
}

/* ARM's since 5.18: "unwind_backtrace from show_stack+0x10/0x14" is the frame of the first name. */
static void use_caller(struct span before, struct span *name)
{
	struct span rest = before, word = scan__word(&rest);

	if (span__is(scan__trim(rest), "from") && word.len && is_identifier(*word.start))
		*name = word;
}

bool trace__frame(struct span text, struct kmsg_trace *trace)
{
	struct span name, before;
	bool marked;

	if (!find_symbol(text, &name, &before))
		return false;
	/* "RIP: 0010:copy_user+0x12/0x20" is where an exception was, not a frame. */
	if (scan__has(before, "RIP:") || scan__has(before, "pc :") || scan__has(before, "lr :"))
		return true;
	use_caller(before, &name);
	marked = scan__has(before, "?") || scan__has(text, "(unreliable)");
	trace->frames++;
	trace->unmarked += !marked;
	if (is_any(name, writes, ARRAY_SIZE(writes))) {
		if (marked)
			trace->write_marked = true;
		else
			trace->write = true;
	}
	if (marked)
		return true;
	if (is_any(name, charges, ARRAY_SIZE(charges)))
		trace->charge = true;
	if (is_any(name, killers, ARRAY_SIZE(killers)))
		trace->oom = true;
	else
		trace->past_oom = true;
	for (size_t i = 0; i < ARRAY_SIZE(askers) && !trace->asked; i++)
		if (is_function(name, askers[i].function))
			trace->asked = askers[i].asked;
	return true;
}
