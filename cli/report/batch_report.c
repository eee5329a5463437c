/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report/batch_report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is no regular file is written to: replacing a device or a FIFO would destroy it. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static bool write_special(const struct batch_report *report, const struct batch_report_head *head,
			  const char *path)
{
	FILE *out = fopen(path, "we");
	bool written = out && batch_report_print(report, head, out) == 0;

	return out && fclose(out) == 0 && written;
}

int batch_report_write(const struct batch_report *report, const struct batch_report_head *head,
		       const char *path, struct failure *failure)
{
	char temporary[PATH_MAX];
	FILE *out = NULL;
	int fd = -1;

	if (is_special(path))
		return write_special(report, head, path)
			       ? 0
			       : failure_set(failure, CLI_INTERNAL,
					     "cannot write the report %s: %s", path,
					     strerror(errno));
	errno = ENAMETOOLONG;
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) < (int)sizeof(temporary))
		fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
	if (fd >= 0)
		out = fdopen(fd, "w");
	bool written = out && batch_report_print(report, head, out) == 0 && fflush(out) == 0 &&
		       fsync(fd) == 0 && rename(temporary, path) == 0;
	int why = errno;
	if (out)
		(void)fclose(out);
	else if (fd >= 0)
		(void)close(fd);
	if (written)
		return 0;
	if (fd >= 0)
		(void)unlink(temporary);
	return failure_set(failure, CLI_INTERNAL, "cannot write the report %s: %s", path,
			   strerror(why));
}
