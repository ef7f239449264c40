/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter.c - filter PROGRAM [ARG]... - run a program below a seccomp filter that allows everything after
 * looking at an argument of the call again and again, as a long profile does. It looks at an argument because
 * Linux 5.11 and newer remember the answer for calls whose number alone decides. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { LOOKS = 200, NO_ARGUMENT = 0x5eed5eed };

int main(int argc, char **argv)
{
	struct sock_filter rows[LOOKS + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
	};
	const struct sock_filter look = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NO_ARGUMENT, 0, 0);
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = {.len = LOOKS + 2, .filter = rows};
	int i;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: filter PROGRAM [ARG]...\n");
		return 2;
	}
	for (i = 1; i <= LOOKS; i++)
		rows[i] = look;
	rows[LOOKS + 1] = allow;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		(void)fprintf(stderr, "filter: seccomp: %s\n", strerror(errno));
		return 125;
	}
	(void)execvp(argv[1], argv + 1);
	(void)fprintf(stderr, "filter: %s: %s\n", argv[1], strerror(errno));
	return 127;
}
