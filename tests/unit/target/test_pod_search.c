// SPDX-License-Identifier: GPL-2.0-only
/* A container of a pod ends, and the kubelet makes another of its name. Who is asked for names is here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/copy.h"
#include "cgroup_tree.h"
#include "target/returning.h"

#define POD                                         \
	"/kubepods.slice/kubepods-burstable.slice/" \
	"kubepods-burstable-pod11111111_2222_3333_4444_555555555555.slice"
#define FIRST 1U
#define SECOND 2U
#define SIDE 3U
#define PAUSE 4U

/* ---- who is asked ---- */

static unsigned int asked[8]; /* how often for each container */
static bool unnamed;	      /* its files aren't there yet */
static unsigned int open_question;

static unsigned int number_of(const char *id)
{
	return (unsigned int)(id[CONTAINER__ID_MAX - 1] - '0');
}

int asker__ask_name(struct asker *asker, const struct container_ref *ref)
{
	(void)asker;
	assert_int_equal(open_question, 0);
	open_question = number_of(ref->id);
	asked[open_question]++;
	return 7;
}

int asker__take(struct asker *asker, int number, struct runtime_container *out)
{
	static bool is_ready;
	unsigned int which = open_question;

	(void)asker;
	assert_int_equal(number, 7);
	is_ready = !is_ready;
	if (!is_ready)
		return 0;
	open_question = 0;
	if (which == PAUSE || unnamed)
		return -ENOENT;
	copy__text(out->name, sizeof(out->name), which == SIDE ? "shop/web-0/side" : "shop/web-0/app");
	return 1;
}

int asker__ask(struct asker *asker, const char *socket, const char *id)
{
	(void)asker;
	fail_msg("%s has been asked for %s", socket, id);
	return -EPIPE;
}

/* ---- a pod ---- */

static struct cgroup__hierarchy h;
static struct target target;
static struct returning returning;
static struct resolve_result resolved;
static char path[PATH_MAX];
static uint64_t now_ns;

static const char *scope(unsigned int number)
{
	static char paths[2][PATH_MAX];
	static unsigned int next;
	char *out = paths[next++ % 2];

	snprintf(out, PATH_MAX, POD "/cri-containerd-%064x.scope", number);
	return out;
}

static int make(void **state)
{
	struct container_ref *ref = &target.container.ref;

	(void)state;
	tree_make(&h);
	tree_add(&h, "/kubepods.slice");
	tree_add(&h, "/kubepods.slice/kubepods-burstable.slice");
	tree_add(&h, POD);
	tree_add(&h, scope(PAUSE));
	tree_add(&h, scope(FIRST));
	tree_add(&h, scope(SIDE));
	target = (struct target){ .dir_fd = -1, .events_fd = -1 };
	target.resolved.of_pod = true;
	copy__text(target.resolved.name, sizeof(target.resolved.name), "shop/web-0/app");
	target.container.name = target.resolved.name;
	if (container__from_cgroup_path(scope(FIRST), ref) || target__reopen(&target, &h, scope(FIRST)))
		return -1;
	returning = (struct returning){ .target = &target, .hierarchy = &h, .asker = (struct asker *)&h };
	returning__begin(&returning);
	memset(asked, 0, sizeof(asked));
	open_question = 0;
	unnamed = false;
	now_ns = 100 * NS_PER_S;
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	returning__end(&returning);
	target__close(&target);
	tree_remove(&h, "");
	return 0;
}

static bool is_back(void)
{
	return returning__is_back(&returning, now_ns, &resolved, path);
}

/* Some ticks, in which time doesn't go on. */
static bool comes_back_in(int ticks)
{
	for (int i = 0; i < ticks; i++) {
		if (is_back())
			return true;
	}
	return false;
}

