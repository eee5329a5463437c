/* SPDX-License-Identifier: MIT */
/*
 * Limits that a process puts on itself: no core dumps, and a filter of system calls (seccomp).
 *
 * The filter is for x86-64 and arm64. Elsewhere, on kernels without seccomp, and in builds with
 * AddressSanitizer, which needs other calls, there is none; the program works the same.
 */
#pragma once

#include <stddef.h>

enum sandbox {
	/*
	 * To parse a file: read and write open descriptors, get memory that cannot be executed,
	 * end. What it needs of files and libraries must be open.
	 */
	SANDBOX_PARSE,
	/* The same, and rename and remove files: to put output files in their place. */
	SANDBOX_PARSE_AND_WRITE,
	/*
	 * To parse what a descriptor delivers while the process runs: as SANDBOX_PARSE, and wait,
	 * receive, and change how the terminal reads keys.
	 */
	SANDBOX_WATCH,
	/*
	 * For a run with a controller: everything but starting programs, reading the memory of
	 * other processes, and the parts of the kernel that only administration needs.
	 */
	SANDBOX_RUN,
};

/*
 * Filters the system calls of this process for good; one that is not allowed fails with ENOSYS.
 * Call it after privilege_drop(), which sets no_new_privs. 0: the filter is active, or there is
 * none here; -1 with errno.
 */
int sandbox_enter(enum sandbox sandbox);

/*
 * The memory of this process goes into no core dump, and other processes of the user cannot read
 * it. Call it before any secret is read, and again after a change of user, which undoes it.
 */
void sandbox_hide_memory(void);

/*
 * Limits the private memory of this process: for libraries that get as much as a file demands. What
 * they cannot get, they report. Nothing in builds with AddressSanitizer.
 */
void sandbox_limit_memory(size_t octets);
