// SPDX-License-Identifier: GPL-2.0-only
/*
 * startup [-s] [-f FUNCTION] COMMAND...: how long a tracer takes from exec to attached, and how much
 * memory it then has. Prints "ATTACHED_NS LINKS RSS_KIB RSS_ANON_KIB LAST_NS".
 *
 * Attached is when the kernel shows the last of its BPF links; nothing of the tracer's output or
 * inside is needed, so it means the same for each. For a tracer that attaches without links
 * (bpftrace) -f names a function: attached is when ftrace has it enabled. Polling never sleeps, and
 * is SCHED_IDLE: on one CPU the tracer runs as if it were alone. What it does between its last
 * attach and its first wait is counted then, for each.
 *
 * -s: the tracer says when it is attached, by its first output, and attaches more afterwards, until LAST_NS. Whoever
 * waits for that output must run at once, before the tracer goes on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SETTLED_NS 1000000000LL /* no further link for so long: it was the last */
#define TIMEOUT_NS 60000000000LL

static pid_t tracer;
static int output[2] = { -1, -1 }; /* the tracer's, with -s */
static long long said_ns;

static void die(const char *what)
{
	fprintf(stderr, "startup: %s: %s\n", what, errno ? strerror(errno) : "failed");
	if (tracer > 0)
		kill(tracer, SIGKILL);
	exit(1);
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The id of the link after `id`; 0: there is none. */
static __u32 next_link(__u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = id;
	if (!syscall(SYS_bpf, BPF_LINK_GET_NEXT_ID, &attr, sizeof(attr)))
		return attr.next_id;
	if (errno != ENOENT)
		die("BPF_LINK_GET_NEXT_ID");
	return 0;
}

/* A link gets its id before it is attached, and can be opened by it afterwards only. */
static bool is_attached(__u32 id)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.link_id = id;
	fd = syscall(SYS_bpf, BPF_LINK_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0 && errno != EAGAIN && errno != ENOENT)
		die("BPF_LINK_GET_FD_BY_ID");
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool is_enabled(const char *function)
{
	FILE *file = fopen("/sys/kernel/tracing/enabled_functions", "r");
	size_t len = strlen(function);
	char line[512];
	bool found = false;

	if (!file)
		die("enabled_functions");
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, function, len) && line[len] == ' ';
	fclose(file);
	return found;
}

static long status_kib(const char *key)
{
	char path[64], line[256];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tracer);
	file = fopen(path, "r");
	if (!file)
		die(path);
	while (kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			kib = strtol(line + strlen(key), NULL, 10);
	fclose(file);
	return kib;
}

static void start(char **command)
{
	tracer = fork();
	if (tracer < 0)
		die("fork");
	if (tracer)
		return;
	if (output[1] >= 0 ? dup2(output[1], STDOUT_FILENO) < 0 : !freopen("/dev/null", "w", stdout))
		_exit(126);
	execv(command[0], command);
	_exit(127);
}

static void *wait_output(void *arg)
{
	char bytes[4096];

	(void)arg;
	while (read(output[0], bytes, sizeof(bytes)) > 0) {
		if (!said_ns)
			said_ns = now_ns();
	}
	return NULL;
}

static void listen_to_output(void)
{
	const struct sched_param high = { .sched_priority = 50 };
	pthread_t thread;

	if (pipe2(output, O_CLOEXEC))
		die("pipe");
	errno = pthread_create(&thread, NULL, wait_output, NULL);
	if (!errno)
		errno = pthread_setschedparam(thread, SCHED_FIFO, &high);
	if (errno)
		die("a thread");
}

int main(int argc, char **argv)
{
	const char *function = NULL;
	struct sched_param idle = { 0 };
	long long start_ns, attached_ns = 0, t;
	__u32 last = 0, id;
	int links = 0;

	if (argc > 1 && !strcmp(argv[1], "-s")) {
		listen_to_output();
		argv++;
		argc--;
	}
	if (argc > 2 && !strcmp(argv[1], "-f")) {
		function = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: startup [-s] [-f FUNCTION] COMMAND...\n");
		return 2;
	}
	while ((id = next_link(last)))
		last = id;
	start_ns = now_ns();
	start(argv + 1);
	if (sched_setscheduler(0, SCHED_IDLE, &idle))
		die("SCHED_IDLE");
	for (;;) {
		bool attached = false;

		if (function) {
			attached = !attached_ns && is_enabled(function);
		} else if ((id = next_link(last)) && is_attached(id)) {
			last = id;
			attached = true;
		}
		t = now_ns();
		if (attached) {
			attached_ns = t;
			links++;
		}
		if (attached_ns && t - attached_ns >= SETTLED_NS)
			break;
		errno = 0;
		if (t - start_ns > TIMEOUT_NS)
			die("waiting for it to attach");
		if (waitpid(tracer, NULL, WNOHANG) == tracer) {
			tracer = 0;
			die("the tracer");
		}
	}
	printf("%lld %d %ld %ld %lld\n", (said_ns ?: attached_ns) - start_ns, links, status_kib("VmRSS:"),
	       status_kib("RssAnon:"), attached_ns - start_ns);
	kill(tracer, SIGINT);
	waitpid(tracer, NULL, 0);
	return 0;
}
