// SPDX-License-Identifier: GPL-2.0-only
#include "target/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/copy.h"
#include "containers/state_files.h"
#include "containers/state_names.h"
#include "host/cgroup_pids.h"
#include "host/proc.h"

#define MAX_PIDS 4096 /* of a container, looked at for its init */

static void add_candidate(struct resolve_result *r, enum container_runtime runtime, const char *id,
			  const char *name, const char *cgroup)
{
	struct resolve_candidate *c;

	if (r->candidate_count == RESOLVE__MAX_CANDIDATES) {
		r->more_candidates = true;
		return;
	}
	c = &r->candidates[r->candidate_count++];
	c->runtime = runtime;
	copy__text(c->id, sizeof(c->id), id);
	copy__text(c->name, sizeof(c->name), name);
	copy__text(c->cgroup, sizeof(c->cgroup), cgroup);
}

/* Two sockets may lead to one runtime. */
static void add_api_candidate(struct resolve_result *r, const struct runtime_container *c)
{
	for (size_t i = 0; i < r->candidate_count; i++)
		if (!strcmp(r->candidates[i].id, c->id))
			return;
	add_candidate(r, c->runtime, c->id, c->name, "");
}

/* ---- the init process of a cgroup ---- */

struct init_search {
	pid_t first;
	pid_t init;
	unsigned int init_levels;
	unsigned int pids;
};

/* How many pid namespaces the process is in, if it is the first of the innermost; otherwise 0. */
static unsigned int init_levels(pid_t pid)
{
	char path[64], line[512];
	unsigned int levels = 0;
	bool is_init = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		char *save, *word;

		if (strncmp(line, "NSpid:", 6))
			continue;
		for (word = strtok_r(line + 6, " \t\n", &save); word; word = strtok_r(NULL, " \t\n", &save)) {
			levels++;
			is_init = !strcmp(word, "1");
		}
		break;
	}
	fclose(f);
	return is_init ? levels : 0;
}

static bool note_pid(void *ctx, uint32_t listed)
{
	struct init_search *s = ctx;
	pid_t pid = (pid_t)listed;
	unsigned int levels;

	if (s->pids == MAX_PIDS)
		return false;
	s->pids++;
	if (!s->first)
		s->first = pid;
	levels = init_levels(pid);
	/* A container nested in this one has an init of its own, further down. */
	if (levels && (!s->init || levels < s->init_levels)) {
		s->init = pid;
		s->init_levels = levels;
	}
	return true;
}

static int search_init(const struct cgroup__node *node, void *ctx)
{
	cgroup_pids__each(node->dir_fd, note_pid, ctx);
	return 0;
}

pid_t resolve__init(const struct cgroup__hierarchy *h, const char *cgroup)
{
	struct init_search s = { 0 };

	return cgroup__walk(h, cgroup, search_init, &s) ? 0 : s.init;
}

static pid_t find_init(const struct cgroup__hierarchy *h, const char *cgroup)
{
	struct init_search s = { 0 };

	if (cgroup__walk(h, cgroup, search_init, &s))
		return 0;
	return s.init ? s.init : s.first;
}

/* ---- the main process of a service ---- */

struct main_search {
	pid_t *pids;
	size_t count;
};

static bool collect_pid(void *ctx, uint32_t pid)
{
	struct main_search *s = ctx;

	if (s->count == MAX_PIDS)
		return false;
	s->pids[s->count++] = (pid_t)pid;
	return true;
}

static int collect_pids(const struct cgroup__node *node, void *ctx)
{
	cgroup_pids__each(node->dir_fd, collect_pid, ctx);
	return 0;
}

/* Of one that has ended meanwhile nothing is known. */
static bool is_gone_or_has_parent(const struct main_search *s, pid_t pid)
{
	uint32_t parent = proc__parent((uint32_t)pid);

	if (!parent)
		return true;
	for (size_t i = 0; i < s->count; i++) {
		if ((uint32_t)s->pids[i] == parent)
			return true;
	}
	return false;
}

