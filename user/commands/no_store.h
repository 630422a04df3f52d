/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_NO_STORE_H
#define OOMTRACE_NO_STORE_H

/* Says on stderr why a folder of incidents can't be read (err: negative errno), and what helps; command: that is run. */
void no_store__tell(const char *folder, int err, const char *command);

#endif
