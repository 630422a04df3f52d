/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of a fixed size with one file descriptor, between processes of ours, by a socket that keeps them apart. */
#ifndef OOMTRACE_FD_MESSAGE_H
#define OOMTRACE_FD_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/* Never waits. fd < 0: there is none; it stays the caller's. Returns 0 or a negative errno. */
int fd_message__send(int socket, const void *data, size_t size, int fd);

/*
 * Returns as recvmsg(2) does, of at most `size` bytes, with these flags. *fd, -1 without one, is the caller's, whatever
 * the message is worth.
 */
ssize_t fd_message__receive(int socket, void *data, size_t size, int flags, int *fd);

#endif
