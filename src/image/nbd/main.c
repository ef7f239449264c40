/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - moult-nbd: lets qemu-nbd read an image and hands its bytes on, for a parent that
 * shall not be linked with libnbd. QEMU runs with small limits, read-only, and without any backing file.
 *
 * usage: moult-nbd QEMU-NBD DRIVER PATH OFFSET SIZE, requests on standard input, answers on
 * standard output as image/nbd.h has them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libnbd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/nbd.h"

enum { NODE_MOST = 512, MEMORY_MOST_GIB = 2, NBD_BLOCK_MOST = 65536 };

static bool put(const void *bytes, size_t length)
{
	const char *next = bytes;
	ssize_t some;

	while (length > 0) {
		some = write(STDOUT_FILENO, next, length);
		if (some < 0 && errno != EINTR)
			return false;
		if (some > 0) {
			next += some;
			length -= (size_t)some;
		}
	}
	return true;
}

/* Returns: whether all came; false also at the end of the input */
static bool take(void *bytes, size_t length)
{
	char *next = bytes;
	ssize_t some;

	while (length > 0) {
		some = read(STDIN_FILENO, next, length);
		if (some == 0 || (some < 0 && errno != EINTR))
			return false;
		if (some > 0) {
			next += some;
			length -= (size_t)some;
		}
	}
	return true;
}

static bool put_failure(const char *text)
{
	struct nbd_answer answer = {.is_failed = 1};

	if (text == NULL)
		text = "it does not say why";
	answer.length = (uint32_t)strnlen(text, NBD_TEXT_MOST);
	return put(&answer, sizeof(answer)) && put(text, answer.length);
}

/* Some formats (vhdx) answer for whole sectors alone. */
static uint64_t block_of(struct nbd_handle *nbd)
{
	const int64_t block = nbd_get_block_size(nbd, LIBNBD_SIZE_MINIMUM);

	return block > 0 && block <= NBD_BLOCK_MOST ? (uint64_t)block : 1;
}

static bool answer_read(struct nbd_handle *nbd, const struct nbd_request *request)
{
	static char bytes[NBD_READ_MOST + 2 * NBD_BLOCK_MOST];
	struct nbd_answer answer = {.length = request->length};
	const uint64_t block = block_of(nbd), end = request->offset + request->length;
	const uint64_t start = request->offset / block * block;
	const int64_t size = nbd_get_size(nbd);
	uint64_t stop = (end + block - 1) / block * block;

	if (request->length > NBD_READ_MOST)
		return put_failure("too much was asked for");
	if (size > 0 && stop > (uint64_t)size && end <= (uint64_t)size)
		stop = (uint64_t)size;
	if (nbd_pread(nbd, bytes, stop - start, start, 0) != 0)
		return put_failure(nbd_get_error());
	return put(&answer, sizeof(answer)) &&
	       put(bytes + (request->offset - start), request->length);
}

