// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int wire__send(int socket, const void *data, size_t size, int fd)
{
	struct iovec vector = { (void *)data, size };
	union control control = {};
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	ssize_t sent;

	if (fd >= 0) {
		struct cmsghdr *header;

		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

ssize_t wire__receive(int socket, void *data, size_t size, int *fd)
{
	struct iovec vector = { data, size };
	union control control = {};
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	struct cmsghdr *header;
	ssize_t received;

	if (fd) {
		*fd = -1;
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	do
		received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return -errno;
	header = fd ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof(int));
	return received;
}

uint32_t wire__peek(int socket, int flags)
{
	uint32_t kind;
	ssize_t received;

	do
		received = recv(socket, &kind, sizeof(kind), MSG_PEEK | flags);
	while (received < 0 && errno == EINTR);
	return received == sizeof(kind) ? kind : 0;
}

static const char *text_at(const struct wire_answer *wire, uint32_t offset)
{
	return offset && offset < wire->text_len ? wire->text + offset : NULL;
}

static void take_frames(const struct wire_answer *wire, size_t first, size_t count, struct record_frame *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct wire_frame *frame = &wire->frames[first + i];

		out[i] = (struct record_frame){
			.function = text_at(wire, frame->function),
			.module = text_at(wire, frame->module),
			.address = frame->address,
			.offset = frame->offset,
		};
	}
}

int wire__take(const struct wire_answer *wire, size_t size, struct symbols_answer *answer)
{
	const size_t head = offsetof(struct wire_answer, text);

	if (size <= head || size > sizeof(*wire) || wire->text_len != size - head ||
	    wire->text[wire->text_len - 1] || wire->user_count > STACK_DEPTH ||
	    wire->kernel_count > STACK_DEPTH)
		return -EPIPE;
	answer->number = wire->number;
	answer->unmapped = wire->unmapped;
	answer->replaced = wire->replaced;
	answer->user_count = wire->user_count;
	answer->kernel_count = wire->kernel_count;
	take_frames(wire, 0, wire->user_count, answer->user);
	take_frames(wire, wire->user_count, wire->kernel_count, answer->kernel);
	return 0;
}
