/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/letter.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for one descriptor, aligned as the kernel wants it. */
union rights {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int sys_letter_send(int socket, const void *bytes, size_t length, int fd)
{
	/* sendmsg(2) does not change it, though its type does not say so */
	struct iovec body = {.iov_base = (void *)(size_t)bytes, .iov_len = length};
	struct msghdr head = {.msg_iov = &body, .msg_iovlen = 1};
	union rights rights;
	struct cmsghdr *part;
	ssize_t sent;

	if (fd >= 0) {
		memset(&rights, 0, sizeof(rights));
		head.msg_control = rights.bytes;
		head.msg_controllen = sizeof(rights.bytes);
		part = CMSG_FIRSTHDR(&head);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(part), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(socket, &head, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0 && (size_t)sent != length)
		errno = EMSGSIZE;
	return sent == (ssize_t)length ? 0 : -1;
}

int sys_letter_take(int socket, void *bytes, size_t length, int *out_fd)
{
	struct iovec body = {.iov_base = bytes, .iov_len = length};
	union rights rights;
	struct msghdr head = {.msg_iov = &body,
			      .msg_iovlen = 1,
			      .msg_control = rights.bytes,
			      .msg_controllen = sizeof(rights.bytes)};
	const struct cmsghdr *part;
	int fd = -1;
	ssize_t come;

	do
		come = recvmsg(socket, &head, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (come < 0 && errno == EINTR);
	part = come > 0 ? CMSG_FIRSTHDR(&head) : NULL;
	if (part != NULL && part->cmsg_level == SOL_SOCKET &&
	    part->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	if (come != (ssize_t)length) {
		if (fd >= 0)
			(void)close(fd); /* it belongs to nothing */
		if (come >= 0)
			errno = ECONNRESET;
		return -1;
	}
	*out_fd = fd;
	return 0;
}