pid_t resolve__main(const struct cgroup__hierarchy *h, const char *cgroup)
{
	struct main_search s = { .pids = calloc(MAX_PIDS, sizeof(*s.pids)) };
	size_t tops = 0;
	pid_t top = 0;

	if (s.pids && !cgroup__walk(h, cgroup, collect_pids, &s) && s.count < MAX_PIDS) {
		for (size_t i = 0; i < s.count && tops < 2; i++) {
			if (is_gone_or_has_parent(&s, s.pids[i]))
				continue;
			top = s.pids[i];
			tops++;
		}
	}
	free(s.pids);
	return tops == 1 ? top : 0;
}

/* ---- the cgroup tree ---- */

struct tree_search {
	const char *name;
	struct resolve_result *result;
	bool exact;
	/* the match that is kept */
	bool nested, populated;
	struct container_ref ref;
	char cgroup[PATH_MAX];
	uint64_t cgroup_id;
};

static bool has_processes(const struct cgroup__node *node)
{
	uint64_t populated = 0;

	return !cgroup__read_key(node->dir_fd, "cgroup.events", "populated", &populated) && populated;
}

static const char *ref_id(const struct container_ref *ref)
{
	return ref->runtime == CONTAINER__POD ? ref->pod_uid : ref->id;
}

static bool is_prefix(const struct container_ref *ref, const char *name)
{
	switch (ref->runtime) {
	case CONTAINER__NSPAWN:
	case CONTAINER__LXC:
		return false;
	case CONTAINER__OCI:
		/* What isn't hex digits is a name. */
		if (strlen(ref->id) != CONTAINER__ID_MAX)
			return false;
		/* fall through */
	default:
		return !strncmp(ref_id(ref), name, strlen(name));
	}
}

/* Does this container's cgroup lie in another container? */
static bool is_nested(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct container_ref outer;
	char parent[PATH_MAX];

	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	return !container__from_cgroup_path(parent, &outer) && outer.runtime != CONTAINER__POD;
}

static int search_tree(const struct cgroup__node *node, void *ctx)
{
	struct tree_search *s = ctx;
	struct resolve_result *r = s->result;
	struct container_ref ref;
	bool exact, nested, populated, same;

	if (container__from_cgroup_path(node->path, &ref) || node->path[ref.prefix_len])
		return 0;
	exact = !strcmp(ref_id(&ref), s->name);
	if (!exact && !is_prefix(&ref, s->name))
		return 0;
	if (r->candidate_count && !ref.user != !s->ref.user) {
		/* A user can name a cgroup of theirs as they like: root's containers go before it. */
		if (ref.user)
			return 0;
		r->candidate_count = 0;
		r->more_candidates = false;
		s->exact = false;
	}
	if (!exact && s->exact)
		return 0;
	nested = is_nested(node->path);
	populated = has_processes(node);
	same = r->candidate_count && s->ref.runtime == ref.runtime && !strcmp(ref_id(&s->ref), ref_id(&ref));
	if (exact && !s->exact) {
		r->candidate_count = 0;
		r->more_candidates = false;
	} else if (same && nested != s->nested) {
		/* A container may give a cgroup below its own another one's name: not that one. */
		if (nested)
			return 0;
		r->candidate_count--;
	} else if (same && populated != s->populated) {
		/* A kubelet leaves an empty cgroup of the other driver's name beside a pod's own. */
		if (!populated)
			return 0;
		r->candidate_count--;
	}
	s->exact = exact;
	s->nested = nested;
	s->populated = populated;
	s->ref = ref;
	copy__text(s->cgroup, sizeof(s->cgroup), node->path);
	s->cgroup_id = node->id;
	add_candidate(r, ref.runtime, ref_id(&ref), "", node->path);
	return 0;
}

