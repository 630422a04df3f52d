// SPDX-License-Identifier: GPL-2.0-only
#include "record/record.h"

#include <sys/wait.h>

const struct record_victim *record__first_killed(const struct record_oom *oom)
{
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].role != ROLE_EXITING)
			return &oom->victims[i];
	}
	return NULL;
}

bool record__kills_untold(const struct record_oom *oom)
{
	return oom->missing ||
	       (!oom->victim_count && oom->outcome != OOM_NO_VICTIM && oom->outcome != OOM_EXITING);
}

bool record__ended_by_oom(const struct record_exit *exit)
{
	return exit->oom_victim || (exit->killer && exit->killer->way == KILL_WAY_OOM_KILLER);
}

int record__exit_code(uint32_t status)
{
	return WIFSIGNALED((int)status) ? 128 + WTERMSIG((int)status) : WEXITSTATUS((int)status);
}
