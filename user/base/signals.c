// SPDX-License-Identifier: GPL-2.0-only
#include "base/signals.h"

#include <signal.h>
#include <stddef.h>

void signals__set_up(void)
{
	sigset_t none;

	/* A reader that goes away is an error of writing, and so is ulimit -f: no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Where it is ignored the kernel takes dead children away, and says nothing of them. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void signals__heed_ends(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}
