/* SPDX-License-Identifier: MIT */
#include "report/batch_report.h"

#include <errno.h>

#include "base/file.h"

int batch_report_write(const struct batch_report *report, const struct batch_report_head *head,
		       const char *path, struct failure *failure)
{
	static struct file_out file;

	if (file_create(&file, path, FILE_PUBLIC, failure))
		return -1;
	if (batch_report_print(report, head, file.stream)) {
		int error = errno;
		file_abandon(&file);
		return failure_set(failure, cli_exit_of_errno(error), "cannot write %s: %s", path,
				   file_error(error));
	}
	return file_commit(&file, failure);
}
