/* SPDX-License-Identifier: MIT */
#include "report/duration.h"

#include <math.h>
#include <stdio.h>

const char *report_duration(double ms, char text[REPORT_DURATION])
{
	double s = ms / 1000, min = floor(s / 60), h = floor(s / 3600);

	if (!isfinite(ms))
		(void)snprintf(text, REPORT_DURATION, "-");
	else if (ms < 10)
		(void)snprintf(text, REPORT_DURATION, "%.1f ms", ms);
	else if (ms < 1000)
		(void)snprintf(text, REPORT_DURATION, "%.0f ms", ms);
	else if (s < 60)
		(void)snprintf(text, REPORT_DURATION, "%.2f s", s);
	else if (s < 3600)
		(void)snprintf(text, REPORT_DURATION, "%.0f min %.0f s", min, s - 60 * min);
	else
		(void)snprintf(text, REPORT_DURATION, "%.0f h %.0f min", h, (s - 3600 * h) / 60);
	return text;
}
