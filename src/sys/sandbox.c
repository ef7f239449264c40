/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox.c - a seccomp filter by hand: rows of compare and answer, so that no jump is long. Calls
 * are refused and not punished: a reader that was led astray ends in an error like any other. */
#define _GNU_SOURCE
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/seccomp.h>
#include <scsi/sg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#ifdef __x86_64__

enum {
	ROWS_MOST = 512,
	X32_CALLS = 0x40000000,
	/* of open(2): O_WRONLY, O_RDWR, and what changes a file that is opened for reading */
	WRITING = O_ACCMODE | O_CREAT | O_TRUNC,
	/* newer than the headers of Debian 12; linux/unistd.h of 6.17 */
	CALL_FCHMODAT2 = 452,
	CALL_SETXATTRAT = 463,
	CALL_REMOVEXATTRAT = 466,
	CALL_OPEN_TREE_ATTR = 467,
	CALL_FILE_SETATTR = 469,
	/* linux/nvme_ioctl.h, linux/btrfs.h: whole families of commands */
	TYPE_NVME = 'N',
	TYPE_DM = 0xfd,
	TYPE_MD = 9,
	TYPE_BTRFS = 0x94,
};

static const uint16_t refused_calls[] = {
	SYS_creat,
	SYS_truncate,
	SYS_rename,
	SYS_renameat,
	SYS_renameat2,
	SYS_unlink,
	SYS_unlinkat,
	SYS_rmdir,
	SYS_mkdir,
	SYS_mkdirat,
	SYS_link,
	SYS_linkat,
	SYS_symlink,
	SYS_symlinkat,
	SYS_mknod,
	SYS_mknodat,
	/* who may do what with a file */
	SYS_chmod,
	SYS_fchmod,
	SYS_fchmodat,
	CALL_FCHMODAT2,
	SYS_chown,
	SYS_fchown,
	SYS_lchown,
	SYS_fchownat,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	SYS_removexattr,
	SYS_lremovexattr,
	SYS_fremovexattr,
	CALL_SETXATTRAT,
	CALL_REMOVEXATTRAT,
	CALL_FILE_SETATTR,
	SYS_utime,
	SYS_utimes,
	SYS_futimesat,
	SYS_utimensat,
	/* what the machine runs on */
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_open_tree,
	CALL_OPEN_TREE_ATTR,
	SYS_move_mount,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	SYS_swapon,
	SYS_swapoff,
	SYS_reboot,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_acct,
	SYS_quotactl,
	SYS_bpf,
	/* other ways to a descriptor that writes, and into other processes */
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_ptrace,
	SYS_process_vm_writev,
	SYS_pidfd_getfd,
};

/* A device may be changed through a descriptor that only reads. */
static const uint32_t refused_ioctls[] = {
	BLKROSET,
	BLKRRPART,
	BLKDISCARD,
	BLKSECDISCARD,
	BLKZEROOUT,
	_IO(0x12, 105) /* BLKPG */,
	SG_IO,
	LOOP_SET_FD,
	LOOP_CLR_FD,
	LOOP_SET_STATUS,
	LOOP_SET_STATUS64,
	LOOP_CHANGE_FD,
	LOOP_CONFIGURE,
	LOOP_SET_CAPACITY,
	LOOP_SET_DIRECT_IO,
	LOOP_SET_BLOCK_SIZE,
	LOOP_CTL_ADD,
	LOOP_CTL_REMOVE,
	LOOP_CTL_GET_FREE,
	FICLONE,
	FICLONERANGE,
	FIDEDUPERANGE,
	FS_IOC_SETFLAGS,
	FS_IOC_FSSETXATTR,
	FIFREEZE,
	FITRIM,
	TIOCSTI,
};

static const uint8_t refused_families[] = {TYPE_NVME, TYPE_DM, TYPE_MD, TYPE_BTRFS};

/* Calls that take the flags of open(2), and in which place. */
static const struct {
	uint16_t call;
	uint8_t argument;
} opens[] = {
	{SYS_open, 1},
	{SYS_openat, 2},
	{SYS_open_by_handle_at, 2},
};

