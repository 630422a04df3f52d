// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/elf_symbols.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/array.h"
#include "stacks/demangle.h"
#include "stacks/jit_map.h"

#define CACHE_SIZE 512 /* addresses of one module */
#define SEGMENTS_MAX 16
/* Of processor time that one file may take, opening it or finding one address; and in all, where it blocks. */
#define FILE_SECONDS 5
#define FILE_SECONDS_IN_ALL 30
#define FILE_BYTES_MAX (1LL << 30)

struct found {
	uint64_t address;
	uint64_t offset;
	char *function; /* NULL: unknown. A copy: the file can be cut short at any time */
	bool valid;
};

struct segment {
	uint64_t file_offset, size, address;
};

/* A file. */
struct module {
	struct file_id id;
	uint64_t used; /* when it was last asked for; 0: this slot is free */
	int fd;
	bool bad;   /* it is no file that the library knows, and is never looked at again */
	Dwfl *dwfl; /* NULL: not open */
	Dwfl_Module *elf;
	uint64_t bias;
	struct segment segments[SEGMENTS_MAX];
	size_t segment_count;
	struct found *cache;
};

struct process_mapping {
	struct mapping mapping;
	struct module *module; /* NULL: none */
	uint64_t serial;       /* the module's, when this was written: it may be another's by now */
};

struct process {
	struct process_id id;
	uint64_t used; /* 0: free */
	struct process_mapping *mappings;
	size_t count, room;
	struct jit_map *jit_map; /* NULL: none */
};

struct elf_symbols {
	struct elf_symbols_guard guard;
	struct process processes[SYMBOLIZE_PROCESSES_MAX];
	struct module modules[SYMBOLIZE_MODULES_MAX];
	uint64_t serials[SYMBOLIZE_MODULES_MAX];
	struct process *last; /* the one begun last */
	uint64_t clock;
};

static char *debuginfo_path; /* NULL: the usual places, /usr/lib/debug among them */

/*
 * Debugging information on the host, found by build id or by a plain name. The name of a link is the container's: one with
 * a slash would lead anywhere. Where the kernel has Landlock, /usr/lib/debug is all that can be opened (symbols.c).
 */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file, const char *link, GElf_Word crc, char **found)
{
	if (link && (strchr(link, '/') || link[0] == '.'))
		return -1;
	return dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, crc, found);
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf, /* not called: each module comes with its file */
	.find_debuginfo = find_debuginfo,
	.debuginfo_path = &debuginfo_path,
};

/*
 * The file belongs to somebody else: it can be cut short while it is mapped here (SIGBUS), or be made such that looking
 * at it takes for ever. Each of these signals ends the process, whoever is in the middle of whatever: the guard knows
 * the file, and another process takes over (keeper_process.c).
 */
static void end_by_signals(void)
{
	static const int signals[] = { SIGBUS, SIGPROF, SIGALRM };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

static void enter_file(const struct elf_symbols *s, const struct module *m)
{
	struct itimerval limit = { .it_value.tv_sec = FILE_SECONDS };
	struct itimerval in_all = { .it_value.tv_sec = FILE_SECONDS_IN_ALL };

	if (s->guard.reading)
		*s->guard.reading = m->id;
	setitimer(ITIMER_PROF, &limit, NULL);
	setitimer(ITIMER_REAL, &in_all, NULL);
}

static void leave_file(const struct elf_symbols *s)
{
	struct itimerval none = {};

	setitimer(ITIMER_PROF, &none, NULL);
	setitimer(ITIMER_REAL, &none, NULL);
	if (s->guard.reading)
		s->guard.reading->ino = 0;
}

static void free_cache(struct module *m)
{
	for (size_t i = 0; m->cache && i < CACHE_SIZE; i++)
		free(m->cache[i].function);
	free(m->cache);
	m->cache = NULL;
}

static void close_module(struct module *m)
{
	dwfl_end(m->dwfl);
	if (m->fd >= 0)
		close(m->fd);
	free_cache(m);
	memset(m, 0, sizeof(*m));
	m->fd = -1;
}

struct elf_symbols *elf_symbols__new(const struct elf_symbols_guard *guard)
{
	struct elf_symbols *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (guard)
		s->guard = *guard;
	for (size_t i = 0; i < SYMBOLIZE_MODULES_MAX; i++)
		s->modules[i].fd = -1;
	end_by_signals();
	/* libdwfl would ask a server for debugging information. */
	unsetenv("DEBUGINFOD_URLS");
	return s;
}

void elf_symbols__free(struct elf_symbols *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SYMBOLIZE_MODULES_MAX; i++)
		close_module(&s->modules[i]);
	for (size_t i = 0; i < SYMBOLIZE_PROCESSES_MAX; i++) {
		free(s->processes[i].mappings);
		jit_map__free(s->processes[i].jit_map);
	}
	free(s);
}

