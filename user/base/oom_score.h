/* SPDX-License-Identifier: GPL-2.0-only */
/* How eagerly the kernel's OOM killer picks a process of ours: /proc/self/oom_score_adj (proc(5)). */
#ifndef OOMTRACE_OOM_SCORE_H
#define OOMTRACE_OOM_SCORE_H

#define OOM_SCORE__NEVER (-1000)
#define OOM_SCORE__LATE (-500)
/*
 * For helpers that can be done without. They are small, so that the kernel hardly picks one; a value above
 * would make it the victim in place of the program that fills the memory, and oomtrace change what it shows.
 */
#define OOM_SCORE__NEUTRAL 0

/*
 * Sets this process's value, which its children inherit. Returns 0 or a negative errno; -EACCES: lowering it
 * takes CAP_SYS_RESOURCE.
 */
int oom_score__set(int value);

/*
 * For a process that must report an OOM. It inherited its value (a systemd user session gives 200), and a high
 * value would make it the first victim. Lowers the value to OOM_SCORE__LATE or, where that isn't allowed, to
 * OOM_SCORE__NEUTRAL.
 */
void oom_score__protect(void);

#endif
