/* SPDX-License-Identifier: GPL-2.0-only */
/* Which machine this is, and which of its boots: so that recordings of many machines can lie in one folder. */
#ifndef OOMTRACE_IDENTITY_H
#define OOMTRACE_IDENTITY_H

#define IDENTITY__SIZE 37 /* of a UUID with its dashes */

/* The kernel's random id of this boot, as proc(5) has it. Returns 0 or a negative errno. */
int identity__boot(char id[IDENTITY__SIZE]);

/* The id of /etc/machine-id, 32 hex digits (machine-id(5)). Returns 0 or a negative errno; -EBADMSG: it isn't set up. */
int identity__machine(char id[IDENTITY__SIZE]);

#endif
