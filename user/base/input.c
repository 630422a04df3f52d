// SPDX-License-Identifier: GPL-2.0-only
#include "base/input.h"

#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define RAW_SIZE (64U << 10)
#define PEEK_SIZE (64U << 10)
/* A file that needs more is not unpacked: 2^27 bytes is what the tools themselves pack with at most. */
#define MEMORY_MAX (160U << 20)
#define ZSTD_WINDOW_LOG_MAX 27

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_XZ, PACKING_ZSTD };

struct input {
	int fd;
	enum packing packing;
	bool raw_ended, ended;
	unsigned char raw[RAW_SIZE];
	size_t raw_start, raw_end;
	char peeked[PEEK_SIZE];
	size_t peek_start, peek_end;
	z_stream gzip;
	lzma_stream xz;
	ZSTD_DCtx *zstd;
	bool in_frame;		   /* of zstd: what there is of it isn't all */
	uint64_t raw_bytes, bytes; /* read so far, and unpacked from them */
	uint64_t max_bytes;	   /* of either */
	void (*watch)(void *ctx, uint64_t bytes);
	void *watch_ctx;
};

struct input *input__new(int fd)
{
	struct input *input = calloc(1, sizeof(*input));

	if (!input)
		return NULL;
	input->fd = fd;
	input->max_bytes = UINT64_MAX;
	input->xz = (lzma_stream)LZMA_STREAM_INIT;
	return input;
}

void input__watch(struct input *input, void (*watch)(void *ctx, uint64_t bytes), void *ctx)
{
	input->watch = watch;
	input->watch_ctx = ctx;
}

void input__limit(struct input *input, uint64_t max_bytes)
{
	input->max_bytes = max_bytes;
}

void input__free(struct input *input)
{
	if (!input)
		return;
	if (input->packing == PACKING_GZIP)
		inflateEnd(&input->gzip);
	lzma_end(&input->xz);
	ZSTD_freeDCtx(input->zstd);
	free(input);
}

/* Reads more of the file. Returns 0 or a negative errno. */
static int fill(struct input *input)
{
	ssize_t got;

	if (input->raw_start) {
		memmove(input->raw, input->raw + input->raw_start, input->raw_end - input->raw_start);
		input->raw_end -= input->raw_start;
		input->raw_start = 0;
	}
	if (input->raw_ended || input->raw_end == RAW_SIZE)
		return 0;
	do
		got = read(input->fd, input->raw + input->raw_end, RAW_SIZE - input->raw_end);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	input->raw_ended = !got;
	input->raw_end += (size_t)got;
	input->raw_bytes += (uint64_t)got;
	if (input->watch)
		input->watch(input->watch_ctx, input->raw_bytes);
	return input->raw_bytes > input->max_bytes ? -EOVERFLOW : 0;
}

