/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "print/json.h"
#include "print/picture.h"

const char batch_verdict_rejected[] =
	"{\"text\":\"paired, but this bond is not kept: the one in the store stays in force\","
	"\"cause\":\"the unit claims the identity of a device that there is a stronger bond with\","
	"\"fix\":\"if it is that device and has lost its bond, pair again with --replace-bond\"}";

/* The text of verdict, whose reference it takes. Findings that do not fit are left out. */
static char *dump(json_t *verdict)
{
	char *text = json_dumps(verdict, JSON_COMPACT);

	if (text && strlen(text) > ATTEMPT_VERDICT) {
		free(text);
		(void)json_object_del(verdict, "findings");
		text = json_dumps(verdict, JSON_COMPACT);
	}
	json_decref(verdict);
	return text;
}

/* Sets a field that is absent. */
static void complete(json_t *verdict, const char *field, const char *text)
{
	if (text && *text && !json_object_get(verdict, field))
		(void)json_object_set_new(verdict, field, text_json(text));
}

/* A part of a page: its links need a number that no other part has. */
static char *part_of_page(struct batch_job *job, const struct explain_verdict *v)
{
	char *text = NULL;
	size_t size;
	FILE *html = open_memstream(&text, &size);

	if (!html)
		return NULL;
	print_picture_part(html, v, ++job->parts);
	if (fclose(html) == 0)
		return text;
	free(text);
	return NULL;
}

void batch_verdict_take(struct batch_slot *slot, const struct explain_verdict *v)
{
	const struct outcome *o = &slot->session.outcome;
	json_t *verdict = print_json_verdict(v);

	complete(verdict, "cause", o->detail);
	complete(verdict, "fix", o->advice);
	batch_verdict_free(slot);
	slot->verdict = dump(verdict);
	if (slot->controller->job->report)
		slot->part = part_of_page(slot->controller->job, v);
}

void batch_verdict_free(struct batch_slot *slot)
{
	free(slot->verdict);
	free(slot->part);
	slot->verdict = slot->part = NULL;
}

char *batch_verdict_text(const char *text, const char *cause, const char *fix)
{
	json_t *verdict = json_object();

	complete(verdict, "text", text);
	complete(verdict, "cause", cause);
	complete(verdict, "fix", fix);
	return dump(verdict);
}

const char *batch_verdict_of(struct batch_slot *slot)
{
	const struct outcome *o = &slot->session.outcome;

	if (o->exit == CLI_OK || o->exit == CLI_CANCELLED)
		return NULL;
	if (!slot->verdict)
		slot->verdict = batch_verdict_text(o->text, o->detail, o->advice);
	return slot->verdict;
}
