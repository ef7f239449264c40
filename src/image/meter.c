/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meter.c - hash what passes by libcrypto, and tell how far it is. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "sys/aside.h"
#include "sys/signals.h"

enum {
	HASHES = 2,
	ZEROS_BYTES = 65536,
	DRAIN_BYTES = 262144,
	TELL_BYTES = 4 << 20,
	HOLE_BYTES = 4 << 20, /* hashed before it is passed on, and no more */
	LOOK_CALLS = 64,
};

/* A piece that the meter's thread hashes. */
struct hashed {
	const void *bytes;
	struct stream_piece piece;
	int result;
	struct error err;
};

struct meter {
	struct stream stream;
	struct stream *inner;
	struct image_digests *digests; /* NULL: not wanted */
	uint64_t *length;	       /* NULL: not wanted */
	const struct image_options *options;
	EVP_MD_CTX *hashes[HASHES]; /* SHA-256, SHA-512; NULL: not wanted */
	uint64_t told_bytes;
	uint64_t calls;
	bool is_over;
	struct aside *aside; /* NULL: hashed before it is passed on */
	struct hashed hashed;
};

static int hash_bytes(struct meter *meter, const void *bytes, size_t length,
		      struct error *err)
{
	int i;

	for (i = 0; i < HASHES; i++)
		if (meter->hashes[i] != NULL &&
		    EVP_DigestUpdate(meter->hashes[i], bytes, length) != 1)
			return error_set(err, ERROR_SYSTEM, "libcrypto refused to hash");
	return 0;
}

static int hash_piece(struct meter *meter, const void *bytes,
		      const struct stream_piece *piece, struct error *err)
{
	static const uint8_t zeros[ZEROS_BYTES];
	uint64_t left = piece->length_bytes;
	size_t length;

	if (!piece->is_hole)
		return hash_bytes(meter, bytes, (size_t)left, err);
	for (; left > 0; left -= length) {
		length = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
		if (sys_signals_came() != 0 || aside_is_ending())
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (hash_bytes(meter, zeros, length, err) != 0)
			return -1;
	}
	return 0;
}

static void hash_aside(void *data, void *job)
{
	struct hashed *hashed = job;

	if (hashed->result == 0)
		hashed->result =
			hash_piece(data, hashed->bytes, &hashed->piece, &hashed->err);
}

static void meter_settle(struct stream *stream)
{
	struct meter *meter = (struct meter *)stream;

	stream_settle(meter->inner);
	if (meter->aside != NULL && aside_count(meter->aside) > 0)
		(void)aside_take(meter->aside);
}

static int settle_all(struct meter *meter, struct error *err)
{
	meter_settle(&meter->stream);
	if (meter->hashed.result != 0 && err != NULL)
		*err = meter->hashed.err;
	return meter->hashed.result;
}

static int pass_on(struct meter *meter, const void *bytes,
		   const struct stream_piece *piece, struct error *err)
{
	if (meter->aside == NULL)
		return hash_piece(meter, bytes, piece, err);
	if (settle_all(meter, err) != 0)
		return -1;
	meter->hashed.bytes = bytes;
	meter->hashed.piece = *piece;
	aside_give(meter->aside, &meter->hashed);
	return 0;
}

static int write_digest(EVP_MD_CTX *hash, char *out, size_t room, struct error *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0, i;

	if (hash == NULL)
		return 0;
	if (EVP_DigestFinal_ex(hash, digest, &length) != 1 || 2 * length + 1 != room)
		return error_set(err, ERROR_SYSTEM, "libcrypto refused to hash");
	for (i = 0; i < length; i++)
		(void)snprintf(out + 2 * (size_t)i, 3, "%02x", (unsigned)digest[i]);
	return 0;
}

static void tell(struct meter *meter, uint64_t done)
{
	const struct image_options *options = meter->options;
	const uint64_t total = meter->inner->length_bytes;

	if (options == NULL || options->progress == NULL ||
	    (done - meter->told_bytes < TELL_BYTES && !meter->is_over))
		return;
	meter->told_bytes = done;
	options->progress(options->data, done,
			  total == STREAM_LENGTH_UNKNOWN ? 0 : total);
}

static int finish(struct meter *meter, struct error *err)
{
	struct image_digests digests = {0};

	if (meter->is_over)
		return 0;
	if (meter->digests != NULL) {
		if (write_digest(meter->hashes[0], digests.sha256, sizeof(digests.sha256),
				 err) != 0 ||
		    write_digest(meter->hashes[1], digests.sha512, sizeof(digests.sha512),
				 err) != 0)
			return -1;
		*meter->digests = digests;
	}
	if (meter->length != NULL)
		*meter->length = meter->stream.position_bytes;
	meter->is_over = true;
	tell(meter, meter->stream.position_bytes);
	return 0;
}