static int begin(struct input *input)
{
	static const unsigned char xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	static const unsigned char zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	int err = 0;

	while (!err && !input->raw_ended && input->raw_end < sizeof(xz))
		err = fill(input);
	if (err)
		return err;
	input->packing = PACKING_NONE;
	if (input->raw_end >= 2 && input->raw[0] == 0x1f && input->raw[1] == 0x8b) {
		if (inflateInit2(&input->gzip, 15 + 16) != Z_OK)
			return -ENOMEM;
		input->packing = PACKING_GZIP;
	} else if (input->raw_end >= sizeof(xz) && !memcmp(input->raw, xz, sizeof(xz))) {
		if (lzma_stream_decoder(&input->xz, MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK)
			return -ENOMEM;
		input->packing = PACKING_XZ;
	} else if (input->raw_end >= sizeof(zstd) && !memcmp(input->raw, zstd, sizeof(zstd))) {
		input->zstd = ZSTD_createDCtx();
		if (!input->zstd)
			return -ENOMEM;
		ZSTD_DCtx_setParameter(input->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
		input->packing = PACKING_ZSTD;
	}
	return 0;
}

/* Each unpacks what it can of the raw bytes. Returns how many came of it, or a negative errno. */
static ssize_t unpack_none(struct input *input, void *buffer, size_t size)
{
	size_t n = input->raw_end - input->raw_start;

	if (n > size)
		n = size;
	memcpy(buffer, input->raw + input->raw_start, n);
	input->raw_start += n;
	input->ended = !n && input->raw_ended;
	return (ssize_t)n;
}

static ssize_t unpack_gzip(struct input *input, void *buffer, size_t size)
{
	z_stream *z = &input->gzip;
	int got;

	z->next_in = input->raw + input->raw_start;
	z->avail_in = (unsigned int)(input->raw_end - input->raw_start);
	z->next_out = buffer;
	z->avail_out = size > RAW_SIZE ? RAW_SIZE : (unsigned int)size;
	size = z->avail_out;
	if (!z->avail_in && input->raw_ended) {
		/* The end is right after a member alone, where nothing has been taken in yet. */
		input->ended = true;
		return z->total_in ? -EBADMSG : 0;
	}
	got = inflate(z, Z_NO_FLUSH);
	input->raw_start = input->raw_end - z->avail_in;
	size -= z->avail_out;
	if (got == Z_STREAM_END)
		inflateReset(z); /* another member may follow */
	else if (got != Z_OK && got != Z_BUF_ERROR)
		return -EBADMSG;
	return (ssize_t)size;
}

static ssize_t unpack_xz(struct input *input, void *buffer, size_t size)
{
	lzma_stream *x = &input->xz;
	lzma_ret got;

	x->next_in = input->raw + input->raw_start;
	x->avail_in = input->raw_end - input->raw_start;
	x->next_out = buffer;
	x->avail_out = size;
	got = lzma_code(x, input->raw_ended ? LZMA_FINISH : LZMA_RUN);
	input->raw_start = input->raw_end - x->avail_in;
	input->ended = got == LZMA_STREAM_END;
	if (got == LZMA_MEMLIMIT_ERROR)
		return -EFBIG;
	if (got != LZMA_OK && got != LZMA_STREAM_END && (got != LZMA_BUF_ERROR || input->raw_ended))
		return -EBADMSG;
	return (ssize_t)(size - x->avail_out);
}

static ssize_t unpack_zstd(struct input *input, void *buffer, size_t size)
{
	ZSTD_inBuffer in = { input->raw + input->raw_start, input->raw_end - input->raw_start, 0 };
	ZSTD_outBuffer out = { buffer, size, 0 };
	size_t got;

	if (!in.size && input->raw_ended && !input->in_frame) {
		input->ended = true;
		return 0;
	}
	got = ZSTD_decompressStream(input->zstd, &out, &in);
	input->raw_start += in.pos;
	if (ZSTD_isError(got))
		return -EBADMSG;
	input->in_frame = got != 0;
	if (!out.pos && !in.pos && input->raw_ended)
		return input->in_frame ? -EBADMSG : 0;
	return (ssize_t)out.pos;
}

static ssize_t unpack(struct input *input, void *buffer, size_t size)
{
	static ssize_t (*const unpackers[])(struct input * input, void *buffer, size_t size) = {
		[PACKING_NONE] = unpack_none,
		[PACKING_GZIP] = unpack_gzip,
		[PACKING_XZ] = unpack_xz,
		[PACKING_ZSTD] = unpack_zstd,
	};

	return unpackers[input->packing](input, buffer, size);
}

static ssize_t read_unpacked(struct input *input, void *buffer, size_t size)
{
	ssize_t got = 0;
	int err = input->packing == PACKING_UNKNOWN ? begin(input) : 0;

	while (!err && !got && !input->ended) {
		if (input->raw_start == input->raw_end)
			err = fill(input);
		if (!err)
			got = unpack(input, buffer, size);
	}
	if (!err && got > 0)
		input->bytes += (uint64_t)got;
	if (input->bytes > input->max_bytes)
		err = -EOVERFLOW;
	return err ? err : got;
}

ssize_t input__read(struct input *input, void *buffer, size_t size)
{
	size_t n = input->peek_end - input->peek_start;

	if (!n)
		return size ? read_unpacked(input, buffer, size) : 0;
	if (n > size)
		n = size;
	memcpy(buffer, input->peeked + input->peek_start, n);
	input->peek_start += n;
	return (ssize_t)n;
}

ssize_t input__peek(struct input *input, const char **data)
{
	if (input->peek_start == input->peek_end) {
		ssize_t got = read_unpacked(input, input->peeked, PEEK_SIZE);

		if (got < 0)
			return got;
		input->peek_start = 0;
		input->peek_end = (size_t)got;
	}
	*data = input->peeked + input->peek_start;
	return (ssize_t)(input->peek_end - input->peek_start);
}
