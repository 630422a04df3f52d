// SPDX-License-Identifier: GPL-2.0-only
/*
 * The algorithm of Wu and Manber. The last two bytes of a window of eight say over how many bytes no word
 * can begin, so most bytes are never looked at.
 */
#include "kmsg/search.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/array.h"

static const char *const words[] = {
	"oom-kill",	  /* "invoked oom-killer", "oom-kill:constraint=" */
	"Killed process", /* of every kernel */
	"Kill process",
	"oom_reaper:",
	"oom.group set",
	"OOM victim",
	"killable processes",
	"Task in /",
	"as a result of limit of",
	"memory: usage",
	"Memory cgroup stats for",
	"Tasks state",
	"total_vm",
	"Kernel panic",
	"Linux version",
	"callbacks suppressed",
	"OOM execution",
	"earlyoom",
	"systemd-oomd",
	"lowmemorykiller",
	"g SIGKILL to",
	"g SIGTERM to",
	"Memory limit reached",
};

#define HASHES 4096

static unsigned char shifts[HASHES];
static bool ready;

static unsigned int hash(const unsigned char *p)
{
	return (p[0] ^ (unsigned int)p[1] << 4) & (HASHES - 1);
}

static void prepare(void)
{
	memset(shifts, SEARCH__LENGTH - 1, sizeof(shifts));
	for (size_t w = 0; w < ARRAY_SIZE(words); w++)
		for (unsigned int i = 0; i + 1 < SEARCH__LENGTH; i++) {
			unsigned char *shift = &shifts[hash((const unsigned char *)words[w] + i)];
			unsigned char most = SEARCH__LENGTH - 2 - i;

			if (*shift > most)
				*shift = most;
		}
	ready = true;
}

static bool is_word(const char *p)
{
	for (size_t w = 0; w < ARRAY_SIZE(words); w++)
		if (!memcmp(p, words[w], SEARCH__LENGTH))
			return true;
	return false;
}

const char *search__find(const char *text, size_t len)
{
	size_t at = 0;

	if (!ready)
		prepare();
	while (at + SEARCH__LENGTH <= len) {
		unsigned int shift = shifts[hash((const unsigned char *)text + at + SEARCH__LENGTH - 2)];

		if (!shift && is_word(text + at))
			return text + at;
		at += shift ? shift : 1;
	}
	return NULL;
}
