/* SPDX-License-Identifier: MIT */
/*
 * The report of a run over many units: one HTML page that needs nothing beside itself and holds no
 * keys. What came from the air, a list or the command line is text in it, whatever it says.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

struct html_report;

/* What stands at its head; any may be NULL. */
struct html_report_about {
	const char *run;     /* the name of the run */
	const char *station; /* where it ran */
};

/* An empty one; NULL: no memory. */
struct html_report *html_report_new(void);
void html_report_free(struct html_report *report);

/*
 * Takes one attempt, and the reference: an object of attempt_to_json(), of which
 * the latest of each unit (of each peer, where no unit is named) is its outcome. report is a struct
 * html_report.
 */
void html_report_add(void *report, json_t *attempt);

/* Prints the page. 0, or -1 with errno when it cannot be written. */
int html_report_print(const struct html_report *report, const struct html_report_about *about,
		      FILE *out);

/* Writes it to path, see FILE_PUBLIC in base/file.h. 0, or -1 with one line in error. */
int html_report_write(const struct html_report *report, const struct html_report_about *about,
		      const char *path, char *error, size_t size);
