/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/audit.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/own.h"

enum { ANSWERS_MOST = 100000 };

static int ask(int fd, unsigned short type)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	const struct nlmsghdr header = {
		.nlmsg_len = NLMSG_LENGTH(0),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};

	return sendto(fd, &header, sizeof(header), 0, (const struct sockaddr *)&kernel,
		      sizeof(kernel)) == (ssize_t)sizeof(header)
		       ? 0
		       : -1;
}

/* Takes answers until the list's end, or an error. @out_status: the first AUDIT_GET's.
 * Returns how many were of @type, or -1 with errno set. */
static int answers(int fd, unsigned short type, struct audit_status *out_status)
{
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} message;
	const struct nlmsgerr *problem = NLMSG_DATA(&message.header);
	int count = 0, i;
	ssize_t length;

	for (i = 0; i < ANSWERS_MOST; i++) {
		length = recv(fd, &message, sizeof(message), 0);
		if (length < (ssize_t)sizeof(message.header))
			return count > 0 ? count : -1;
		if (message.header.nlmsg_type == NLMSG_DONE)
			return count;
		if (message.header.nlmsg_type == NLMSG_ERROR && problem->error != 0) {
			errno = -problem->error;
			return -1;
		}
		if (message.header.nlmsg_type != type)
			continue;
		count++;
		if (type == AUDIT_GET) {
			memcpy(out_status, NLMSG_DATA(&message.header),
			       sizeof(*out_status) < (size_t)length - NLMSG_HDRLEN
				       ? sizeof(*out_status)
				       : (size_t)length - NLMSG_HDRLEN);
			return count;
		}
	}
	return count;
}

int sys_audit_state(struct sys_audit *out, struct error *err)
{
	const struct timeval patience = {.tv_usec = 200000};
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	struct audit_status status = {0};
	int rules = 0;

	if (fd < 0)
		return error_sys(err, "open the audit socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (ask(fd, AUDIT_GET) != 0 || answers(fd, AUDIT_GET, &status) != 1)
		return error_sys(err, "ask for the audit state");
	if (ask(fd, AUDIT_LIST_RULES) == 0)
		rules = answers(fd, AUDIT_LIST_RULES, &status);
	out->is_enabled = status.enabled != 0;
	out->rules = rules > 0 ? (unsigned)rules : 0;
	return 0;
}
