/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_aside.c - both ends of a conversation: a question of fixed size with or without a
 * descriptor, an answer alike. The asking side may have been led astray by an image, so that the
 * answering one trusts no length and no name, and mounts only what it has made. */
#define _GNU_SOURCE
#include "guest/vfs_aside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "sys/apart.h"
#include "sys/letter.h"

enum { TYPE_BYTES = 16, OPTION_BYTES = 320, OPTIONS_MOST = 8, DEVICES_MOST = 64 };

struct question {
	uint32_t is_mount, is_writable; /* not bool: any bytes may come */
	uint64_t offset, size_bytes;	/* of a loop device's part */
	/* of a mount */
	char device[LOOP_PATH_BYTES];
	char type[TYPE_BYTES];
	char options[OPTIONS_MOST][OPTION_BYTES]; /* "" at the end */
};

struct answer {
	bool is_failed;
	char path[LOOP_PATH_BYTES];
	struct error error;
};

/* A loop device that was made here; it is held, so that its name does not come to mean another. */
struct made {
	char path[LOOP_PATH_BYTES];
	bool is_writable;
};

struct server {
	struct made made[DEVICES_MOST];
	unsigned count;
};

static struct sys_apart aside = {.fd = -1};

static bool is_made_here(const struct server *server, const struct question *question)
{
	unsigned i;

	for (i = 0; i < server->count; i++)
		if (strcmp(server->made[i].path, question->device) == 0)
			return server->made[i].is_writable || question->is_writable == 0;
	return false;
}

static int answer_loop(struct server *server, const struct question *question, int fd,
		       struct answer *out)
{
	struct made *made = &server->made[server->count];
	int device;

	if (fd < 0 || server->count == DEVICES_MOST)
		return error_set(&out->error, ERROR_PARTIAL,
				 "more than %d loop devices are not made", DEVICES_MOST);
	made->is_writable = question->is_writable != 0;
	device = vfs_loop_open(fd, question->offset, question->size_bytes,
			       made->is_writable, made->path, &out->error);
	if (device < 0)
		return -1;
	memcpy(out->path, made->path, sizeof(out->path));
	server->count++;
	return device;
}

static int answer_mount(const struct server *server, struct question *question,
			struct answer *out)
{
	static const char *const types[] = {"xfs", "btrfs"};
	const char *options[OPTIONS_MOST + 1] = {NULL};
	const char *type = NULL;
	size_t i;

	question->device[LOOP_PATH_BYTES - 1] = question->type[TYPE_BYTES - 1] = '\0';
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], question->type) == 0)
			type = types[i];
	if (type == NULL || !is_made_here(server, question))
		return error_set(&out->error, ERROR_PARTIAL,
				 "that was not made here, and is not mounted");
	for (i = 0; i < OPTIONS_MOST && question->options[i][0] != '\0'; i++) {
		question->options[i][OPTION_BYTES - 1] = '\0';
		options[i] = question->options[i];
	}
	return vfs_mount_open(question->device, type, options,
			      question->is_writable != 0 ? VFS_MOUNT_REPLAY
							 : VFS_MOUNT_READ,
			      &out->error);
}

/* The other process, until its last asker has gone. */
static void serve(int socket, void *data)
{
	struct server *server = mem_zero(1, sizeof(*server));
	struct question question;
	struct answer answer;
	int fd, result;

	(void)data;
	while (sys_letter_take(socket, &question, sizeof(question), &fd) == 0) {
		memset(&answer, 0, sizeof(answer));
		result = question.is_mount != 0
				 ? answer_mount(server, &question, &answer)
				 : answer_loop(server, &question, fd, &answer);
		answer.is_failed = result < 0;
		own_close(&fd);
		if (sys_letter_send(socket, &answer, sizeof(answer), result) != 0)
			break;
		if (question.is_mount != 0)
			own_close(&result);
	}
	free(server);
}

int vfs_aside_begin(struct error *err)
{
	return sys_apart_start(serve, NULL, &aside, err);
}

void vfs_aside_end(void)
{
	sys_apart_end(&aside);
}

bool vfs_aside_is_there(void)
{
	return aside.fd >= 0;
}

/* Returns: the descriptor that came, or -1 */
static int ask(const struct question *question, int fd, struct answer *out,
	       struct error *err)
{
	int come = -1;

	if (sys_letter_send(aside.fd, question, sizeof(*question), fd) != 0 ||
	    sys_letter_take(aside.fd, out, sizeof(*out), &come) != 0)
		return error_sys(err, "ask the process that mounts");
	if (!out->is_failed && come >= 0)
		return come;
	if (err != NULL)
		*err = out->error;
	return -1;
}

int vfs_aside_loop(int fd, uint64_t offset, uint64_t size_bytes, bool is_writable,
		   char out_path[LOOP_PATH_BYTES], struct error *err)
{
	struct question question = {
		.is_writable = is_writable, .offset = offset, .size_bytes = size_bytes};
	struct answer answer;
	const int device = ask(&question, fd, &answer, err);

	if (device >= 0)
		memcpy(out_path, answer.path, sizeof(answer.path));
	return device;
}

int vfs_aside_mount(const char *device, const char *type, const char *const *options,
		    enum vfs_mount_mode mode, struct error *err)
{
	struct question question = {.is_mount = 1,
				    .is_writable = mode == VFS_MOUNT_REPLAY};
	struct answer answer;
	size_t i;

	if (mode == VFS_MOUNT_WRITE)
		return error_set(err, ERROR_PARTIAL,
				 "'%s' is not mounted to be written to here", device);
	for (i = 0; options[i] != NULL; i++) {
		if (i == OPTIONS_MOST || strlen(options[i]) >= OPTION_BYTES)
			return error_set(err, ERROR_PARTIAL,
					 "a name of more than %d bytes is not mounted",
					 OPTION_BYTES - 1);
		memcpy(question.options[i], options[i], strlen(options[i]) + 1);
	}
	strncpy(question.device, device, sizeof(question.device) - 1);
	strncpy(question.type, type, sizeof(question.type) - 1);
	return ask(&question, -1, &answer, err);
}
