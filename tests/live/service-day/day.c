// SPDX-License-Identifier: GPL-2.0-only
/*
 * day TOP CONTAINERS KILLS SEED [STOP [PAUSE_MS]]
 *
 * A day of a machine with containers, in fast motion: cgroups below TOP that come, are killed at their limit, restart
 * and go, up to CONTAINERS at once, until the kernel has killed in them KILLS times, or the file STOP is there. It
 * waits PAUSE_MS after each step. On stdout it prints "kills N" each twentieth of KILLS, and at the end what there was,
 * as a line of JSON.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROOM 500
#define AT_ONCE 4
#define MIB (1UL << 20)

struct container {
	bool there;
	char id[65];
	pid_t init;
	int socket;
	unsigned long max, kills; /* kills: of this cgroup, as counted so far */
};

static struct container containers[ROOM];
static const char *top;
static unsigned long created, restarted, gone, kills, ends, changed;

static void die(const char *what)
{
	fprintf(stderr, "day: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long pick(unsigned long below)
{
	return below ? (unsigned long)random() % below : 0;
}

/* ---- in the container ---- */

static _Noreturn void grow(void)
{
	for (;;) {
		char *at = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			_exit(3);
		for (size_t i = 0; i < MIB; i += 4096)
			*(volatile char *)(at + i) = 1;
	}
}

static void enter(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

/* g: grows until it is killed. w: lets a worker grow. x: ends. */
static _Noreturn void init_main(int socket, const char *procs, unsigned number)
{
	char name[16], word;

	snprintf(name, sizeof(name), "app-%u", number);
	prctl(PR_SET_NAME, name);
	enter(procs);
	if (write(socket, "r", 1) != 1)
		_exit(3);
	while (read(socket, &word, 1) == 1 && word != 'x') {
		pid_t worker;

		if (word == 'g')
			grow();
		worker = fork();
		if (!worker) {
			prctl(PR_SET_NAME, "worker");
			grow();
		}
		waitpid(worker, NULL, 0);
		if (write(socket, "d", 1) != 1)
			break;
	}
	_exit(0);
}

/* ---- outside ---- */

static void path_of(char path[512], const struct container *c, const char *file)
{
	snprintf(path, 512, "%s/%s%s%s", top, c->id, *file ? "/" : "", file);
}

static void put(const struct container *c, const char *file, unsigned long value)
{
	char path[512], text[32];
	int fd, len = snprintf(text, sizeof(text), "%lu", value);

	path_of(path, c, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, len) != len)
		die(path);
	close(fd);
}

/* The number behind `key`, or that of the whole file. */
static unsigned long get(const struct container *c, const char *file, const char *key)
{
	char path[512], text[1024] = "";
	const char *at;
	int fd;

	path_of(path, c, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die(path);
	close(fd);
	at = strstr(text, key);
	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

static void start(struct container *c)
{
	static unsigned number;
	char path[512], ready;
	int pair[2];

	path_of(path, c, "");
	if (mkdir(path, 0755) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die(path);
	c->max = (4 + pick(9)) * MIB;
	put(c, "memory.max", c->max);
	if (!pick(8))
		put(c, "memory.oom.group", 1);
	path_of(path, c, "cgroup.procs");
	c->init = fork();
	if (!c->init) {
		close(pair[0]);
		for (size_t i = 0; i < ROOM; i++) {
			if (containers[i].there)
				close(containers[i].socket);
		}
		init_main(pair[1], path, number);
	}
	number++;
	close(pair[1]);
	c->socket = pair[0];
	c->kills = 0;
	if (c->init < 0 || read(c->socket, &ready, 1) != 1)
		die("a container");
	c->there = true;
}

static void make(struct container *c)
{
	for (size_t i = 0; i < 64; i++)
		c->id[i] = "0123456789abcdef"[pick(16)];
	start(c);
	created++;
}

static void count(struct container *c)
{
	unsigned long now = get(c, "memory.events", "oom_kill ");

	kills += now - c->kills;
	c->kills = now;
}

/* It is over: its cgroup goes, with its limit as it was set. */
static void take_away(struct container *c)
{
	char path[512];

	close(c->socket);
	waitpid(c->init, NULL, 0);
	count(c);
	changed += get(c, "memory.max", "") != c->max;
	path_of(path, c, "");
	for (int i = 0; rmdir(path); i++) {
		if (errno != EBUSY || i > 10000)
			die(path);
		usleep(1000);
	}
	c->there = false;
	ends++;
}

static void say(struct container *c, char word)
{
	if (write(c->socket, &word, 1) != 1)
		die("a container doesn't listen");
}

/* Its worker was killed, or the container with it. */
static void after_worker(struct container *c)
{
	char word;

	if (read(c->socket, &word, 1) == 1)
		count(c);
	else
		take_away(c);
}

static void after_kill(struct container *c)
{
	take_away(c);
	if (pick(2)) {
		start(c);
		restarted++;
	} else {
		gone++;
	}
}

/* Some of them at once. */
static void kill_some(size_t room)
{
	struct container *some[AT_ONCE];
	char words[AT_ONCE];
	size_t count = 0;

	for (size_t i = 0, want = 1 + pick(AT_ONCE); i < want; i++) {
		struct container *c = &containers[pick(room)];
		bool new = c->there;

		for (size_t n = 0; n < count; n++)
			new = new &&some[n] != c;
		if (new) {
			words[count] = pick(3) ? 'g' : 'w';
			some[count++] = c;
		}
	}
	for (size_t i = 0; i < count; i++)
		say(some[i], words[i]);
	for (size_t i = 0; i < count; i++)
		words[i] == 'g' ? after_kill(some[i]) : after_worker(some[i]);
}

static void go_on(size_t room)
{
	struct container *c = &containers[pick(room)];

	if (!c->there) {
		make(c);
	} else if (!pick(4)) {
		say(c, 'x');
		take_away(c);
		gone++;
	} else {
		kill_some(room);
	}
}

int main(int argc, char **argv)
{
	unsigned long want, told = 0;
	useconds_t pause_us;
	size_t room;

	if (argc < 5)
		return 2;
	top = argv[1];
	room = strtoul(argv[2], NULL, 10);
	room = room < ROOM ? room : ROOM;
	want = strtoul(argv[3], NULL, 10);
	pause_us = argc > 6 ? (useconds_t)strtoul(argv[6], NULL, 10) * 1000 : 0;
	srandom((unsigned)strtoul(argv[4], NULL, 10));
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < room; i++)
		make(&containers[i]);
	while (kills < want && !(argc > 5 && !access(argv[5], F_OK))) {
		go_on(room);
		usleep(pause_us);
		if (kills / (want / 20 + 1) > told) {
			told = kills / (want / 20 + 1);
			printf("kills %lu\n", kills);
			fflush(stdout);
		}
	}
	for (size_t i = 0; i < room; i++) {
		if (containers[i].there) {
			say(&containers[i], 'x');
			take_away(&containers[i]);
		}
	}
	printf("{\"kills\":%lu,\"created\":%lu,\"restarted\":%lu,\"gone\":%lu,\"ends\":%lu,\"limits_changed\":%lu}\n",
	       kills, created, restarted, gone, ends, changed);
	return 0;
}
