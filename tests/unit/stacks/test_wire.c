// SPDX-License-Identifier: GPL-2.0-only
/* What the processes for symbols send each other: whoever wrote an answer, a file may have taken over. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "stacks/wire.h"

static int ends[2];

static int make(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int unmake(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void packets(void **state)
{
	uint32_t words[2] = { 7, 8 }, got[2] = { 0 };
	int fd = 42;

	(void)state;
	assert_int_equal(wire__peek(ends[1], MSG_DONTWAIT), 0);
	assert_int_equal(wire__send(ends[0], words, sizeof(words), -1), 0);
	/* Looking leaves it there. */
	assert_int_equal(wire__peek(ends[1], 0), 7);
	assert_int_equal(wire__receive(ends[1], got, sizeof(got), &fd), sizeof(got));
	assert_memory_equal(got, words, sizeof(words));
	assert_int_equal(fd, -1);
	close(ends[0]);
	assert_int_equal(wire__receive(ends[1], got, sizeof(got), NULL), 0);
	assert_int_equal(wire__peek(ends[1], 0), 0);
	assert_int_equal(wire__send(ends[1], words, sizeof(words), -1), -EPIPE);
	ends[0] = dup(ends[1]);
}

static void a_descriptor(void **state)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd = -1;
	struct stat sent, received;
	char byte = 'x';

	(void)state;
	assert_int_equal(wire__send(ends[0], &byte, 1, null), 0);
	assert_int_equal(wire__receive(ends[1], &byte, 1, &fd), 1);
	assert_true(fd >= 0 && fd != null);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(null, &sent), 0);
	assert_int_equal(fstat(fd, &received), 0);
	assert_true(sent.st_ino == received.st_ino && sent.st_dev == received.st_dev);
	close(fd);
	/* Nobody wants it: it isn't left open here. */
	assert_int_equal(wire__send(ends[0], &byte, 1, null), 0);
	assert_int_equal(wire__receive(ends[1], &byte, 1, NULL), 1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	close(null);
}

/* "", then "main" at 1 and "libc" at 6. */
static struct wire_answer *new_answer(size_t *size)
{
	static const char text[] = "\0main\0libc";
	struct wire_answer *wire = calloc(1, sizeof(*wire));

	assert_non_null(wire);
	wire->number = 3;
	wire->unmapped = 1;
	wire->user_count = 2;
	wire->kernel_count = 1;
	wire->frames[0] = (struct wire_frame){ .address = 0x1000, .offset = 4, .function = 1, .module = 6 };
	wire->frames[1] = (struct wire_frame){ .address = 0x2000 };
	wire->frames[2] = (struct wire_frame){ .address = UINT64_MAX, .function = 1 };
	wire->text_len = sizeof(text);
	memcpy(wire->text, text, sizeof(text));
	*size = offsetof(struct wire_answer, text) + sizeof(text);
	return wire;
}

static void an_answer(void **state)
{
	struct symbols_answer answer = { 0 };
	size_t size;
	struct wire_answer *wire = new_answer(&size);

	(void)state;
	assert_int_equal(wire__take(wire, size, &answer), 0);
	assert_int_equal(answer.number, 3);
	assert_int_equal(answer.unmapped, 1);
	assert_int_equal(answer.user_count, 2);
	assert_int_equal(answer.kernel_count, 1);
	assert_string_equal(answer.user[0].function, "main");
	assert_string_equal(answer.user[0].module, "libc");
	assert_true(answer.user[0].address == 0x1000 && answer.user[0].offset == 4);
	assert_null(answer.user[1].function);
	assert_string_equal(answer.kernel[0].function, "main");
	/* Beyond the text is no name. */
	wire->frames[0].function = wire->text_len;
	wire->frames[0].module = UINT32_MAX;
	assert_int_equal(wire__take(wire, size, &answer), 0);
	assert_null(answer.user[0].function);
	assert_null(answer.user[0].module);
	free(wire);
}

static void answers_that_are_none(void **state)
{
	const size_t head = offsetof(struct wire_answer, text);
	struct symbols_answer answer = { .number = 77 };
	size_t size;
	struct wire_answer *wire = new_answer(&size);

	(void)state;
	for (size_t i = 0; i < size; i++)
		assert_int_equal(wire__take(wire, i, &answer), -EPIPE);
	assert_int_equal(wire__take(wire, size + 1, &answer), -EPIPE);
	assert_int_equal(wire__take(wire, sizeof(*wire) + 1, &answer), -EPIPE);
	wire->user_count = STACK_DEPTH + 1;
	assert_int_equal(wire__take(wire, size, &answer), -EPIPE);
	wire->user_count = 2;
	wire->kernel_count = UINT32_MAX;
	assert_int_equal(wire__take(wire, size, &answer), -EPIPE);
	wire->kernel_count = 1;
	/* The last string doesn't end. */
	wire->text[size - head - 1] = 'x';
	assert_int_equal(wire__take(wire, size, &answer), -EPIPE);
	assert_int_equal(answer.number, 77);
	free(wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(packets, make, unmake),
		cmocka_unit_test_setup_teardown(a_descriptor, make, unmake),
		cmocka_unit_test(an_answer),
		cmocka_unit_test(answers_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
