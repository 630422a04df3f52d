// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> an answer, as a helper that a file has taken over could send it; and bytes -> questions and
 * mappings, whose answers have to be good ones.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stacks/wire.h"

#define PACKETS_MAX 16
#define QUESTIONS_MAX 3 /* the socket holds their answers */

static const char kallsyms[] = "ffffffff81000000 T _stext\nffffffff81000100 t do_it\n"
			       "ffffffffc0000000 t in_module\t[ext4]\nffffffffc0000100 t bpf_prog_1\t[bpf]\n";

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_frames(const struct wire_answer *wire, const struct record_frame *frames, size_t count)
{
	const char *end = wire->text + wire->text_len;

	for (size_t i = 0; i < count; i++) {
		const char *texts[] = { frames[i].function, frames[i].module };

		for (int n = 0; n < 2; n++) {
			require(!texts[n] || (texts[n] > wire->text && texts[n] < end &&
					      strlen(texts[n]) < (size_t)(end - texts[n])));
		}
	}
}

/* Returns whether it was taken. */
static int take(const void *bytes, size_t size)
{
	static struct symbols_answer answer;
	struct wire_answer *wire = malloc(size ? size : 1); /* exactly: ASan sees a read beyond */
	int good;

	require(wire != NULL);
	memcpy(wire, bytes, size);
	good = !wire__take(wire, size, &answer);
	if (good) {
		check_frames(wire, answer.user, answer.user_count);
		check_frames(wire, answer.kernel, answer.kernel_count);
	}
	free(wire);
	return good;
}

/* Any bytes behind any beginning of an answer that fits them. */
static void take_fitted(const uint8_t *data, size_t size)
{
	static struct wire_answer wire;
	const size_t head = offsetof(struct wire_answer, text);
	size_t total = size < sizeof(wire) ? size : sizeof(wire);

	memset(&wire, 0, sizeof(wire));
	memcpy(&wire, data, total);
	if (total <= head)
		total = head + 1;
	wire.text_len = (uint32_t)(total - head);
	wire.text[wire.text_len - 1] = '\0';
	wire.user_count %= STACK_DEPTH + 1;
	wire.kernel_count %= STACK_DEPTH + 1;
	require(take(&wire, total));
}

/* As the process that looks at others sends it: that one is not taken over. */
static void make_message(const uint8_t *data, size_t size, struct wire_message *message)
{
	static const uint32_t kinds[] = { WIRE_BEGIN, WIRE_MAPPING, WIRE_STACK, 0 };

	memset(message, 0, sizeof(*message));
	memcpy(&message->process, data + 1, size - 1);
	message->kind = kinds[data[0] % 4];
	message->number = data[0];
	if (message->kind == WIRE_MAPPING) {
		message->mapping.path[MAPPING_PATH_SIZE - 1] = '\0';
		memset(&message->mapping.is_file, data[0] >> 7, 1);
	} else if (message->kind == WIRE_STACK && data[0] >> 7) {
		message->stack.user_count %= STACK_DEPTH + 1;
		message->stack.kernel_count %= STACK_DEPTH + 1;
	}
}

/* Each packet has its length before it. Returns how many are questions. */
static int send_packets(int socket, const uint8_t *data, size_t size)
{
	static struct wire_message message;
	const size_t max = 1 + sizeof(message) - offsetof(struct wire_message, process);
	int questions = 0;

	for (int i = 0; i < PACKETS_MAX && size > 3 && questions < QUESTIONS_MAX; i++) {
		size_t len = 1 + (data[0] | data[1] << 8) % max;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		make_message(data, len, &message);
		questions += message.kind == WIRE_STACK;
		require(!wire__send(socket, &message, sizeof(message), -1));
		data += len;
		size -= len;
	}
	return questions;
}

static void ask(const uint8_t *data, size_t size)
{
	static struct wire_answer wire;
	int in[2], out[2], buffer = 1 << 20, questions, kallsyms_fd = memfd_create("kallsyms", MFD_CLOEXEC);
	ssize_t received;

	require(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, in) && !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, out));
	setsockopt(in[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	require(write(kallsyms_fd, kallsyms, sizeof(kallsyms) - 1) == sizeof(kallsyms) - 1);
	questions = send_packets(in[0], data, size);
	shutdown(in[0], SHUT_WR);
	names_process__run(in[1], out[0], kallsyms_fd, NULL);
	close(out[0]);
	while ((received = wire__receive(out[1], &wire, sizeof(wire), NULL)) > 0) {
		require(take(&wire, (size_t)received));
		questions--;
	}
	require(questions >= 0);
	close(in[0]);
	close(in[1]);
	close(out[1]);
	close(kallsyms_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] & 1) {
		ask(data + 1, size - 1);
	} else {
		take(data + 1, size - 1);
		take_fitted(data + 1, size - 1);
	}
	return 0;
}
