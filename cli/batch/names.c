/* SPDX-License-Identifier: MIT */
#include "batch/names.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "hci/error.h"
#include "l2cap/att.h"
#include "smp/reason.h"

const char *batch_unit_key(const struct batch_unit_spec *spec, char text[BATCH_UNIT_NAME])
{
	char address[ADDRESS_TEXT];

	if (spec->has_address)
		(void)snprintf(text, BATCH_UNIT_NAME, "%s%s%s",
			       address_format(&spec->address, address), spec->typed ? "/" : "",
			       spec->typed ? address_type(&spec->address) : "");
	else if (spec->label)
		(void)snprintf(text, BATCH_UNIT_NAME, "%s", spec->label);
	else
		(void)snprintf(text, BATCH_UNIT_NAME, "line %u", spec->line);
	return text;
}

const char *batch_unit_name(const struct batch_unit_spec *spec, char text[BATCH_UNIT_NAME])
{
	char key[BATCH_UNIT_NAME];

	batch_unit_key(spec, key);
	if (spec->label && strcmp(spec->label, key) != 0)
		(void)snprintf(text, BATCH_UNIT_NAME, "%.30s %.80s", key, spec->label);
	else
		(void)snprintf(text, BATCH_UNIT_NAME, "%s", key);
	return text;
}

static const struct {
	const char *slug, *text;
} ends[BATCH_ENDS] = {
	[BATCH_SUCCEEDED] = {"paired", "paired"},
	[BATCH_NOT_SEEN] = {"not_seen", "not seen"},
	[BATCH_NO_ANSWER] = {"no_answer", "connection not accepted"},
	[BATCH_NOT_ESTABLISHED] = {"not_established", "connection not established"},
	[BATCH_LOST] = {"lost", "link lost"},
	[BATCH_REFUSED] = {"refused", "the unit refused"},
	[BATCH_UNENCRYPTED] = {"unencrypted", "link not encrypted"},
	[BATCH_BOND_LOST] = {"bond_lost", "bond lost"},
	[BATCH_SMP_TIMEOUT] = {"silent", "no answer for 30 s"},
	[BATCH_WE_REFUSED] = {"we_refused", "we refused"},
	[BATCH_WRONG_ATTRIBUTE] = {"wrong_attribute", "an attribute is not as expected"},
	[BATCH_UNPROTECTED] = {"unprotected", "an attribute is not protected"},
	[BATCH_UNIT_TIMEOUT] = {"too_long", "--unit-timeout over"},
	[BATCH_INTERNAL_ERROR] = {"broken", "internal error"},
	[BATCH_CONTROLLER_FULL] = {"full", "no room for another link"},
	[BATCH_CONTROLLER_FAILED] = {"controller", "controller failed"},
	[BATCH_CANCELLED] = {"cancelled", "cancelled"},
};

const char *batch_end_slug(enum batch_end end)
{
	return ends[end].slug;
}

const char *batch_cause_text(enum batch_end end, int code, char text[BATCH_CAUSE_TEXT])
{
	const bool smp = end == BATCH_REFUSED || end == BATCH_WE_REFUSED;

	if (code < 0)
		(void)snprintf(text, BATCH_CAUSE_TEXT, "%s", ends[end].text);
	else
		(void)snprintf(text, BATCH_CAUSE_TEXT, "%s: %s (0x%02x)", ends[end].text,
			       smp			      ? smp_reason_name((uint8_t)code)
			       : end == BATCH_WRONG_ATTRIBUTE ? att_error_name((uint8_t)code)
							      : hci_error_name((uint8_t)code),
			       (unsigned)code);
	return text;
}
