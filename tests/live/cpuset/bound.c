// SPDX-License-Identifier: GPL-2.0-only
/* bound NODE COMMAND...: the command may have memory of this node alone, by a memory policy of its own. */
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long nodes = argc > 2 ? 1UL << atoi(argv[1]) : 0;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes))) {
		perror("set_mempolicy");
		return 1;
	}
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
