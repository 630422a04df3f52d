// SPDX-License-Identifier: GPL-2.0-only
#include "commands/no_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "service/store_folder.h"

void no_store__tell(const char *folder, int err, const char *command)
{
	if (err == -ENOENT && !strcmp(folder, STORE_FOLDER)) {
		fputs("oomtrace: there is no " STORE_FOLDER
		      ", where 'oomtrace service' keeps incidents unless --store or its configuration names "
		      "another folder.\n"
		      "'oomtrace report' shows what this machine's kernel log has of kills until now.\n"
		      "'systemctl enable --now oomtrace' keeps those to come. Recordings elsewhere: "
		      "'oomtrace list DIR'.\n",
		      stderr);
		return;
	}
	fprintf(stderr, "oomtrace: %s can't be read: %s.%s%s%s\n", escape__shown(folder), strerror(-err),
		err == -EACCES ? " Run it as root: sudo oomtrace " : "", err == -EACCES ? command : "",
		err == -EACCES ? " ..." : "");
}