static int meter_next(struct stream *stream, void *buffer, size_t room,
		      struct stream_piece *out, struct error *err)
{
	struct meter *meter = (struct meter *)stream;
	struct stream_piece piece;

	if (meter->calls++ % LOOK_CALLS == 0 && sys_signals_came() != 0)
		return error_set(err, ERROR_INTERRUPTED, "interrupted");
	if (stream_next(meter->inner, buffer, room, &piece, err) != 0)
		return -1;
	if (piece.length_bytes == 0 &&
	    (settle_all(meter, err) != 0 || finish(meter, err) != 0))
		return -1;
	/* who takes a long hole need not wait until all of it is hashed */
	if (meter->digests != NULL && piece.is_hole && piece.length_bytes > HOLE_BYTES) {
		meter->inner->hole_left = piece.length_bytes - HOLE_BYTES;
		piece.length_bytes = HOLE_BYTES;
	}
	if (meter->digests != NULL && piece.length_bytes != 0 &&
	    pass_on(meter, buffer, &piece, err) != 0)
		return -1;
	tell(meter, stream->position_bytes + piece.length_bytes);
	*out = piece;
	return 0;
}

/* What nobody hashes need not come. */
static int meter_skip(struct stream *stream, uint64_t length, struct error *err)
{
	return stream_skip(((struct meter *)stream)->inner, length, err);
}

static void meter_free(struct meter *meter)
{
	int i;

	for (i = 0; i < HASHES; i++)
		EVP_MD_CTX_free(meter->hashes[i]);
	free(meter);
}

static void meter_close(struct stream *stream)
{
	struct meter *meter = (struct meter *)stream;

	aside_close(meter->aside);
	stream_close(meter->inner);
	meter_free(meter);
}

static const struct stream_ops meter_ops = {
	.next = meter_next,
	.settle = meter_settle,
	.close = meter_close,
};

static const struct stream_ops counter_ops = {
	.next = meter_next,
	.skip = meter_skip,
	.settle = meter_settle,
	.close = meter_close,
};

static int begin_hashes(struct meter *meter, bool is_sha256_enough, struct error *err)
{
	const EVP_MD *const kinds[HASHES] = {EVP_sha256(), EVP_sha512()};
	const int count = is_sha256_enough ? 1 : HASHES;
	int i;

	for (i = 0; i < count; i++) {
		meter->hashes[i] = EVP_MD_CTX_new();
		if (meter->hashes[i] == NULL ||
		    EVP_DigestInit_ex(meter->hashes[i], kinds[i], NULL) != 1)
			return error_set(err, ERROR_SYSTEM,
					 "libcrypto has no SHA-256 or no SHA-512");
	}
	return 0;
}

int meter_open(struct stream *inner, struct image_digests *digests, uint64_t *length,
	       const struct image_options *options, struct stream **out,
	       struct error *err)
{
	struct meter *meter = mem_zero(1, sizeof(*meter));

	if (digests != NULL &&
	    begin_hashes(meter, options != NULL && options->is_sha256_enough, err) != 0) {
		meter_free(meter);
		return -1;
	}
	meter->stream.ops = digests != NULL ? &meter_ops : &counter_ops;
	meter->stream.length_bytes = inner->length_bytes;
	meter->inner = inner;
	meter->digests = digests;
	meter->length = length;
	meter->options = options;
	*out = &meter->stream;
	return 0;
}

int meter_hash_aside(struct stream *stream, struct error *err)
{
	struct meter *meter = (struct meter *)stream;

	return aside_open(hash_aside, meter, 1, &meter->aside, err);
}

int stream_drain(struct stream *stream, struct error *err)
{
	autofree uint8_t *buffer = mem_zero(DRAIN_BYTES, 1);
	struct stream_piece piece;

	do {
		if (stream_next(stream, buffer, DRAIN_BYTES, &piece, err) != 0)
			return -1;
	} while (piece.length_bytes != 0);
	return 0;
}

int meter_blocks(struct blocks *blocks, const struct image_options *options,
		 struct image_digests *out, struct error *err)
{
	struct blocks *whole;
	struct stream *stream, *meter;
	int result;

	/* the whole as a part of itself: closing the stream leaves it open */
	if (blocks_open_part(blocks, 0, blocks->size_bytes, &whole, err) != 0)
		return -1;
	stream = stream_open_blocks(whole);
	if (meter_open(stream, out, NULL, options, &meter, err) != 0) {
		stream_close(stream);
		return -1;
	}
	result = stream_drain(meter, err);
	stream_close(meter);
	return result;
}
