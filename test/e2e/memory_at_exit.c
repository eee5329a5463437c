/* SPDX-License-Identifier: MIT */
/*
 * memory_at_exit FILE COMMAND [ARGUMENT...]: runs COMMAND and dumps all its writable memory at exit
 * to FILE, region after region, and to FILE.maps a line for each region: its size in octets and its
 * name. Exits with the status of COMMAND.
 *
 * The process is a traced child that the kernel stops at exit, so it needs no code for this and no
 * region is missed. Regions above a gigabyte (the shadow memory of a sanitizer) are left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGEST (UINT64_C(1) << 30)

static void die(const char *what)
{
	fprintf(stderr, "memory_at_exit: %s: %s\n", what, strerror(errno));
	exit(99);
}

static FILE *create(const char *path, const char *suffix)
{
	char name[4096];

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	FILE *file = fopen(name, "w");
	if (!file)
		die(name);
	return file;
}

static FILE *of_process(pid_t pid, const char *what)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "/proc/%d/%s", (int)pid, what);
	FILE *file = fopen(name, "r");
	if (!file)
		die(name);
	return file;
}

static uint64_t copy(int memory, uint64_t from, uint64_t to, FILE *out)
{
	static uint8_t page[1 << 16];
	uint64_t done = 0;

	while (from + done < to) {
		uint64_t left = to - from - done;
		size_t want = left < sizeof(page) ? (size_t)left : sizeof(page);
		ssize_t got = pread(memory, page, want, (off_t)(from + done));
		if (got <= 0)
			break; /* for example a guard page */
		if (fwrite(page, 1, (size_t)got, out) != (size_t)got)
			die("write");
		done += (uint64_t)got;
	}
	return done;
}

static void dump(pid_t pid, const char *path)
{
	FILE *maps = of_process(pid, "maps"), *memory = of_process(pid, "mem");
	FILE *out = create(path, ""), *regions = create(path, ".maps");
	char *line = NULL, rights[8], name[256];
	unsigned long long from, to;
	size_t size = 0;

	while (getline(&line, &size, maps) > 0) {
		name[0] = '\0';
		if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %255[^\n]", &from, &to, rights, name) <
		    3)
			die("maps");
		if (rights[0] != 'r' || rights[1] != 'w' || to - from > LARGEST)
			continue;
		fprintf(regions, "%llu %llx %s\n",
			(unsigned long long)copy(fileno(memory), from, to, out), from, name);
	}
	free(line);
	if (fclose(out) || fclose(regions))
		die("close");
	(void)fclose(maps);
	(void)fclose(memory);
}

int main(int argc, char **argv)
{
	bool first = true;
	int status;

	if (argc < 3) {
		fputs("memory_at_exit FILE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	pid_t pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			(void)execv(argv[2], argv + 2);
		die(argv[2]);
	}
	while (waitpid(pid, &status, 0) == pid) {
		int pass_on = 0;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (first) /* execv() was done */
			(void)ptrace(PTRACE_SETOPTIONS, pid, NULL,
				     PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
		else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			dump(pid, argv[1]);
		else
			pass_on = WSTOPSIG(status);
		first = false;
		(void)ptrace(PTRACE_CONT, pid, NULL, (void *)(uintptr_t)pass_on);
	}
	die("waitpid");
	return 1;
}
