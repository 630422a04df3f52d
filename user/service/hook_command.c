// SPDX-License-Identifier: GPL-2.0-only
#include "service/hook_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/oom_score.h"

#define BLANK " \t"
#define PREFIX "OOMTRACE_"
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NOT_RUN 127 /* as shells have it */
#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* ---- words ---- */

/* Copies the next word, and returns what is behind it; NULL: a quote is open. */
static const char *take_word(const char *at, char *word)
{
	char quote = '\0';

	for (; *at && (quote || !strchr(BLANK, *at)); at++) {
		if (quote && *at == quote) {
			quote = '\0';
		} else if (!quote && (*at == '\'' || *at == '"')) {
			quote = *at;
		} else {
			if (*at == '\\' && quote != '\'' && at[1])
				at++;
			*word++ = *at;
		}
	}
	*word = '\0';
	return quote ? NULL : at;
}

int hook_command__split(const char *text, char ***out)
{
	char **words = calloc(strlen(text) / 2 + 2, sizeof(*words)), *word = malloc(strlen(text) + 1);
	size_t count = 0;

	while (words && word && text && *(text += strspn(text, BLANK))) {
		text = take_word(text, word);
		words[count] = text ? strdup(word) : NULL;
		if (!words[count])
			break;
		count++;
	}
	if (words && word && text && !*text && count) {
		free(word);
		*out = words;
		return 0;
	}
	free(word);
	hook_command__free(words);
	return words && text && *text ? -ENOMEM : -EINVAL;
}

void hook_command__free(char **words)
{
	for (char **word = words; word && *word; word++)
		free(*word);
	free(words);
}

static int find_at(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(path, X_OK) ? -errno : 0;
}

int hook_command__find(char *const *words)
{
	const char *folders = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(words[0], '/'))
		return find_at(words[0]);
	for (folders = folders ? folders : PATH_DEFAULT; *folders; folders += strspn(folders, ":")) {
		int len = (int)strcspn(folders, ":");

		snprintf(path, sizeof(path), "%.*s/%s", len, folders, words[0]);
		if (!find_at(path))
			return 0;
		folders += len;
	}
	return -ENOENT;
}

/* ---- environment ---- */

static bool is_setting(const char *text, size_t len)
{
	size_t name = strspn(text, NAME_CHARACTERS);

	if (strncmp(text, PREFIX, strlen(PREFIX)) != 0 || text[name] != '=')
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	}
	return true;
}

bool hook_command__is_environment(const char *strings, int size)
{
	const char *end = strings + size, *at = strings;

	while (at < end && *at) {
		size_t len = strnlen(at, (size_t)(end - at));

		if (at + len == end || !is_setting(at, len))
			return false;
		at += len + 1;
	}
	return at < end;
}

/* Only what the caller has said: what we were started with may have such names, too. */
static void set_environment(const char *strings)
{
	for (; *strings; strings += strlen(strings) + 1) {
		char name[64];
		size_t len = strcspn(strings, "=");

		if (len >= sizeof(name))
			continue;
		memcpy(name, strings, len);
		name[len] = '\0';
		setenv(name, strings + len + 1, 1);
	}
	if (!getenv("PATH"))
		setenv("PATH", PATH_DEFAULT, 1);
}

/* ---- the process ---- */

static void enter(int cgroup_fd)
{
	int fd = cgroup_fd >= 0 ? openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC) : -1;

	/* Where it can't, it stays in that of whoever started it. */
	if (fd >= 0 && write(fd, "0", 1) > 0)
		close(fd);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
}

_Noreturn void hook_command__become(const struct hook_command_start *start)
{
	static const int keep[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };

	child__die_with_parent(start->parent);
	enter(start->cgroup_fd);
	if (dup2(start->stdin_fd, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(NOT_RUN);
	child__settle("oomtrace-hook", keep, 3);
	oom_score__set(0);
	set_environment(start->environment);
	reset_signals();
	*start->started_ns = clock__ns(CLOCK_BOOTTIME);
	execvp(start->words[0], start->words);
	dprintf(STDERR_FILENO, "oomtrace: a hook can't be run: %s: %s.\n", start->words[0], strerror(errno));
	_exit(NOT_RUN);
}