static bool same_process(const struct process_id *a, const struct process_id *b)
{
	return a->pid == b->pid && a->exec_id == b->exec_id && a->start_ns == b->start_ns;
}

static struct process *find_process(struct elf_symbols *s, const struct process_id *id)
{
	for (size_t i = 0; i < SYMBOLIZE_PROCESSES_MAX; i++) {
		struct process *p = &s->processes[i];

		if (p->used && same_process(&p->id, id)) {
			p->used = ++s->clock;
			return p;
		}
	}
	return NULL;
}

void elf_symbols__begin(struct elf_symbols *s, const struct process_id *id)
{
	struct process *p = find_process(s, id), *oldest = &s->processes[0];

	for (size_t i = 0; !p && i < SYMBOLIZE_PROCESSES_MAX; i++) {
		if (s->processes[i].used < oldest->used)
			oldest = &s->processes[i];
	}
	if (!p)
		p = oldest;
	if (!p->used || !same_process(&p->id, id)) {
		p->count = 0;
		jit_map__free(p->jit_map);
		p->jit_map = NULL;
	}
	p->id = *id;
	p->used = ++s->clock;
	s->last = p;
}

static bool same_file(const struct file_id *a, const struct file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* Whether the file behind the descriptor is one to be read. */
static bool is_welcome(const struct elf_symbols *s, int fd, struct file_id *id)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX)
		return false;
	*id = (struct file_id){ st.st_dev, st.st_ino, st.st_size, st.st_mtim };
	for (size_t i = 0; i < s->guard.bad_count; i++) {
		if (same_file(&s->guard.bad[i], id))
			return false;
	}
	return true;
}

/* The slot for the file behind this descriptor, which is closed if the file is here already. */
static struct module *add_module(struct elf_symbols *s, int fd)
{
	struct module *oldest = &s->modules[0];
	struct file_id id;

	if (!is_welcome(s, fd, &id)) {
		close(fd);
		return NULL;
	}
	for (size_t i = 0; i < SYMBOLIZE_MODULES_MAX; i++) {
		struct module *m = &s->modules[i];

		if (m->used && same_file(&m->id, &id)) {
			m->used = ++s->clock;
			close(fd);
			return m;
		}
		if (m->used < oldest->used)
			oldest = m;
	}
	close_module(oldest);
	s->serials[oldest - s->modules]++;
	oldest->id = id;
	oldest->used = ++s->clock;
	oldest->fd = fd;
	return oldest;
}

static bool same_mapping(const struct mapping *a, const struct mapping *b)
{
	return a->start == b->start && a->end == b->end && a->file_offset == b->file_offset &&
	       !strcmp(a->path, b->path);
}

static void remove_mapping(struct process *p, size_t i)
{
	p->count--;
	memmove(&p->mappings[i], &p->mappings[i + 1], (p->count - i) * sizeof(*p->mappings));
}

