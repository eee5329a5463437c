/* SPDX-License-Identifier: MIT */
/*
 * measure COMMAND [ARGUMENT...]: runs COMMAND without its output and prints "wall_us cpu_us
 * peak_kib status", as accounted by the kernel.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(struct timeval t)
{
	return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

int main(int argc, char *argv[])
{
	struct timespec begin, end;
	struct rusage usage;
	int status;

	if (argc < 2)
		return 2;
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	pid_t child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);
		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (wait4(child, &status, 0, &usage) < 0)
		return 1;
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%lld %lld %ld %d\n",
	       (end.tv_sec - begin.tv_sec) * 1000000LL + (end.tv_nsec - begin.tv_nsec) / 1000,
	       microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}