/* What a server says of a place: pairs of a length and flags. */
static int take_extents(void *data, const char *context, uint64_t offset,
			uint32_t *entries, size_t count, int *error)
{
	struct nbd_answer *answer = data;
	size_t i;

	(void)offset;
	(void)error;
	if (strcmp(context, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0 || count < 2)
		return 0;
	answer->is_hole = (entries[1] & LIBNBD_STATE_ZERO) != 0;
	for (i = 0; i + 1 < count; i += 2) {
		if (((entries[i + 1] & LIBNBD_STATE_ZERO) != 0) != (answer->is_hole != 0))
			break;
		answer->value += entries[i];
	}
	return 0;
}

static bool answer_extent(struct nbd_handle *nbd, const struct nbd_request *request)
{
	struct nbd_answer answer = {0};
	const nbd_extent_callback callback = {.callback = take_extents,
					      .user_data = &answer};

	if (nbd_block_status(nbd, request->length, request->offset, callback, 0) != 0)
		return put_failure(nbd_get_error());
	if (answer.value > request->length)
		answer.value = request->length;
	return put(&answer, sizeof(answer));
}

static bool serve(struct nbd_handle *nbd)
{
	const int64_t size = nbd_get_size(nbd);
	struct nbd_answer first = {.value = (uint64_t)size};
	struct nbd_request request;
	bool goes_on =
		size >= 0 ? put(&first, sizeof(first)) : put_failure(nbd_get_error());

	while (goes_on && size >= 0 && take(&request, sizeof(request)))
		goes_on = request.verb == NBD_READ ? answer_read(nbd, &request)
						   : answer_extent(nbd, &request);
	return goes_on;
}

/* No backing file whatever the image says; a range of the file where it is not all of it. */
static bool describe(char *const *argv, char *out, size_t room)
{
	const bool is_part = strcmp(argv[4], "0") != 0;
	const char *head = is_part ? "{\"driver\":\"raw\",\"offset\":" : "";
	int length;

	length = snprintf(
		out, room,
		"json:{\"driver\":\"%s\",\"backing\":null,\"file\":%s%s%s%s%s"
		"{\"driver\":\"file\",\"filename\":\"%s\",\"locking\":\"off\"}%s}",
		argv[2], head, is_part ? argv[4] : "", is_part ? ",\"size\":" : "",
		is_part ? argv[5] : "", is_part ? ",\"file\":" : "", argv[3],
		is_part ? "}" : "");
	return length > 0 && (size_t)length < room;
}

/* Nothing is written, and an image cannot make QEMU take all memory. The sanitizers need
 * more address space than there is. */
static void set_limits(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_FSIZE, &none);
#ifndef __SANITIZE_ADDRESS__
	{
		const rlim_t most = (rlim_t)MEMORY_MOST_GIB << 30;
		const struct rlimit memory = {most, most};

		(void)setrlimit(RLIMIT_AS, &memory);
	}
#endif
}

/* A socket that qemu-nbd listens on, and our end, which stands in its queue already: with no room
 * for a second one, nobody else gets in between. It has no name in any folder, so that none has to
 * be made and removed. */
static bool open_socket(int *out_listener, int *out_end)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(name.sun_family);
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_good = listener >= 0 && end >= 0 &&
		       bind(listener, (const struct sockaddr *)&name, length) == 0 &&
		       listen(listener, 0) == 0;

	length = sizeof(name);
	is_good = is_good &&
		  getsockname(listener, (struct sockaddr *)&name, &length) == 0 &&
		  connect(end, (const struct sockaddr *)&name, length) == 0;
	*out_listener = listener;
	*out_end = end;
	return is_good;
}

/* systemd's way: descriptor 3 and two variables (sd_listen_fds(3)). */
static void become_server(int listener, char **arguments)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%ld", (long)getpid());
	if ((listener == 3 ? fcntl(3, F_SETFD, 0) : dup2(listener, 3)) >= 0 &&
	    setenv("LISTEN_PID", number, 1) == 0 && setenv("LISTEN_FDS", "1", 1) == 0)
		(void)execv(arguments[0], arguments);
	_exit(127);
}

/* Returns: whether libnbd talks with it; it ends with the connection. */
static bool connect_server(struct nbd_handle *nbd, char **arguments)
{
	int listener, end;
	pid_t server;
	bool is_good = open_socket(&listener, &end);

	if (is_good) {
		server = fork();
		if (server == 0)
			become_server(listener, arguments);
		is_good = server > 0;
	}
	if (listener >= 0)
		(void)close(listener);
	if (is_good)
		return nbd_connect_socket(nbd, end) == 0; /* it has the end now */
	if (end >= 0)
		(void)close(end);
	return false;
}

int main(int argc, char **argv)
{
	char node[NODE_MOST], only_read[] = "--read-only";
	char *arguments[4] = {NULL, only_read, node, NULL};
	struct nbd_handle *nbd = nbd_create();
	bool is_good;

	if (argc != 6 || nbd == NULL || !describe(argv, node, sizeof(node)))
		return 2;
	arguments[0] = argv[1];
	set_limits();
	if (nbd_add_meta_context(nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0 ||
	    !connect_server(nbd, arguments))
		is_good = put_failure("it does not know the image's format, or finds it "
				      "damaged");
	else
		is_good = serve(nbd);
	nbd_close(nbd);
	(void)wait(NULL); /* none was started, or it ends with the connection */
	return is_good ? 0 : 1;
}