/* A filter while it grows. */
struct filter {
	struct sock_filter rows[ROWS_MOST];
	unsigned short count;
};

static void add(struct filter *filter, unsigned code, uint32_t value)
{
	filter->rows[filter->count++] =
		(struct sock_filter)BPF_STMT((unsigned short)code, value);
}

/* @skipped: rows that are left out when it does not hold */
static void add_if(struct filter *filter, unsigned test, uint32_t value, size_t skipped)
{
	filter->rows[filter->count++] =
		(struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | test | BPF_K),
					     value, 0, (unsigned char)skipped);
}

static void add_load(struct filter *filter, size_t offset)
{
	add(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

static void add_answer(struct filter *filter, uint32_t answer)
{
	add(filter, BPF_RET | BPF_K, answer);
}

/* The low half of an argument: flags and commands are 32 bits wide. */
static size_t argument_at(unsigned number)
{
	return offsetof(struct seccomp_data, args) + 8 * (size_t)number;
}

static const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

/* Nobody here uses the calls of other machines, whose numbers mean something else. */
static void add_machine(struct filter *filter)
{
	add_load(filter, offsetof(struct seccomp_data, arch));
	filter->rows[filter->count++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	add_answer(filter, SECCOMP_RET_KILL);
	add_load(filter, offsetof(struct seccomp_data, nr));
	add_if(filter, BPF_JGE, X32_CALLS, 1);
	add_answer(filter, unknown);
}

/* openat2 has its flags in memory, where no filter sees them: as on a kernel that lacks it. */
static void add_calls(struct filter *filter)
{
	size_t i;

	for (i = 0; i < sizeof(refused_calls) / sizeof(refused_calls[0]); i++) {
		add_if(filter, BPF_JEQ, refused_calls[i], 1);
		add_answer(filter, refuse);
	}
	add_if(filter, BPF_JEQ, SYS_openat2, 1);
	add_answer(filter, unknown);
	for (i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		add_if(filter, BPF_JEQ, opens[i].call, 4);
		add_load(filter, argument_at(opens[i].argument));
		add_if(filter, BPF_JSET, WRITING, 1);
		add_answer(filter, refuse);
		add_answer(filter, SECCOMP_RET_ALLOW);
	}
}

static void add_ioctls(struct filter *filter)
{
	const size_t commands = sizeof(refused_ioctls) / sizeof(refused_ioctls[0]);
	const size_t families = sizeof(refused_families) / sizeof(refused_families[0]);
	size_t i;

	add_if(filter, BPF_JEQ, SYS_ioctl, 1 + 2 * commands + 2 + 2 * families);
	add_load(filter, argument_at(1));
	for (i = 0; i < commands; i++) {
		add_if(filter, BPF_JEQ, refused_ioctls[i], 1);
		add_answer(filter, refuse);
	}
	add(filter, BPF_ALU | BPF_RSH | BPF_K, _IOC_TYPESHIFT);
	add(filter, BPF_ALU | BPF_AND | BPF_K, _IOC_TYPEMASK);
	for (i = 0; i < families; i++) {
		add_if(filter, BPF_JEQ, refused_families[i], 1);
		add_answer(filter, refuse);
	}
}

static int install(void)
{
	struct filter filter = {.count = 0};
	struct sock_fprog program = {.filter = filter.rows};

	add_machine(&filter);
	add_calls(&filter);
	add_ioctls(&filter);
	add_answer(&filter, SECCOMP_RET_ALLOW);
	program.len = filter.count;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Some that imitate a kernel take a filter and do not obey it. */
static bool is_obeyed(void)
{
	const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 && errno == EPERM;
}

int sys_sandbox_enter(struct error *err)
{
	if (install() != 0)
		return error_sys(err, "this kernel takes no seccomp filter");
	if (!is_obeyed())
		return error_set(err, ERROR_SYSTEM,
				 "this kernel does not obey seccomp filters");
	return 0;
}

#else

int sys_sandbox_enter(struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "the filter knows x86-64 alone");
}

#endif
