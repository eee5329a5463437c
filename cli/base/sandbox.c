/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

#if defined(__x86_64__) && defined(__LP64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__LP64__) && defined(__AARCH64EL__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

void sandbox_hide_memory(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef SANITIZED /* its search for leaks reads the memory of this process */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void sandbox_limit_memory(size_t octets)
{
#ifndef SANITIZED /* its shadow counts */
	const struct rlimit most = {octets, octets};

	(void)setrlimit(RLIMIT_DATA, &most);
#else
	(void)octets;
#endif
}

#if defined(ARCHITECTURE) && !defined(SANITIZED)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint16_t parsing[] = {
	SYS_read,	   SYS_pread64,		SYS_readv,	  SYS_write,
	SYS_writev,	   SYS_lseek,		SYS_close,	  SYS_fstat,
	SYS_newfstatat,	   SYS_fsync,		SYS_munmap,	  SYS_mremap,
	SYS_brk,	   SYS_madvise,		SYS_futex,	  SYS_getrandom,
	SYS_clock_gettime, SYS_gettimeofday,	SYS_rt_sigreturn, SYS_rt_sigprocmask,
	SYS_rt_sigaction,  SYS_restart_syscall, SYS_exit,	  SYS_exit_group,
};

/* Of file_commit() and file_abandon(). */
static const uint16_t placing[] = {
#ifdef SYS_rename
	SYS_rename,   SYS_unlink,
#endif
	SYS_renameat, SYS_renameat2, SYS_unlinkat,
};

/* Of an event loop that reads a socket and grows a file. */
static const uint16_t watching[] = {
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_ppoll,   SYS_recvmsg, SYS_getsockopt, SYS_ftruncate, SYS_getpgid,
#ifdef SYS_getpgrp
	SYS_getpgrp,
#endif
};

static const uint16_t not_in_a_run[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_unshare,
	SYS_setns,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_open_by_handle_at,
	SYS_personality,
	SYS_acct,
	SYS_quotactl,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
#ifdef SYS_io_uring_setup
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
#endif
};

struct program {
	struct sock_filter steps[160];
	unsigned short count;
};

/* TCGETS2, which newer libraries use; its header contradicts that of the C library. */
#define TERMINAL_GET_2 0x802c542a
#define TERMINAL_SET_2 0x402c542b

#define REFUSE (SECCOMP_RET_ERRNO | ENOSYS)

static void step(struct program *p, unsigned code, unsigned value, unsigned yes, unsigned no)
{
	p->steps[p->count++] =
		(struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, value};
}

static void load(struct program *p, size_t offset)
{
	step(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void end(struct program *p, unsigned verdict)
{
	step(p, BPF_RET | BPF_K, verdict, 0, 0);
}

/* The verdict on calls with these numbers. */
static void judge(struct program *p, const uint16_t *calls, size_t count, unsigned verdict)
{
	for (size_t i = 0; i < count; i++) {
		step(p, BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
		end(p, verdict);
	}
}

/* The low half of an argument; both architectures are little-endian. */
static size_t argument(size_t index)
{
	return offsetof(struct seccomp_data, args) + index * sizeof(uint64_t);
}

/* Allows a call that gets memory, unless the memory can be executed. */
static void allow_memory(struct program *p, unsigned call)
{
	step(p, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
	load(p, argument(2));
	step(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
	end(p, REFUSE);
	end(p, SECCOMP_RET_ALLOW);
}

/* Allows the questions whether a descriptor is a terminal, and how large it is. */
static void allow_terminal(struct program *p)
{
	step(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 6);
	load(p, argument(1));
	step(p, BPF_JMP | BPF_JEQ | BPF_K, TCGETS, 2, 0);
	step(p, BPF_JMP | BPF_JEQ | BPF_K, TERMINAL_GET_2, 1, 0);
	step(p, BPF_JMP | BPF_JEQ | BPF_K, TIOCGWINSZ, 0, 1);
	end(p, SECCOMP_RET_ALLOW);
	end(p, REFUSE);
}

/* Also to change how it reads keys, from the foreground. */
static void allow_keys(struct program *p)
{
	step(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5);
	load(p, argument(1));
	step(p, BPF_JMP | BPF_JEQ | BPF_K, TCSETS, 2, 0);
	step(p, BPF_JMP | BPF_JEQ | BPF_K, TERMINAL_SET_2, 1, 0);
	step(p, BPF_JMP | BPF_JEQ | BPF_K, TIOCGPGRP, 0, 1);
	end(p, SECCOMP_RET_ALLOW);
	load(p, offsetof(struct seccomp_data, nr));
}

static void compile(struct program *p, enum sandbox sandbox)
{
	load(p, offsetof(struct seccomp_data, arch));
	step(p, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	end(p, REFUSE); /* calls of a 32-bit program */
	load(p, offsetof(struct seccomp_data, nr));
	step(p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); /* x32 */
	end(p, REFUSE);
	if (sandbox == SANDBOX_RUN) {
		judge(p, not_in_a_run, COUNT(not_in_a_run), REFUSE);
		end(p, SECCOMP_RET_ALLOW);
		return;
	}
	judge(p, parsing, COUNT(parsing), SECCOMP_RET_ALLOW);
	if (sandbox == SANDBOX_PARSE_AND_WRITE)
		judge(p, placing, COUNT(placing), SECCOMP_RET_ALLOW);
	if (sandbox == SANDBOX_WATCH) {
		judge(p, watching, COUNT(watching), SECCOMP_RET_ALLOW);
		allow_keys(p);
	}
	allow_memory(p, SYS_mmap);
	load(p, offsetof(struct seccomp_data, nr));
	allow_memory(p, SYS_mprotect);
	load(p, offsetof(struct seccomp_data, nr));
	allow_terminal(p);
	end(p, REFUSE);
}

int sandbox_enter(enum sandbox sandbox)
{
	struct program program = {.count = 0};

	compile(&program, sandbox);
	const struct sock_fprog filter = {program.count, program.steps};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? 0 : -1; /* a kernel without filters */
}

#else

int sandbox_enter(enum sandbox sandbox)
{
	(void)sandbox;
	return 0;
}

#endif