static void assert_is(unsigned int number)
{
	char id[CONTAINER__ID_SIZE];

	snprintf(id, sizeof(id), "%064x", number);
	assert_string_equal(path, scope(number));
	assert_int_equal(returning__take(&returning, &resolved, path), 0);
	assert_string_equal(target.cgroup, scope(number));
	assert_string_equal(target.container.ref.id, id);
	assert_int_equal(target.container.ref.runtime, CONTAINER__CONTAINERD);
	assert_string_equal(target.container.ref.pod_uid, "11111111-2222-3333-4444-555555555555");
	assert_string_equal(target.container.name, "shop/web-0/app");
	assert_true(target.cgroup_id != 0);
}

static void another_of_its_name(void **state)
{
	(void)state;
	tree_remove(&h, scope(FIRST));
	assert_false(comes_back_in(10));
	tree_add(&h, scope(SECOND));
	assert_true(comes_back_in(10));
	assert_is(SECOND);
	/* And again: the first one's id may be had once more, by a test only. */
	tree_remove(&h, scope(SECOND));
	assert_false(comes_back_in(10));
	tree_add(&h, scope(FIRST));
	assert_true(comes_back_in(10));
	assert_is(FIRST);
	assert_int_equal(returning.missed, 0);
}

/* The pod's other containers cost one question each; the one without a name one every two seconds. */
static void the_others_are_left_alone(void **state)
{
	(void)state;
	tree_remove(&h, scope(FIRST));
	for (int i = 0; i < 50; i++) {
		assert_false(is_back());
		now_ns += NS_PER_S / 5;
	}
	assert_int_equal(asked[SIDE], 1);
	assert_in_range(asked[PAUSE], 3, 6);
	assert_false(returning__is_in_vain(&returning));
}

/* Its files come after its cgroup: it is asked for again. */
static void a_name_that_comes_late(void **state)
{
	(void)state;
	tree_remove(&h, scope(FIRST));
	unnamed = true;
	tree_add(&h, scope(SECOND));
	assert_false(comes_back_in(20));
	unnamed = false;
	now_ns += 3 * NS_PER_S;
	assert_true(comes_back_in(20));
	assert_is(SECOND);
}

/* It is gone before its name is known. */
static void gone_again_at_once(void **state)
{
	(void)state;
	tree_remove(&h, scope(FIRST));
	tree_remove(&h, scope(SIDE));
	tree_remove(&h, scope(PAUSE));
	assert_false(comes_back_in(4));
	tree_add(&h, scope(SECOND));
	while (!open_question)
		assert_false(is_back());
	tree_remove(&h, scope(SECOND));
	assert_false(comes_back_in(10));
}

/* With its pod's cgroup nothing can come back. Of another pod's container nobody is asked. */
static void the_pod_goes(void **state)
{
	(void)state;
	tree_remove(&h, scope(FIRST));
	tree_add(&h, "/kubepods.slice/pod");
	assert_false(comes_back_in(10));
	assert_false(returning__is_in_vain(&returning));
	tree_remove(&h, POD);
	assert_false(comes_back_in(10));
	assert_true(returning__is_in_vain(&returning));
}

/* A container that was named by its id is that one. */
static void by_its_id(void **state)
{
	(void)state;
	target.resolved.of_pod = false;
	tree_remove(&h, scope(FIRST));
	tree_add(&h, scope(SECOND));
	assert_false(comes_back_in(10));
	assert_int_equal(asked[SECOND], 0);
	tree_remove(&h, POD);
	assert_false(returning__is_in_vain(&returning));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(another_of_its_name, make, unmake),
		cmocka_unit_test_setup_teardown(the_others_are_left_alone, make, unmake),
		cmocka_unit_test_setup_teardown(a_name_that_comes_late, make, unmake),
		cmocka_unit_test_setup_teardown(gone_again_at_once, make, unmake),
		cmocka_unit_test_setup_teardown(the_pod_goes, make, unmake),
		cmocka_unit_test_setup_teardown(by_its_id, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