static int resolve_from_tree(const struct cgroup__hierarchy *h, const char *name, struct resolve_result *r)
{
	struct tree_search s = { .name = name, .result = r };
	int err;

	r->candidate_count = 0;
	r->more_candidates = false;
	err = cgroup__walk(h, "/", search_tree, &s);
	if (err)
		return err;
	if (r->candidate_count > 1) {
		r->outcome = RESOLVE__AMBIGUOUS;
		return 0;
	}
	if (!r->candidate_count)
		return 0;
	r->candidate_count = 0;
	r->outcome = RESOLVE__RESOLVED;
	if (r->source == RESOLVE__FROM_NOWHERE) {
		r->source = RESOLVE__FROM_TREE;
		r->runtime = s.ref.runtime;
		copy__text(r->id, sizeof(r->id), ref_id(&s.ref));
	}
	r->cgroup_is_whole_path = false;
	memcpy(r->cgroup, s.cgroup, sizeof(r->cgroup));
	r->cgroup_id = s.cgroup_id;
	r->init_pid = find_init(h, r->cgroup);
	return 0;
}

/* ---- the APIs ---- */

struct list_search {
	struct resolve_result *result;
	const char *prefix;
};

static int list_candidate(const struct runtime_container *c, void *ctx)
{
	struct list_search *s = ctx;

	if (!strncmp(c->id, s->prefix, strlen(s->prefix)))
		add_api_candidate(s->result, c);
	return 0;
}

static void take_container(struct resolve_result *r, const struct runtime_container *c,
			   const char *socket_path)
{
	r->source = RESOLVE__FROM_API;
	r->outcome = c->running && c->pid ? RESOLVE__NO_CGROUP : RESOLVE__NOT_RUNNING;
	r->container = *c;
	r->runtime = c->runtime;
	memcpy(r->id, c->id, sizeof(r->id));
	memcpy(r->name, c->name, sizeof(r->name));
	copy__text(r->socket, sizeof(r->socket), socket_path);
}

struct api_search {
	struct resolve_result *result;
	const char *name;
	int rank;
	bool clash; /* two of that rank: for the user to tell apart */
};

static void merge_answer(struct api_search *s, const struct runtime_container *c, const char *socket_path)
{
	struct resolve_result *r = s->result;
	bool exact = !strcmp(c->name, s->name) || !strcmp(c->id, s->name);
	int rank = 1 + 2 * exact + (c->running && c->pid);

	if (s->rank && !strcmp(r->id, c->id))
		return;
	add_api_candidate(r, c);
	if (rank == s->rank)
		s->clash = true;
	if (rank <= s->rank)
		return;
	s->clash = false;
	s->rank = rank;
	take_container(r, c, socket_path);
}

static void ask_apis(const char *name, struct resolve_result *r)
{
	struct docker_api__socket sockets[DOCKER_API__MAX_SOCKETS];
	size_t count = docker_api__sockets(sockets, DOCKER_API__MAX_SOCKETS);
	struct api_search search = { .result = r, .name = name };
	struct list_search list = { r, name };
	struct runtime_container c;
	bool ambiguous = false;

	for (size_t i = 0; i < count; i++) {
		struct resolve_asked *asked = &r->asked[r->asked_count++];

		memcpy(asked->socket, sockets[i].path, sizeof(asked->socket));
		asked->result = docker_api__inspect(sockets[i].path, name, &c);
		/* One that is started by the question (Podman) has been started by now. */
		if (asked->result == -ETIMEDOUT)
			asked->result = docker_api__inspect(sockets[i].path, name, &c);
		if (!asked->result)
			merge_answer(&search, &c, sockets[i].path);
		if (asked->result != -ENOTUNIQ)
			continue;
		ambiguous = true;
		/* Without the list the answer is the same, just less helpful. */
		docker_api__list(sockets[i].path, list_candidate, &list);
	}
	/* One runtime's several prefixes don't matter beside another's exact name. */
	if (search.clash || (ambiguous && search.rank < 3))
		r->outcome = RESOLVE__AMBIGUOUS;
	else
		r->candidate_count = 0;
}