/* Forgets what was where the new mapping is. Returns whether it is known already, and better. */
static bool replace_mappings(struct process *p, const struct process_mapping *new)
{
	for (size_t i = p->count; i-- > 0;) {
		const struct process_mapping *old = &p->mappings[i];

		if (old->mapping.start >= new->mapping.end || old->mapping.end <= new->mapping.start)
			continue;
		if (!new->module && old->module &&same_mapping(&old->mapping, &new->mapping))
			return true;
		remove_mapping(p, i);
	}
	if (p->count == MAPPINGS_MAX)
		remove_mapping(p, 0);
	return false;
}

void elf_symbols__add(struct elf_symbols *s, const struct mapping *mapping, int fd)
{
	struct process_mapping new = { .mapping = *mapping };
	struct process *p = s->last;

	if (fd >= 0)
		new.module = add_module(s, fd);
	if (new.module)
		new.serial = s->serials[new.module - s->modules];
	if (!p || replace_mappings(p, &new))
		return;
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 16;
		struct process_mapping *bigger = reallocarray(p->mappings, room, sizeof(*bigger));

		if (!bigger)
			return;
		p->mappings = bigger;
		p->room = room;
	}
	p->mappings[p->count++] = new;
}

void elf_symbols__add_jit_map(struct elf_symbols *s, int fd)
{
	struct process *p = s->last;
	struct jit_map *new = NULL;

	if (p && !(p->jit_map && jit_map__is_same(p->jit_map, fd)))
		new = jit_map__new(fd);
	if (!new) {
		close(fd);
		return;
	}
	jit_map__free(p->jit_map);
	p->jit_map = new;
}

static bool is_open(const struct module *m)
{
	return m->dwfl && !m->bad;
}

/* Closes what the library has of the module that was asked for longest ago, if too many are open. */
static void make_room(struct elf_symbols *s)
{
	struct module *oldest = NULL;
	size_t open = 0;

	for (size_t i = 0; i < SYMBOLIZE_MODULES_MAX; i++) {
		struct module *m = &s->modules[i];

		if (!is_open(m))
			continue;
		open++;
		if (!oldest || m->used < oldest->used)
			oldest = m;
	}
	if (open < SYMBOLIZE_OPEN_MAX)
		return;
	dwfl_end(oldest->dwfl);
	oldest->dwfl = NULL;
	free_cache(oldest);
}

static void read_segments(struct module *m)
{
	Elf *elf = dwfl_module_getelf(m->elf, &m->bias);
	size_t count = 0;

	if (!elf || elf_getphdrnum(elf, &count))
		return;
	m->segment_count = 0;
	for (size_t i = 0; i < count && m->segment_count < SEGMENTS_MAX; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		m->segments[m->segment_count++] =
			(struct segment){ header.p_offset, header.p_filesz, header.p_vaddr };
	}
}

/*
 * Hands the file to the library, which takes a descriptor of its own: ours stays for later. The path
 * is for finding debugging information on the host, which must match by build id or checksum.
 */
static void open_in_library(struct module *m, const char *path)
{
	int fd = dup(m->fd);

	m->dwfl = fd < 0 ? NULL : dwfl_begin(&callbacks);
	if (m->dwfl)
		m->elf = dwfl_report_elf(m->dwfl, "module", path, fd, 0, true);
	if (!m->elf) {
		dwfl_end(m->dwfl);
		m->dwfl = NULL;
		m->bad = true;
		if (fd >= 0)
			close(fd);
		return;
	}
	dwfl_report_end(m->dwfl, NULL, NULL);
	read_segments(m);
	dwfl_module_getsymtab(m->elf);
}

static void open_module(struct elf_symbols *s, struct module *m, const char *path)
{
	if (m->dwfl || m->bad)
		return;
	make_room(s);
	m->cache = calloc(CACHE_SIZE, sizeof(*m->cache));
	m->elf = NULL;
	if (!m->cache) {
		m->bad = true;
		return;
	}
	enter_file(s, m);
	open_in_library(m, path);
	leave_file(s);
}

