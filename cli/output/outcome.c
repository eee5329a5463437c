/* SPDX-License-Identifier: MIT */
#include "output/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "base/text.h"
#include "hci/error.h"
#include "hci/protocol.h"

static void fail(struct outcome *o, enum cli_exit exit, const char *format, va_list arguments)
{
	*o = (struct outcome){.exit = exit, .result = "failed", .reason_code = -1};
	if (exit == CLI_CANCELLED)
		o->result = "cancelled";
	(void)vsnprintf(o->text, sizeof(o->text), format, arguments);
}

void outcome_fail(struct outcome *o, enum cli_exit exit, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fail(o, exit, format, arguments);
	va_end(arguments);
}

void outcome_fail_hci(struct outcome *o, enum cli_exit exit, uint8_t status, const char *format,
		      ...)
{
	va_list arguments;
	size_t len;

	va_start(arguments, format);
	fail(o, exit, format, arguments);
	va_end(arguments);
	len = strlen(o->text);
	(void)snprintf(o->text + len, sizeof(o->text) - len, ": %s (0x%02x)",
		       hci_error_name(status), status);
	outcome_advice(o, "%s", hci_error_advice(status));
	o->reason = hci_error_name(status);
	o->reason_code = status;
}

void outcome_detail(struct outcome *o, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(o->detail, sizeof(o->detail), format, arguments);
	va_end(arguments);
}

void outcome_advice(struct outcome *o, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(o->advice, sizeof(o->advice), format, arguments);
	va_end(arguments);
}

void outcome_command_failed(struct outcome *o, uint16_t opcode, uint8_t status)
{
	outcome_fail(o, CLI_CONTROLLER_FAILED, "%s: %s (0x%02x)", hci_command_name(opcode),
		     hci_error_name(status), status);
}

void outcome_report(const struct outcome *o, struct event_output *events,
		    const struct crypto_address *peer, json_t *more)
{
	json_t *event = json_pack("{s:s, s:s, s:s}", "event", "result", "result", o->result,
				  "class", cli_exit_slug(o->exit));

	if (o->reason)
		(void)json_object_set_new(event, "reason", json_string(o->reason));
	if (o->reason_code >= 0)
		(void)json_object_set_new(event, "reason_code", json_integer(o->reason_code));
	if (peer)
		(void)json_object_set_new(event, "peer", json_address(peer));
	if (more)
		(void)json_object_update(event, more);
	json_decref(more);
	(void)json_object_set_new(event, "text", text_json(o->text));
	if (*o->detail)
		(void)json_object_set_new(event, "detail", text_json(o->detail));
	if (*o->advice)
		(void)json_object_set_new(event, "advice", text_json(o->advice));
	event_emit(events, event);
}
