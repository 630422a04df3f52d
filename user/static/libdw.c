// SPDX-License-Identifier: GPL-2.0-only
/*
 * libdw's own way to ask debuginfod servers loads a shared library at run time, which a static program
 * can't, and oomtrace asks no servers. These stand in for that file of libdw.a (debuginfod-client.c,
 * elfutils 0.178 and newer): there is no client. Linked with STATIC=1 only.
 */
#include <stddef.h>
#include <stdint.h>

int __libdwfl_debuginfod_find_executable(void *dwfl, const unsigned char *build_id, size_t len);
int __libdwfl_debuginfod_find_debuginfo(void *dwfl, const unsigned char *build_id, size_t len);
void __libdwfl_debuginfod_end(void *client);
void *dwfl_get_debuginfod_client(void *dwfl);

int __libdwfl_debuginfod_find_executable(void *dwfl, const unsigned char *build_id, size_t len)
{
	(void)dwfl, (void)build_id, (void)len;
	return -1;
}

int __libdwfl_debuginfod_find_debuginfo(void *dwfl, const unsigned char *build_id, size_t len)
{
	(void)dwfl, (void)build_id, (void)len;
	return -1;
}

void __libdwfl_debuginfod_end(void *client)
{
	(void)client;
}

void *dwfl_get_debuginfod_client(void *dwfl)
{
	(void)dwfl;
	return NULL;
}
