/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nbd.c - our end of the helper moult-nbd. */
#define _GNU_SOURCE
#include "image/nbd.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/self.h"

enum { WAIT_MS = 60000, END_WAIT_MS = 3000 };

struct nbd {
	struct blocks blocks;
	struct blocks *inner;
	struct sys_child child;
};

static void drop_errors(const struct nbd *nbd)
{
	char text[256];

	while (read(nbd->child.errors, text, sizeof(text)) > 0)
		;
}

static int take(struct nbd *nbd, void *buffer, size_t length, struct error *err)
{
	uint8_t *next = buffer;
	ssize_t some;

	while (length > 0) {
		some = read(nbd->child.out, next, length);
		if (some == 0)
			return error_set(err, ERROR_SYSTEM, "the helper moult-nbd ended");
		if (some < 0 && errno != EAGAIN && errno != EINTR)
			return error_sys(err, "read from moult-nbd");
		if (some > 0) {
			next += some;
			length -= (size_t)some;
		} else if (program_wait(nbd->child.out, -1, WAIT_MS, err) != 0) {
			return -1;
		}
		drop_errors(nbd);
	}
	return 0;
}

/* One line of what a format's reader says; it may quote the image. */
static int take_failure(struct nbd *nbd, size_t length, struct error *err)
{
	char text[NBD_TEXT_MOST + 1] = "";
	size_t i;

	if (length > NBD_TEXT_MOST)
		return error_set(err, ERROR_SYSTEM, "moult-nbd talks nonsense");
	if (take(nbd, text, length, err) != 0)
		return -1;
	for (i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] >= 0x7f)
			text[i] = ' ';
	return error_set(err, ERROR_INPUT, "qemu-nbd cannot read it: %s",
			 str_trim_end(text));
}

/* @room: of what may follow the answer */
static int take_answer(struct nbd *nbd, void *buffer, size_t room, struct nbd_answer *out,
		       struct error *err)
{
	if (take(nbd, out, sizeof(*out), err) != 0)
		return -1;
	if (out->is_failed != 0)
		return take_failure(nbd, out->length, err);
	if (out->length != room)
		return error_set(err, ERROR_SYSTEM, "moult-nbd talks nonsense");
	return take(nbd, buffer, room, err);
}

static int ask(struct nbd *nbd, enum nbd_verb verb, uint64_t offset, void *buffer,
	       size_t length, struct nbd_answer *out, struct error *err)
{
	const struct nbd_request request = {verb, (uint32_t)length, offset};

	if (sys_fd_write(nbd->child.in, &request, sizeof(request), err) != 0)
		return error_frame(err, "moult-nbd");
	return take_answer(nbd, buffer, verb == NBD_READ ? length : 0, out, err);
}

static int nbd_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		    struct error *err)
{
	struct nbd_answer answer;
	uint8_t *next = buffer;
	size_t some;

	while (length > 0) {
		some = length < NBD_READ_MOST ? length : (size_t)NBD_READ_MOST;
		if (ask((struct nbd *)blocks, NBD_READ, offset, next, some, &answer,
			err) != 0)
			return -1;
		next += some;
		offset += some;
		length -= some;
	}
	return 0;
}

static int nbd_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		      struct error *err)
{
	const uint64_t left = blocks->size_bytes - offset;
	struct nbd_answer answer;

	if (ask((struct nbd *)blocks, NBD_EXTENT, offset, NULL,
		left < UINT32_C(1) << 30 ? (size_t)left : (size_t)1 << 30, &answer,
		err) != 0)
		return -1;
	if (answer.value == 0)
		return error_set(err, ERROR_SYSTEM, "moult-nbd talks nonsense");
	*out = (struct blocks_extent){answer.value, answer.is_hole != 0};
	return 0;
}

/* It ends with its input, and qemu-nbd before it: there is time for that after a signal as well. */
static void end_helper(struct nbd *nbd)
{
	struct pollfd said = {.fd = nbd->child.out, .events = POLLIN};
	char text[256];

	if (nbd->child.pid == 0)
		return;
	own_close(&nbd->child.in);
	nbd->child.in = -1;
	while (read(nbd->child.out, text, sizeof(text)) != 0)
		if (poll(&said, 1, END_WAIT_MS) <= 0)
			break;
	(void)sys_child_end(&nbd->child);
}

static void nbd_close(struct blocks *blocks)
{
	struct nbd *nbd = (struct nbd *)blocks;

	end_helper(nbd);
	blocks_close(nbd->inner);
	free(nbd);
}

static const struct blocks_ops nbd_ops = {
	.read = nbd_read,
	.extent = nbd_extent,
	.close = nbd_close,
};

/* The descriptor goes by its place in /proc: what is opened is what was looked at, also when
 * it has no name any more. */
static int start(struct nbd *nbd, const char *driver, struct error *err)
{
	autofree char *helper = NULL;
	autofree char *server = NULL;
	char path[64], offset[24], size[24];
	char name[] = "moult-nbd";
	autofree char *format = str_copy(driver);
	char *const argv[] = {name, NULL, format, path, offset, size, NULL};
	char *arguments[7];
	struct sys_child_plan plan = {
		.argv = arguments, .environment = environ, .folder = "/"};

	if (sys_self_find(SYS_SELF_HELPER, "moult-nbd", &helper, err) != 0 ||
	    program_find("qemu-nbd", "qemu-utils", &server, err) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(),
		       nbd->inner->fd);
	(void)snprintf(offset, sizeof(offset), "%" PRIu64, nbd->inner->fd_offset);
	(void)snprintf(size, sizeof(size), "%" PRIu64, nbd->inner->size_bytes);
	memcpy(arguments, argv, sizeof(arguments));
	arguments[1] = server;
	plan.path = helper;
	return sys_child_start(&plan, &nbd->child, err);
}

int nbd_open_blocks(struct blocks *inner, const char *driver, struct blocks **out,
		    struct error *err)
{
	struct nbd *nbd = mem_zero(1, sizeof(*nbd));
	struct nbd_answer answer;

	nbd->blocks.ops = &nbd_ops;
	nbd->blocks.fd = -1;
	nbd->inner = inner;
	nbd->child = SYS_CHILD_NONE;
	if (start(nbd, driver, err) != 0 ||
	    take_answer(nbd, NULL, 0, &answer, err) != 0) {
		end_helper(nbd);
		free(nbd);
		return -1;
	}
	nbd->blocks.size_bytes = answer.value;
	*out = &nbd->blocks;
	return 0;
}
