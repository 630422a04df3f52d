// SPDX-License-Identifier: GPL-2.0-only
/* Packed files, whole and broken: a recording may come from anywhere. */
#include <errno.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/input.h"

#define PLAIN_SIZE (300U << 10) /* more than a buffer */
#define PACKED_SIZE (400U << 10)

static char *plain;

struct packed {
	unsigned char bytes[PACKED_SIZE];
	size_t size;
};

typedef void (*pack_fn)(struct packed *out, const char *data, size_t size);

static void pack_none(struct packed *out, const char *data, size_t size)
{
	memcpy(out->bytes + out->size, data, size);
	out->size += size;
}

static void pack_gzip(struct packed *out, const char *data, size_t size)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)data;
	z.avail_in = (unsigned int)size;
	z.next_out = out->bytes + out->size;
	z.avail_out = (unsigned int)(PACKED_SIZE - out->size);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->size = PACKED_SIZE - z.avail_out;
	deflateEnd(&z);
}

static void pack_xz(struct packed *out, const char *data, size_t size)
{
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, (const uint8_t *)data, size,
						 out->bytes, &out->size, PACKED_SIZE),
			 LZMA_OK);
}

/* With a checksum, as zstd(1) writes it. */
static void pack_zstd(struct packed *out, const char *data, size_t size)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t n;

	assert_non_null(zstd);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(zstd, out->bytes + out->size, PACKED_SIZE - out->size, data, size);
	assert_false(ZSTD_isError(n));
	out->size += n;
	ZSTD_freeCCtx(zstd);
}

static const pack_fn packers[] = { pack_none, pack_gzip, pack_xz, pack_zstd };

#define PACKERS ARRAY_SIZE(packers)

/* A file of these bytes, to be read from its beginning. */
static int file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Reads all, in pieces of `step`. Returns how many bytes there were, or the error. */
static ssize_t read_all(int fd, size_t step, char *out, size_t room)
{
	struct input *input = input__new(fd);
	size_t used = 0;
	ssize_t n;

	assert_non_null(input);
	while ((n = input__read(input, out + used, step < room - used ? step : room - used)) > 0)
		used += (size_t)n;
	/* The end stays the end. */
	if (!n)
		assert_int_equal(input__read(input, out, 1), 0);
	input__free(input);
	if (fd >= 0)
		close(fd);
	return n ? n : (ssize_t)used;
}

static void whole_files(void **state)
{
	static struct packed packed;
	char *got = malloc(PLAIN_SIZE + 1);

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		packed.size = 0;
		packers[i](&packed, plain, PLAIN_SIZE);
		for (size_t step = 1000; step <= PLAIN_SIZE + 1; step += PLAIN_SIZE) {
			assert_int_equal(read_all(file_of(packed.bytes, packed.size), step, got,
						  PLAIN_SIZE + 1),
					 PLAIN_SIZE);
			assert_memory_equal(got, plain, PLAIN_SIZE);
		}
	}
	free(got);
}

/* As of log files that were put behind each other: cat a.gz b.gz. */
static void joined_files(void **state)
{
	static struct packed packed;
	char got[16];

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		packed.size = 0;
		packers[i](&packed, "one", 3);
		packers[i](&packed, "two", 3);
		assert_int_equal(read_all(file_of(packed.bytes, packed.size), sizeof(got), got, sizeof(got)),
				 6);
		assert_memory_equal(got, "onetwo", 6);
	}
}

/* Cut off anywhere: it must not pass for a whole file. */
static void cut_files(void **state)
{
	static struct packed packed;
	char got[2000];

	(void)state;
	for (size_t i = 1; i < PACKERS; i++) {
		packed.size = 0;
		packers[i](&packed, plain, 1000);
		for (size_t size = 6; size < packed.size; size++)
			assert_int_equal(read_all(file_of(packed.bytes, size), 100, got, sizeof(got)),
					 -EBADMSG);
	}
}

static void broken_files(void **state)
{
	static struct packed packed;
	char got[2000];

	(void)state;
	for (size_t i = 1; i < PACKERS; i++) {
		packed.size = 0;
		packers[i](&packed, plain, 1000);
		memset(packed.bytes + 12, 0xa5, packed.size - 12);
		assert_int_equal(read_all(file_of(packed.bytes, packed.size), 100, got, sizeof(got)),
				 -EBADMSG);
	}
}