/* Returns 0 or why the cgroup of the init process is not the container's. */
static int cgroup_from_pid(const struct cgroup__hierarchy *h, struct resolve_result *r)
{
	struct container_ref ref;
	char path[PATH_MAX];
	bool whole = false;
	uint64_t id;
	int err, fd;

	err = cgroup__of_pid(h, r->container.pid, path, sizeof(path));
	if (err)
		return err;
	if (!container__find_id(path, r->id, &ref))
		path[ref.prefix_len] = '\0';
	/* The root can't be limited; a process in it tells nothing about a container. */
	else if (!container__from_cgroup_path(path, &ref) || !strcmp(path, "/"))
		return -ESTALE;
	else
		whole = true;
	fd = cgroup__open(h, path);
	if (fd < 0)
		return fd;
	err = cgroup__id(fd, &id);
	close(fd);
	if (err)
		return err;
	memcpy(r->cgroup, path, sizeof(r->cgroup));
	r->cgroup_id = id;
	r->cgroup_is_whole_path = whole;
	r->init_pid = r->container.pid;
	r->outcome = RESOLVE__RESOLVED;
	return 0;
}

/* crun has the processes in a cgroup of their own, below the one that it makes for the container. */
static void leave_inner_cgroup(const struct cgroup__hierarchy *h, struct resolve_result *r)
{
	static const char inner[] = "/container";
	size_t len = strlen(r->cgroup);
	int fd;

	if (len <= strlen(inner) || strcmp(r->cgroup + len - strlen(inner), inner) != 0)
		return;
	r->cgroup[len - strlen(inner)] = '\0';
	fd = cgroup__open(h, r->cgroup);
	if (fd < 0)
		return;
	cgroup__id(fd, &r->cgroup_id);
	close(fd);
}

/*
 * Looks at the state that runtimes without an API keep. It may be left from a container that is gone, whose pid is
 * another's: the id has to be in the cgroup's path, too.
 */
static void look_at_state(const struct cgroup__hierarchy *h, const char *name, struct resolve_result *r)
{
	struct runtime_container container = { .running = true };
	struct state_file found;

	if (state_files__find("", name, &found))
		return;
	container.runtime = found.runtime;
	container.pid = found.pid;
	copy__text(container.id, sizeof(container.id), found.id);
	take_container(r, &container, "");
	r->source = RESOLVE__FROM_STATE;
	if (!cgroup_from_pid(h, r) && strstr(r->cgroup, found.id)) {
		struct container_ref ref;

		leave_inner_cgroup(h, r);
		/* Podman's and CRI-O's are crun's, too. */
		if (!container__find_id(r->cgroup, r->id, &ref))
			r->runtime = ref.runtime;
		return;
	}
	r->source = RESOLVE__FROM_NOWHERE;
	r->outcome = RESOLVE__NOT_FOUND;
}

/* Of a container that runs, and whose id is in a runtime's files: whether it is in the cgroup tree, as theirs. */
static bool find_by_id(const struct cgroup__hierarchy *h, const struct state_id *id, struct resolve_result *r)
{
	struct container_ref ref;

	*r = (struct resolve_result){ .outcome = RESOLVE__NOT_FOUND };
	/* A user's file may have the id of another's container in it. */
	return !resolve_from_tree(h, id->id, r) && r->outcome == RESOLVE__RESOLVED &&
	       !strcmp(r->id, id->id) && !container__find_id(r->cgroup, r->id, &ref) && ref.user == id->user;
}

