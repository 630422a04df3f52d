// SPDX-License-Identifier: GPL-2.0-only
/* Who sent SIGKILL, and what asked the process to end before. */
#include "model/kill_senders.h"
#include "model/model_events.h"

#define SIGTERM 15
#define SIGKILL 9
#define SECOND 1000000000ULL

enum { UNIT_ID = 300 };

static uint64_t groups = GROUP_SIGNAL;

static uint64_t new_group(void)
{
	return ++groups;
}

/* From a process of a unit to one of the container. */
static union event signal_to(uint64_t group, uint32_t sig, uint32_t pid)
{
	union event e = blank(EVENT_SIGNAL, group);

	e.signal.cgroup_id = DOCKER_CGROUP_ID;
	e.signal.start_ns = 1000 + pid;
	e.signal.sender_cgroup_id = UNIT_ID;
	e.signal.signal = sig;
	e.signal.pid = pid;
	e.signal.tid = pid + 1;
	e.signal.sender_pid = 900;
	e.signal.sender_tid = 901;
	e.signal.sender_uid = 33;
	e.signal.sender_ppid = 700;
	e.signal.frame_count = KILL_WAY_KILL;
	strcpy(e.signal.comm, "web");
	strcpy(e.signal.sender_comm, "runc");
	strcpy(e.signal.parent_comm, "shim");
	e.signal.cmdline_len = 7;
	memcpy(e.signal.cmdline, "runc\0x", 7);
	return e;
}

static void send_level(struct kept *kept, union event level, uint64_t leaf_id)
{
	level.cgroup.leaf_id = leaf_id;
	send(kept, level);
}

/* Both chains, as they come before the first signal. */
static void send_chains(struct kept *kept, uint64_t group)
{
	send_level(kept, docker_level(group), DOCKER_CGROUP_ID);
	send_level(kept, slice_level(group), DOCKER_CGROUP_ID);
	send_level(kept, root_level(group), DOCKER_CGROUP_ID);
	send_level(kept, cgroup(group, UNIT_ID, SLICE_ID, "docker.service"), UNIT_ID);
	send_level(kept, slice_level(group), UNIT_ID);
	send_level(kept, root_level(group), UNIT_ID);
}

static void test_sender(void **state)
{
	struct kept *kept = start();
	const struct record_sigkill *r = kept->sigkills;
	uint64_t group = new_group();

	(void)state;
	send_chains(kept, group);
	send(kept, signal_to(group, SIGKILL, 42));
	assert_int_equal(kept->sigkill_count, 1);
	assert_int_equal(r->pid, 42);
	assert_int_equal(r->tid, 43);
	assert_string_equal(r->comm, "web");
	assert_string_equal(r->cgroup, DOCKER_PATH);
	assert_string_equal(r->container.name, "web");
	assert_false(r->init);
	assert_int_equal(r->killer.way, KILL_WAY_KILL);
	assert_false(r->killer.by_kernel);
	assert_int_equal(r->killer.sender.pid, 900);
	assert_int_equal(r->killer.sender.uid, 33);
	assert_int_equal(r->killer.sender.ppid, 700);
	assert_string_equal(r->killer.sender.comm, "runc");
	assert_string_equal(r->killer.sender.parent_comm, "shim");
	assert_string_equal(r->killer.sender.cgroup, "/system.slice/docker.service");
	assert_memory_equal(r->killer.sender.cmdline, "runc\0x", 7);
	assert_int_equal(r->killer.stop.signal, 0);
	stop(kept);
}

/* The kernel side sends a chain once. The next signal, of another thread, may come before the first one's. */
static void test_paths_are_kept(void **state)
{
	struct kept *kept = start();
	uint64_t first = new_group();

	(void)state;
	send_chains(kept, first);
	send(kept, signal_to(new_group(), SIGKILL, 50));
	send(kept, signal_to(first, SIGKILL, 42));
	assert_int_equal(kept->sigkill_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(kept->sigkills[i].cgroup, DOCKER_PATH);
		assert_string_equal(kept->sigkills[i].killer.sender.cgroup, "/system.slice/docker.service");
	}
	stop(kept);
}

/* Of a chain without one of its levels there is no path, and none of those that were there is made up. */
static void test_lost_chain(void **state)
{
	struct kept *kept = start();
	uint64_t group = new_group();
	union event e = signal_to(group, SIGKILL, 42);

	(void)state;
	send_level(kept, docker_level(group), DOCKER_CGROUP_ID);
	send_level(kept, root_level(group), DOCKER_CGROUP_ID);
	e.signal.cmdline_len = 0;
	e.signal.sender_ppid = 0;
	send(kept, e);
	assert_int_equal(kept->sigkill_count, 1);
	assert_null(kept->sigkills[0].cgroup);
	assert_null(kept->sigkills[0].killer.sender.cgroup);
	assert_null(kept->sigkills[0].killer.sender.cmdline);
	assert_null(kept->sigkills[0].killer.sender.parent_comm);
	stop(kept);
}

