// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/words.h"

#include "base/array.h"

/* docs/glossary.md has those of the text, too. */
static const struct {
	const char *word, *meaning;
} words[] = {
	{ "run of the OOM killer",
	  "the kernel ran out of memory, or a cgroup had used up its limit, and the kernel "
	  "looked for a process to kill: it killed one, several or none" },
	{ "limit, memory.max",
	  "how much memory a cgroup may use; its processes and those of cgroups below it count" },
	{ "anonymous", "a process’s own data, as opposed to pages of files" },
	{ "first process (init)",
	  "the process with pid 1 inside of a container: when it ends, the container ends" },
	{ "score", "the kernel’s measure for the choice: the process’s pages, and its oom_score_adj" },
	{ "oom_score_adj", "what somebody added to the score, from -1000 (never kill it) to 1000" },
	{ "memory needed by",
	  "the process that asked for memory when there was none: the kernel often kills another" },
	{ "GFP_KERNEL, order 0",
	  "what kind of memory it asked for, and how much: 2 to the power of the order pages" },
	{ "reclaim", "the kernel’s attempts to free memory before it kills" },
	{ "killed inside, killed after",
	  "by the write of a limit itself, and by others at that limit after the write" },
	{ "first kill after", "the time from the beginning of the write to its first kill" },
	{ "marked until exit", "the time from the SIGKILL until the process had ended" },
	{ "other",
	  "usage minus all kinds: what tasks have reserved and not used yet, and what the kernel doesn’t count "
	  "by kind" },
	{ "memory.high", "a limit at which the kernel makes tasks wait, and kills nothing" },
};

void html_words__put(FILE *out)
{
	fputs("<details class=\"words\"><summary>What the words mean</summary><dl>", out);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		fprintf(out, "<dt>%s</dt><dd>%s</dd>", words[i].word, words[i].meaning);
	fputs("</dl></details>\n", out);
}