/* A few bytes that begin like a packed file, and none at all. */
static void short_files(void **state)
{
	char got[16];

	(void)state;
	assert_int_equal(read_all(file_of("", 0), 16, got, sizeof(got)), 0);
	assert_int_equal(read_all(file_of("\x1f", 1), 16, got, sizeof(got)), 1);
	assert_int_equal(read_all(file_of("\xfd"
					  "7zXZ",
					  5),
				  16, got, sizeof(got)),
			 5);
	assert_memory_equal(got,
			    "\xfd"
			    "7zXZ",
			    5);
	assert_int_equal(read_all(file_of("\x1f\x8b", 2), 16, got, sizeof(got)), -EBADMSG);
}

/* What was looked at is still there to be read. */
static void looked_at(void **state)
{
	static struct packed packed;
	char got[16] = "";
	const char *data = NULL;
	struct input *input;
	int fd;

	(void)state;
	pack_gzip(&packed, "{\"type\":1}", 10);
	fd = file_of(packed.bytes, packed.size);
	input = input__new(fd);
	assert_int_equal(input__peek(input, &data), 10);
	assert_memory_equal(data, "{\"type\":1}", 10);
	assert_int_equal(input__read(input, got, 4), 4);
	assert_int_equal(input__peek(input, &data), 6);
	assert_int_equal(input__read(input, got + 4, sizeof(got) - 4), 6);
	assert_memory_equal(got, "{\"type\":1}", 10);
	assert_int_equal(input__peek(input, &data), 0);
	input__free(input);
	close(fd);
}

static void no_file(void **state)
{
	char got[16];

	(void)state;
	assert_int_equal(read_all(-1, 16, got, sizeof(got)), -EBADF);
}

/* Bytes that don't pack well, the same in each run. */
static int make(void **state)
{
	uint32_t x = 1;

	(void)state;
	plain = malloc(PLAIN_SIZE);
	for (size_t i = 0; i < PLAIN_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (char)(x >> 24);
	}
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	free(plain);
	return 0;
}

/* All up to a bound, of what is packed and of what it unpacks to, and no byte more. */
static void limited(void **state)
{
	static char out[PLAIN_SIZE];

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		static struct packed packed;

		for (uint64_t less = 0; less < 2; less++) {
			ssize_t got, size = 0;
			struct input *input;
			int fd;

			packed.size = 0;
			packers[i](&packed, plain, PLAIN_SIZE);
			fd = file_of(packed.bytes, packed.size);
			input = input__new(fd);
			assert_non_null(input);
			input__limit(input, (packed.size > PLAIN_SIZE ? packed.size : PLAIN_SIZE) - less);
			while ((got = input__read(input, out, sizeof(out))) > 0)
				size += got;
			assert_int_equal(got, less ? -EOVERFLOW : 0);
			assert_true(less ? size < PLAIN_SIZE : size == PLAIN_SIZE);
			input__free(input);
			close(fd);
		}
	}
}

/* Frames of zstd of which nothing is unpacked count, too. */
static void limited_without_bytes(void **state)
{
	static const unsigned char skipped[] = { 0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0 };
	static struct packed packed;
	struct input *input;
	char out[64];
	int fd;

	(void)state;
	packed.size = 0;
	pack_zstd(&packed, "a", 1);
	for (size_t i = 0; i < 10000; i++)
		pack_none(&packed, (const char *)skipped, sizeof(skipped));
	fd = file_of(packed.bytes, packed.size);
	input = input__new(fd);
	assert_non_null(input);
	input__limit(input, 10000);
	assert_int_equal(input__read(input, out, sizeof(out)), -EOVERFLOW);
	input__free(input);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_files),
		cmocka_unit_test(joined_files),
		cmocka_unit_test(cut_files),
		cmocka_unit_test(broken_files),
		cmocka_unit_test(short_files),
		cmocka_unit_test(looked_at),
		cmocka_unit_test(no_file),
		cmocka_unit_test(limited),
		cmocka_unit_test(limited_without_bytes),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