static void test_flags(void **state)
{
	struct kept *kept = start_with(77, 0);
	union event e = signal_to(new_group(), SIGKILL, 42);

	(void)state;
	e.h.flags = SIGNAL_TO_INIT | SIGNAL_BY_KERNEL | SIGNAL_CMDLINE_CUT;
	send(kept, e);
	/* A container in the machine's own pid namespace has an init, too. */
	send(kept, signal_to(new_group(), SIGKILL, 77));
	assert_true(kept->sigkills[0].init);
	assert_true(kept->sigkills[0].killer.by_kernel);
	assert_true(kept->sigkills[0].killer.sender.cmdline_cut);
	assert_true(kept->sigkills[1].init);
	assert_false(kept->sigkills[1].killer.by_kernel);
	stop(kept);
}

static void test_stop_before(void **state)
{
	struct kept *kept = start();
	union event term = signal_to(new_group(), SIGTERM, 42);
	const struct record_stop *stop_of = &kept->sigkills[0].killer.stop;

	(void)state;
	term.h.flags = SIGNAL_IGNORED;
	send(kept, term);
	assert_int_equal(kept->sigkill_count, 0);
	kept->now_ns += 10 * SECOND - 1000;
	send(kept, signal_to(new_group(), SIGKILL, 42));
	assert_int_equal(stop_of->signal, SIGTERM);
	assert_int_equal(stop_of->before_ns, 10 * SECOND);
	assert_true(stop_of->ignored);
	assert_int_equal(stop_of->pid, 900);
	assert_string_equal(stop_of->comm, "runc");
	stop(kept);
}

/* Neither another process's, nor that of one that had the pid before, nor one of long ago. */
static void test_no_stop_before(void **state)
{
	struct kept *kept = start();
	union event other = signal_to(new_group(), SIGTERM, 42);

	(void)state;
	other.signal.start_ns = 5;
	send(kept, other);
	send(kept, signal_to(new_group(), SIGTERM, 43));
	send(kept, signal_to(new_group(), SIGKILL, 42));
	assert_int_equal(kept->sigkills[0].killer.stop.signal, 0);
	/* Nor one that came after it: events of two CPUs aren't in order. */
	kept->now_ns -= SECOND;
	send(kept, signal_to(new_group(), SIGKILL, 43));
	assert_int_equal(kept->sigkills[1].killer.stop.signal, 0);
	kept->now_ns += 3602 * SECOND;
	send(kept, signal_to(new_group(), SIGKILL, 43));
	assert_int_equal(kept->sigkills[2].killer.stop.signal, 0);
	stop(kept);
}

/* Whoever asks more processes to end than are kept is told of the latest. */
static void test_many_stops(void **state)
{
	struct kept *kept = start();

	(void)state;
	for (uint32_t pid = 1; pid <= 300; pid++)
		send(kept, signal_to(new_group(), SIGTERM, pid));
	send(kept, signal_to(new_group(), SIGKILL, 1));
	send(kept, signal_to(new_group(), SIGKILL, 300));
	assert_int_equal(kept->sigkills[0].killer.stop.signal, 0);
	assert_int_equal(kept->sigkills[1].killer.stop.signal, SIGTERM);
	stop(kept);
}

/* A process that SIGKILL didn't end has what asked it to; one that it did end has that with the sender. */
static void test_asked_to_end(void **state)
{
	struct kept *kept = start();
	union event end = gone(42, 1042), killed = gone(43, 1043);

	(void)state;
	send(kept, signal_to(new_group(), SIGTERM, 42));
	send(kept, signal_to(new_group(), SIGTERM, 43));
	end.exit.status = SIGTERM;
	send(kept, end);
	send(kept, killed);
	end.exit.start_ns = 7; /* another process with that pid */
	send(kept, end);
	assert_int_equal(kept->exit_count, 3);
	assert_int_equal(kept->exits[0].stop.signal, SIGTERM);
	assert_int_equal(kept->exits[0].stop.pid, 900);
	assert_string_equal(kept->exits[0].stop.comm, "runc");
	assert_int_equal(kept->exits[1].stop.signal, 0);
	assert_int_equal(kept->exits[2].stop.signal, 0);
	stop(kept);
}

/* What asks processes to end for want of memory is told; what they ignore isn't, nor what others send. */
static void test_memory_killer_asks(void **state)
{
	struct kept *kept = start();
	union event term = signal_to(new_group(), SIGTERM, 42);

	(void)state;
	send(kept, term);
	assert_int_equal(kept->user_kill_count, 0);
	strcpy(term.signal.sender_comm, "earlyoom");
	send(kept, term);
	assert_int_equal(kept->user_kill_count, 1);
	term.h.flags = SIGNAL_IGNORED;
	send(kept, term);
	strcpy(term.signal.sender_comm, "earlyoomer");
	term.h.flags = 0;
	send(kept, term);
	assert_int_equal(kept->user_kill_count, 1);
	/* In a container a process may be called so. */
	send_chains(kept, new_group());
	strcpy(term.signal.sender_comm, "earlyoom");
	term.signal.sender_cgroup_id = DOCKER_CGROUP_ID;
	send(kept, term);
	assert_int_equal(kept->user_kill_count, 1);
	assert_int_equal(kept->sigkill_count, 0);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_paths_are_kept),
		cmocka_unit_test(test_lost_chain),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_stop_before),
		cmocka_unit_test(test_no_stop_before),
		cmocka_unit_test(test_many_stops),
		cmocka_unit_test(test_asked_to_end),
		cmocka_unit_test(test_memory_killer_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
