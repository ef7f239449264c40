/* SPDX-License-Identifier: GPL-2.0-or-later */
/* old-kernel.c - old-kernel [-f NUMBER] PROGRAM [ARG]... - run a program with no system call that is newer
 * than Linux 3.16: those answer ENOSYS, as that kernel would. With -f the call NUMBER does too, which
 * every kernel has: a fault that must be seen.
 *
 * The numbers: arch/x86/syscalls/syscall_64.tbl of Linux 3.16, which ends at renameat2, 316. Calls are
 * only ever added behind (seccomp 317, getrandom 318, ..., rseq 334; then 424 and up). What newer kernels
 * do in older calls (flags of open, commands of prctl or ioctl) is not taken away.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { FIRST_NEWER = 317, NONE = 0xffff };

static int install_filter(unsigned forbidden)
{
	/* the jumps count the rows that they leave out: when true, when not */
	struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_NEWER, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, forbidden, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};
	struct sock_fprog filter = {.len = sizeof(rows) / sizeof(rows[0]),
				    .filter = rows};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int main(int argc, char **argv)
{
	unsigned forbidden = NONE; /* is newer than 3.16 as well */

	if (argc > 3 && strcmp(argv[1], "-f") == 0) {
		forbidden = (unsigned)strtoul(argv[2], NULL, 10);
		argv += 2;
	}
	if (argc < 2 || argv[1][0] == '-') {
		(void)fprintf(stderr, "usage: old-kernel [-f NUMBER] PROGRAM [ARG]...\n");
		return 2;
	}
	if (install_filter(forbidden) != 0) {
		(void)fprintf(stderr, "old-kernel: seccomp: %s\n", strerror(errno));
		return 125;
	}
	(void)execvp(argv[1], argv + 1);
	(void)fprintf(stderr, "old-kernel: %s: %s\n", argv[1], strerror(errno));
	return 127;
}
