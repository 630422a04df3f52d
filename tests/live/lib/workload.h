/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the workload have in common. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>

#define MIB (1UL << 20)

/* Says what failed and why (errno), and exits with 1. */
__attribute__((noreturn)) void die(const char *what);
/* Exits with 2 if the text is none. */
unsigned long number(const char *text);
void write_file(const char *path, const char *text);
/* One JSON line on who this is and what it does. */
void say(const char *role, const char *state);
/* Memory that stays until the process ends. */
void touch_anon(size_t size);
/* Until the file exists that -w has named. */
void wait_gate(void);
/* Says that all memory is held, and waits to be killed. */
__attribute__((noreturn)) void hold(const char *role);
/* Waits until the worker at the other end of the pipe holds its memory, or is gone. */
void wait_worker(int fd);
/* Takes memory, writes a byte into the pipe, and waits to be killed. */
__attribute__((noreturn)) void pool_worker(size_t size, int done);

/* The commands of the other files; main() has seen to it that there are arguments enough. */
int run_zombie_leader(int argc, char **argv);
int run_share_mm(int argc, char **argv);
int run_init(int argc, char **argv);
int run_exiting(int argc, char **argv);
int run_lineage(int argc, char **argv);
int run_kmsg(int argc, char **argv);

#endif