/* From an offset in the file to the address that the file's symbols go by. */
static bool file_address(const struct module *m, uint64_t file_offset, uint64_t *address)
{
	for (size_t i = 0; i < m->segment_count; i++) {
		const struct segment *segment = &m->segments[i];

		if (file_offset >= segment->file_offset &&
		    file_offset - segment->file_offset < segment->size) {
			*address = file_offset - segment->file_offset + segment->address;
			return true;
		}
	}
	return false;
}

static const struct found *look_up(const struct elf_symbols *s, struct module *m, uint64_t address)
{
	struct found *found = &m->cache[(address ^ address >> 9) % CACHE_SIZE];
	const char *name;
	GElf_Sym symbol;

	if (found->valid && found->address == address)
		return found;
	free(found->function);
	*found = (struct found){ .address = address, .valid = true };
	enter_file(s, m);
	name = dwfl_module_addrinfo(m->elf, address + m->bias, &found->offset, &symbol, NULL, NULL, NULL);
	if (name && *name)
		found->function = demangle__copy(name, SYMBOL_NAME_SIZE);
	leave_file(s);
	return found;
}

/* `inner` is the innermost frame: the others' addresses are those after a call. */
static void resolve_in_module(struct elf_symbols *s, struct module *m, uint64_t file_offset, bool inner,
			      struct symbol *out)
{
	const struct found *found;
	uint64_t address;

	m->used = ++s->clock;
	open_module(s, m, out->module);
	if (!is_open(m) || !file_address(m, file_offset, &address))
		return;
	out->address = address;
	found = look_up(s, m, address - !inner);
	if (!found->function)
		return;
	memcpy(out->function, found->function, strlen(found->function) + 1);
	out->offset = found->offset + !inner;
}

/* Frees those of the process that was asked for longest ago, if too many are in memory. */
static void make_room_for_jit_map(struct elf_symbols *s)
{
	struct process *oldest = NULL;
	size_t read = 0;

	for (size_t i = 0; i < SYMBOLIZE_PROCESSES_MAX; i++) {
		struct process *p = &s->processes[i];

		if (!p->jit_map || !jit_map__is_read(p->jit_map))
			continue;
		read++;
		if (!oldest || p->used < oldest->used)
			oldest = p;
	}
	if (read >= SYMBOLIZE_JIT_MAPS_MAX)
		jit_map__forget(oldest->jit_map);
}

static void resolve_made_code(struct elf_symbols *s, struct process *p, uint64_t address, bool inner,
			      struct symbol *out)
{
	if (!jit_map__is_read(p->jit_map))
		make_room_for_jit_map(s);
	if (jit_map__find(p->jit_map, address - !inner, out->function, sizeof(out->function), &out->offset))
		out->offset += !inner;
	else
		out->function[0] = '\0';
}

static const struct process_mapping *find_mapping(const struct process *p, uint64_t address)
{
	for (size_t i = 0; p && i < p->count; i++) {
		const struct mapping *m = &p->mappings[i].mapping;

		if (address >= m->start && address < m->end)
			return &p->mappings[i];
	}
	return NULL;
}

size_t elf_symbols__resolve(struct elf_symbols *s, const struct process_id *id, const uint64_t *addresses,
			    size_t count, struct symbol *out)
{
	struct process *p = find_process(s, id);
	size_t unmapped = 0;

	for (size_t i = 0; i < count; i++) {
		const struct process_mapping *found = find_mapping(p, addresses[i] - !!i);
		const struct mapping *m;

		out[i] = (struct symbol){ .address = addresses[i] };
		if (!found) {
			unmapped++;
			continue;
		}
		m = &found->mapping;
		out[i].module = m->path;
		if (m->is_file)
			out[i].address = addresses[i] - m->start + m->file_offset;
		if (found->module && found->serial == s->serials[found->module - s->modules])
			resolve_in_module(s, found->module, addresses[i] - m->start + m->file_offset, !i,
					  &out[i]);
		else if (p->jit_map && mapping__is_anonymous(m))
			resolve_made_code(s, p, addresses[i], !i, &out[i]);
	}
	return unmapped;
}