/* A pod is the cgroup above those of its containers. */
static int take_pod(const struct cgroup__hierarchy *h, struct resolve_result *r)
{
	struct container_ref ref;

	if (container__from_cgroup_path(r->cgroup, &ref) || !ref.pod_uid[0])
		return -ENOENT;
	*r = (struct resolve_result){ .outcome = RESOLVE__NOT_FOUND };
	return resolve_from_tree(h, ref.pod_uid, r);
}

/*
 * Looks for a name in the files of runtimes without an API that answers: Podman's and the kubelet's, or those of users'
 * own runtimes, who choose their names.
 */
static void look_for_name(const struct cgroup__hierarchy *h, const char *name, bool of_users,
			  struct resolve_result *r)
{
	struct state_names *names = state_names__open("");
	struct state_id ids[RESOLVE__MAX_CANDIDATES];
	size_t count = names ? state_names__ids(names, name, ids, RESOLVE__MAX_CANDIDATES) : 0;
	struct resolve_result *found = count ? calloc(1, sizeof(*found)) : NULL;
	const char *slash = strchr(name, '/');
	bool is_pod = slash && !strchr(slash + 1, '/');

	for (size_t i = 0; found && i < count && r->outcome == RESOLVE__NOT_FOUND; i++) {
		if (!ids[i].user == of_users || !find_by_id(h, &ids[i], found) ||
		    (is_pod && take_pod(h, found)))
			continue;
		memcpy(found->asked, r->asked, sizeof(r->asked));
		found->asked_count = r->asked_count;
		*r = *found;
		r->source = RESOLVE__FROM_STATE;
		r->of_pod = slash && !is_pod;
		copy__text(r->name, sizeof(r->name), name);
	}
	if (count && of_users && r->outcome == RESOLVE__NOT_FOUND) {
		r->outcome = RESOLVE__NOT_RUNNING;
		copy__text(r->container.status, sizeof(r->container.status), "no cgroup has its id");
	}
	free(found);
	state_names__close(names);
}

/* A container that was found by its id has a name, too. */
static void learn_name(struct resolve_result *r)
{
	struct state_names *names = state_names__open("");
	struct container_ref ref;

	if (names && !container__find_id(r->cgroup, r->id, &ref)) {
		ref.runtime = r->runtime;
		if (state_names__of(names, &ref, r->name, sizeof(r->name)))
			r->name[0] = '\0';
	}
	state_names__close(names);
}

/* Where the container is that a runtime has told of. */
static int locate(const struct cgroup__hierarchy *h, struct resolve_result *r)
{
	r->cgroup_error = cgroup_from_pid(h, r);
	/* The pid may be of another namespace, as where only the socket is mounted. */
	return r->cgroup_error || r->cgroup_is_whole_path ? resolve_from_tree(h, r->id, r) : 0;
}

int resolve__answered(const struct cgroup__hierarchy *h, const struct runtime_container *container,
		      const char *socket, struct resolve_result *out)
{
	memset(out, 0, sizeof(*out));
	take_container(out, container, socket);
	return out->outcome == RESOLVE__NO_CGROUP ? locate(h, out) : 0;
}

int resolve__container(const struct cgroup__hierarchy *h, const char *name, struct resolve_result *out)
{
	struct resolve_result *r;
	int err = 0;

	if (!name || !*name)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	ask_apis(name, r);
	if (r->outcome == RESOLVE__NO_CGROUP)
		err = locate(h, r);
	else if (r->outcome == RESOLVE__NOT_FOUND)
		look_at_state(h, name, r);
	if (r->outcome == RESOLVE__NOT_FOUND)
		look_for_name(h, name, false, r);
	if (!err && r->outcome == RESOLVE__NOT_FOUND)
		err = resolve_from_tree(h, name, r);
	if (!err && r->outcome == RESOLVE__NOT_FOUND)
		look_for_name(h, name, true, r);
	if (!err && r->outcome == RESOLVE__RESOLVED && !r->name[0])
		learn_name(r);
	if (!err)
		*out = *r;
	free(r);
	return err;
}
