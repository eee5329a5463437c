/* SPDX-License-Identifier: MIT */
#include "print/brief.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "print/describe.h"

/* What an outcome makes of the sentence. */
struct form {
	const char *verb;
	const char *joint; /* stands for the first ": " of the verdict's text; NULL: nothing does */
	bool keeps_start;  /* the verdict's text before its first ": " is not the verb once more */
	bool cause_alone;  /* the cause says all that the verdict's text says */
};

static const struct form forms[EXPLAIN_OUTCOMES] = {
	[EXPLAIN_UNEVENTFUL] = {.verb = "was not encrypted"},
	[EXPLAIN_PAIRED] = {.verb = "succeeded"},
	[EXPLAIN_ENCRYPTED] = {.verb = "succeeded"},
	[EXPLAIN_UNFINISHED] = {.verb = "is unfinished", .keeps_start = true},
	[EXPLAIN_REFUSED] = {.verb = "failed", .joint = " with ", .keeps_start = true},
	[EXPLAIN_NO_KEY] = {.verb = "failed", .cause_alone = true},
	[EXPLAIN_BYPASSED] = {.verb = "failed", .keeps_start = true},
	[EXPLAIN_NOT_ENCRYPTED] = {.verb = "failed"},
	[EXPLAIN_CONTRADICTED] = {.verb = "failed", .cause_alone = true},
	[EXPLAIN_LOST] = {.verb = "failed", .joint = " with ", .keeps_start = true},
	[EXPLAIN_SILENCE] = {.verb = "timed out", .cause_alone = true},
	[EXPLAIN_NOT_CONNECTED] = {.verb = "failed", .cause_alone = true},
};

static void put(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(char *text, const char *format, ...)
{
	const size_t len = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text + len, BRIEF_TEXT - len, format, arguments);
	va_end(arguments);
}

/* ---- The subject ----------------------------------------------------------------------------- */

/* The address by which a user knows the end; NULL: it is not known. */
static const char *known_address(const struct explain_verdict *v, int8_t end,
				 char text[ADDRESS_TEXT])
{
	if (v->resolved[end])
		return address_format(&v->identity[end], text);
	const struct explain_party *p = &v->attempt->party[end];

	return p->has_address	? address_format(&p->address, text)
	       : p->is_reported ? address_format(&p->reported, text)
				: NULL;
}

static void put_subject(char *text, const struct explain_verdict *v)
{
	const struct explain_attempt *a = v->attempt;
	const bool encrypts = mark_is_set(&a->encrypt) || mark_is_set(&a->ltk_request) ||
			      mark_is_set(&a->encrypted);
	char addresses[2][ADDRESS_TEXT];
	const char *names[2], *known = NULL;

	EACH_END(end) {
		const char *address = known_address(v, end, addresses[end]);
		known = address ? address : known;
		names[end] = address		      ? address
			     : end == a->captured_end ? "the captured host"
						      : "a device of unknown address";
	}
	const bool asks = mark_is_set(&a->security_request) || mark_is_set(&a->management.failed);
	const bool connects = v->outcome == EXPLAIN_UNEVENTFUL ||
			      v->outcome == EXPLAIN_NOT_CONNECTED ||
			      (v->outcome == EXPLAIN_LOST && !a->pairing && !encrypts && !asks);
	const bool pairs = !connects && (a->pairing || !encrypts);

	put(text, "%s", connects ? "Connection" : pairs ? "Pairing" : "Encryption");
	if (!known && a->captured_end != EXPLAIN_NOBODY)
		put(text,
		    a->roles == EXPLAIN_ROLES_UNKNOWN ? " of the captured host"
						      : " of the captured host (the %s)",
		    check_role(a->captured_end));
	else if (known)
		put(text, pairs ? " of %s with %s" : " between %s and %s", names[EXPLAIN_I],
		    names[EXPLAIN_R]);
}

/* ---- What happened, and why ------------------------------------------------------------------ */

/* Puts frames behind a clause, within the parentheses of the code at its end if it has one. */
static void put_frames(char *text, const char *frames)
{
	const size_t len = strlen(text), code = strlen("(0x00)");

	if (!*frames)
		return;
	if (len > code && strncmp(text + len - code, "(0x", 3) == 0 && text[len - 1] == ')') {
		text[len - 1] = '\0';
		put(text, ", %s)", frames);
	} else {
		put(text, " (%s)", frames);
	}
}

/* The clause of a finding, without the refusal that it caused. */
static void put_finding(char *text, const struct explain_finding *f)
{
	char frames[DESCRIBE_FRAMES];

	put(text, "%.*s", f->effect ? (int)f->effect : (int)strlen(f->text), f->text);
	put_frames(text, describe_frames(f, frames));
}

static void put_outcome(char *text, const struct explain_verdict *v)
{
	const struct form *form = &forms[v->outcome];
	const char *colon = strstr(v->text, ": "), *rest = colon ? colon + 2 : NULL;
	char frame[40] = "";

	if (v->frame)
		(void)snprintf(frame, sizeof(frame), "frame %" PRIu64, v->frame);
	if (form->keeps_start && rest && form->joint)
		put(text, ": %.*s%s%s", (int)(colon - v->text), v->text, form->joint, rest);
	else if (form->keeps_start)
		put(text, ": %s", v->text);
	else if (rest)
		put(text, ": %s", rest);
	else if (v->outcome == EXPLAIN_ENCRYPTED)
		put(text, " with a bond");
	put_frames(text, frame);
}

/*
 * The finding that a user has to know though nothing failed by it; NULL: none. In an attempt that
 * is cut, only what could have made it fail.
 */
static const struct explain_finding *reservation(const struct explain_verdict *v)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct explain_check *check = v->findings[i].check;
		if (check->can_cause ||
		    (v->outcome != EXPLAIN_UNFINISHED &&
		     (check->severity == EXPLAIN_FAULT || check->severity == EXPLAIN_WEAKNESS)))
			return &v->findings[i];
	}
	return NULL;
}

/* The finding that says where the capture ends; NULL: none. */
static const struct explain_finding *end_of_capture(const struct explain_verdict *v)
{
	for (size_t i = 0; v->outcome == EXPLAIN_UNFINISHED && i < v->count; i++)
		if (v->findings[i].check->holds == check_capture_cut)
			return &v->findings[i];
	return NULL;
}

/* True if the cause says what the verdict's text says. */
static bool says_all(const struct explain_verdict *v, const struct explain_finding *cause)
{
	return forms[v->outcome].cause_alone ||
	       (cause->frame_count && cause->frames[0] == v->frame);
}

size_t brief_describe(const struct explain_verdict *v, char text[BRIEF_TEXT])
{
	const struct explain_finding *cause = verdict_cause(v), *cut = end_of_capture(v);
	const struct explain_finding *f = cause ? cause : reservation(v);
	size_t head;

	text[0] = '\0';
	put_subject(text, v);
	put(text, " %s", forms[v->outcome].verb);
	head = strlen(text);
	if (cause && says_all(v, cause)) {
		put(text, ": ");
	} else if (cut) {
		put(text, ": %s", cut->text);
		if (f)
			put(text, ", and ");
		else
			put(text, "; %s", check_fix(cut));
	} else {
		put_outcome(text, v);
		if (f)
			put(text, "%s",
			    !cause		 ? ", but "
			    : cause->by != v->by ? ", most likely because "
						 : ": ");
	}
	if (f) {
		put_finding(text, f);
		put(text, "; %s", check_fix(f));
	}
	put(text, ".");
	return head;
}
