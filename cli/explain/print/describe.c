/* SPDX-License-Identifier: MIT */
#include "print/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyse/management.h"
#include "base/address.h"
#include "base/hex.h"
#include "base/text.h"
#include "checks/questions.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "track/link_layer.h"

/* Text that grows in a buffer of fixed size; the rest is cut. */
struct text {
	char *at;
	size_t size;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
	const size_t len = strlen(t->at);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(t->at + len, t->size - len, format, arguments);
	va_end(arguments);
}

static struct text text_in(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct text){buffer, size};
}

/* Room for the hexadecimal digits of the longest value, and a zero. */
enum { HEX_TEXT = 2 * EXPLAIN_STEP_DATA + 1 };

/* Most significant octet first. */
static void put_value(struct text *t, const char *name, const uint8_t *value, size_t len)
{
	char hex[HEX_TEXT];

	put(t, "%s%s", name, hex_format(value, len, hex));
	bytes_wipe(hex, sizeof(hex));
}

static void put_octets(struct text *t, const uint8_t octets[6])
{
	char text[ADDRESS_TEXT];
	struct crypto_address address;

	memcpy(address.octets, octets, sizeof(address.octets));
	put(t, "%s", address_format(&address, text));
}

static const char hidden[] = "(hidden without --show-keys)";

/* A key, or a remark in its place. */
static void put_key(struct text *t, const char *name, const uint8_t key[16], bool show_keys)
{
	if (show_keys)
		put_value(t, name, key, 16);
	else
		put(t, "%s%s", name, hidden);
}

/* ---- SMP ------------------------------------------------------------------------------------- */

static void put_distribution(struct text *t, const char *whose, uint8_t dist)
{
	char keys[CHECK_KEY_LIST];

	put(t, ", %s %s", whose, check_key_list(dist, " ", keys));
}

static void put_auth(struct text *t, uint8_t auth)
{
	put(t, "%s, %s, %s", (auth & 3) == SMP_AUTH_BONDING ? "bonding" : "no bonding",
	    auth & SMP_AUTH_MITM ? "MITM" : "no MITM",
	    auth & SMP_AUTH_SC ? "Secure Connections" : "legacy");
}

/* Behind the code of a Pairing Request or Response; known has a bit for each octet. */
static void put_features(struct text *t, const uint8_t *p, unsigned known)
{
	enum { IO = 1, OOB = 2, AUTH = 4, SIZE = 8, INITIATOR = 0x10, RESPONDER = 0x20 };
	const char *begin = t->at;
#define SEPARATOR (*begin ? ", " : "")

	if (known & IO)
		put(t, "%s", smp_io_name(p[0]));
	if (known & OOB && p[1])
		put(t, "%sOOB data", SEPARATOR);
	if (known & AUTH) {
		put(t, "%s", SEPARATOR);
		put_auth(t, p[2]);
		put(t, "%s%s", p[2] & SMP_AUTH_KEYPRESS ? ", keypress" : "",
		    p[2] & SMP_AUTH_CT2 ? ", CT2" : "");
	}
	if (known & SIZE)
		put(t, "%skey %u", SEPARATOR, p[3]);
#undef SEPARATOR
	if (known & INITIATOR)
		put_distribution(t, "initiator's keys", p[4]);
	if (known & RESPONDER)
		put_distribution(t, "responder's keys", p[5]);
}

static bool is_secret(uint8_t code)
{
	switch ((enum smp_code)code) {
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_SIGNING_INFORMATION:
		return true;
	case SMP_PAIRING_REQUEST:
	case SMP_PAIRING_RESPONSE:
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_PAIRING_FAILED:
	case SMP_CENTRAL_IDENTIFICATION:
	case SMP_IDENTITY_ADDRESS_INFORMATION:
	case SMP_SECURITY_REQUEST:
	case SMP_PAIRING_PUBLIC_KEY:
	case SMP_PAIRING_DHKEY_CHECK:
	case SMP_KEYPRESS_NOTIFICATION:
		break;
	}
	return false;
}

static const char *keypress_name(uint8_t keypress)
{
	switch ((enum smp_keypress)keypress) {
	case SMP_KEYPRESS_STARTED:
		return "started";
	case SMP_KEYPRESS_DIGIT:
		return "digit entered";
	case SMP_KEYPRESS_ERASED:
		return "digit erased";
	case SMP_KEYPRESS_CLEARED:
		return "cleared";
	case SMP_KEYPRESS_COMPLETED:
		return "completed";
	}
	return "reserved";
}

static void put_smp(struct text *t, const struct explain_step *s, bool show_keys)
{
	const struct smp_pdu_format *format = smp_pdu_format((uint8_t)s->code);
	const uint8_t *p = s->data + 1;

	if (!format || s->len != format->length || s->kept != s->len) {
		put(t, "%u octet%s", s->len, text_s(s->len));
		if (format && s->len != format->length)
			put(t, ", not %zu", format->length);
		return;
	}
	switch ((enum smp_code)s->code) {
	case SMP_PAIRING_REQUEST:
	case SMP_PAIRING_RESPONSE:
		put_features(t, p, 0x3f);
		break;
	case SMP_PAIRING_FAILED:
		put(t, "%s (0x%02x)", smp_reason_name(p[0]), p[0]);
		break;
	case SMP_CENTRAL_IDENTIFICATION:
		put(t, "EDIV 0x%04x", bytes_get_le16(p));
		put_value(t, ", Rand ", p + 2, 8);
		break;
	case SMP_IDENTITY_ADDRESS_INFORMATION:
		put_octets(t, p + 1);
		put(t, " (%s)", p[0] ? "random static" : "public");
		break;
	case SMP_SECURITY_REQUEST:
		put_auth(t, p[0]);
		break;
	case SMP_KEYPRESS_NOTIFICATION:
		put(t, "%s", keypress_name(p[0]));
		break;
	case SMP_PAIRING_PUBLIC_KEY:
		put_value(t, "X ", p, 32);
		break;
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_SIGNING_INFORMATION:
		put_key(t, "", p, show_keys);
		break;
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_PAIRING_DHKEY_CHECK:
		put_value(t, "", p, 16);
		break;
	}
}

/* What is known of a PDU that is not whole: a summary has some values, and a cut the first ones. */
static void put_known(struct text *t, const struct explain_step *s)
{
	/* The bit behind that of the code; those behind the address type. */
	enum { VALUES = 2, ADDRESS = 0xfc };
	const uint8_t *p = s->data + 1;

	if (s->code == SMP_PAIRING_REQUEST || s->code == SMP_PAIRING_RESPONSE)
		put_features(t, p, s->known >> 1);
	else if (s->code == SMP_SECURITY_REQUEST && s->known & VALUES)
		put_auth(t, p[0]);
	else if (s->code == SMP_IDENTITY_ADDRESS_INFORMATION && (s->known & ADDRESS) == ADDRESS)
		put_octets(t, p + 1);
}

/* ---- HCI ------------------------------------------------------------------------------------- */

static void put_status(struct text *t, uint8_t status)
{
	put(t, "%s (0x%02x)", hci_error_name(status), status);
}

static void put_timing(struct text *t, const uint8_t *p)
{
	put(t, "interval %.2f ms, latency %u, timeout %u ms", bytes_get_le16(p) * 1.25,
	    bytes_get_le16(p + 2), bytes_get_le16(p + 4) * 10);
}

static void put_range(struct text *t, const uint8_t *p)
{
	put(t, "interval %.2f to %.2f ms, latency %u, timeout %u ms", bytes_get_le16(p) * 1.25,
	    bytes_get_le16(p + 2) * 1.25, bytes_get_le16(p + 4), bytes_get_le16(p + 6) * 10);
}

/* Whom a connection is made to: Core Vol 4 Part E 7.8.12, Initiator_Filter_Policy. */
static void put_peer(struct text *t, uint8_t policy, uint8_t type, const uint8_t address[6])
{
	if (policy) {
		put(t, "to the filter accept list");
		return;
	}
	put(t, "to ");
	put_octets(t, address);
	put(t, " (%s)", type & 1 ? "random" : "public");
}

static void put_command(struct text *t, const struct explain_step *s, bool show_keys)
{
	const uint8_t *p = s->data;

	switch (s->code) {
	case HCI_LE_CREATE_CONNECTION:
		put_peer(t, p[4], p[5], p + 6);
		put(t, ", ");
		put_range(t, p + 13);
		break;
	case HCI_LE_EXTENDED_CREATE_CONNECTION:
		put_peer(t, p[0], p[2], p + 3);
		break;
	case HCI_LE_ENABLE_ENCRYPTION:
		put(t, "EDIV 0x%04x", bytes_get_le16(p + 10));
		put_value(t, ", Rand ", p + 2, 8);
		put_key(t, ", key ", p + 12, show_keys);
		break;
	case HCI_LE_LTK_REPLY:
		put_key(t, "key ", p + 2, show_keys);
		break;
	case HCI_LE_CONNECTION_UPDATE:
		put_range(t, p + 2);
		break;
	case HCI_DISCONNECT:
		put_status(t, p[2]);
		break;
	default:
		break;
	}
}

static void put_event(struct text *t, const struct explain_step *s)
{
	const uint8_t *p = s->data;

	switch (s->code) {
	case HCI_COMMAND_STATUS: /* 7.7.15: status first */
	case HCI_COMMAND_COMPLETE:
		put_status(t, p[s->code == HCI_COMMAND_STATUS ? 0 : 3]);
		break;
	case HCI_DISCONNECTION_COMPLETE:
		put_status(t, p[3]);
		break;
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2:
	case HCI_KEY_REFRESH_COMPLETE:
		put_status(t, p[0]);
		break;
	case 0x3e00 | HCI_LE_CONNECTION_COMPLETE:
	case 0x3e00 | HCI_LE_ENHANCED_CONNECTION_COMPLETE:
	case 0x3e29:
		put_status(t, p[1]);
		put(t, ", as %s, ", p[4] ? "peripheral" : "central");
		put_octets(t, p + 6);
		put(t, " (%s)", p[5] & 1 ? "random" : "public");
		p += s->code == (0x3e00 | HCI_LE_CONNECTION_COMPLETE) ? 12 : 24;
		/* Some texts have no interval. */
		if (p[0] || p[1]) {
			put(t, ", ");
			put_timing(t, p);
		}
		break;
	case 0x3e00 | HCI_LE_CONNECTION_UPDATE_COMPLETE:
		put_status(t, p[1]);
		put(t, ", ");
		put_timing(t, p + 4);
		break;
	case 0x3e00 | HCI_LE_CONNECTION_RATE_CHANGE:
		put_status(t, p[1]);
		put(t, ", interval %.3f ms, subrate factor %u, latency %u, timeout %u ms",
		    bytes_get_le16(p + 4) * 0.125, bytes_get_le16(p + 6), bytes_get_le16(p + 8),
		    bytes_get_le16(p + 12) * 10);
		break;
	case 0x3e00 | HCI_LE_LTK_REQUEST:
		put(t, "EDIV 0x%04x", bytes_get_le16(p + 11));
		put_value(t, ", Rand ", p + 3, 8);
		break;
	case 0x3e00 | HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST:
		put_range(t, p + 3);
		break;
	default:
		break;
	}
}

static const char *event_name(uint16_t code)
{
	const struct hci_event_format *format = code >> 8 == 0x3e
							? hci_subevent_format((uint8_t)code)
							: hci_event_format((uint8_t)code);

	return code == 0x3e29 ? "LE Enhanced Connection Complete [v2]"
	       : format	      ? format->name
			      : "unknown event";
}

/* ---- Signalling and link layer --------------------------------------------------------------- */

/* Of a response to a request for a channel: Vol 3 Part A 4.23, 4.26. */
static void put_channel_result(struct text *t, uint16_t result)
{
	if (result)
		put(t, ", refused (0x%04x)", result);
	else
		put(t, ", accepted");
}

static void put_signal(struct text *t, const struct explain_step *s)
{
	const uint8_t *p = s->data;

	if (s->kept < 4)
		return;
	put(t, "identifier %u", p[1]);
	if (p[0] == 0x12 && s->kept >= 12) {
		put(t, ", ");
		put_range(t, p + 4);
	} else if (p[0] == 0x13 && s->kept >= 6) {
		put(t, ", %s", bytes_get_le16(p + 4) ? "rejected" : "accepted");
	} else if (p[0] == 0x15 && s->kept >= 14) {
		put_channel_result(t, bytes_get_le16(p + 12));
	} else if (p[0] == 0x18 && s->kept >= 12) {
		put_channel_result(t, bytes_get_le16(p + 10));
	}
}

static const char *control_name(uint8_t opcode)
{
	switch ((enum explain_control)opcode) {
	case EXPLAIN_LL_TERMINATE:
		return "LL_TERMINATE_IND";
	case EXPLAIN_LL_ENC_REQ:
		return "LL_ENC_REQ";
	case EXPLAIN_LL_ENC_RSP:
		return "LL_ENC_RSP";
	case EXPLAIN_LL_START_ENC_REQ:
		return "LL_START_ENC_REQ";
	case EXPLAIN_LL_START_ENC_RSP:
		return "LL_START_ENC_RSP";
	case EXPLAIN_LL_REJECT:
		return "LL_REJECT_IND";
	case EXPLAIN_LL_REJECT_EXT:
		return "LL_REJECT_EXT_IND";
	case EXPLAIN_LL_CONNECTION_UPDATE:
	case EXPLAIN_LL_PAUSE_ENC_REQ:
	case EXPLAIN_LL_PAUSE_ENC_RSP:
		break;
	}
	return "LL control";
}

static void put_control(struct text *t, const struct explain_step *s)
{
	const uint8_t *p = s->data;

	if (p[0] == EXPLAIN_LL_ENC_REQ && s->kept >= 11) {
		put(t, "EDIV 0x%04x", bytes_get_le16(p + 9));
		put_value(t, ", Rand ", p + 1, 8);
	} else if ((p[0] == EXPLAIN_LL_TERMINATE || p[0] == EXPLAIN_LL_REJECT) && s->kept >= 2) {
		put_status(t, p[1]);
	} else if (p[0] == EXPLAIN_LL_REJECT_EXT && s->kept >= 3) {
		put_status(t, p[2]);
	}
}

static const char *management_name(uint16_t code)
{
	const struct management_message *message = management_message(code);

	return message ? message->name : "unknown message";
}

static void put_management(struct text *t, const struct explain_step *s)
{
	const struct management_message *message = management_message(s->code);
	const uint8_t *p = s->data;

	if (!message || s->kept < message->least)
		return;
	if (message->address != MANAGEMENT_NO_ADDRESS)
		put_octets(t, p + message->address);
	switch ((enum explain_management_code)s->code) {
	case MANAGEMENT_SET_BONDABLE:
		put(t, "%s", p[0] ? "on" : "off");
		break;
	case MANAGEMENT_SET_IO_CAPABILITY:
		put(t, "%s", smp_io_name(p[0]));
		break;
	case MANAGEMENT_PAIR:
		put(t, ", %s", smp_io_name(p[7]));
		break;
	case MANAGEMENT_CONFIRM_REQUEST:
		put(t, ", hint %u (%s)", p[7],
		    p[7] ? "yes or no, without a number" : "a number to compare");
		break;
	case MANAGEMENT_COMPLETE:
	case MANAGEMENT_STATUS:
		put(t, "%s, %s (0x%02x)", management_name(bytes_get_le16(p)),
		    management_status_name(p[2]), p[2]);
		break;
	case MANAGEMENT_CONNECT_FAILED:
	case MANAGEMENT_AUTHENTICATION_FAILED:
		put(t, ", %s (0x%02x)", management_status_name(p[7]), p[7]);
		break;
	case MANAGEMENT_DISCONNECTED:
		if (s->kept > 7)
			put(t, ", %s (0x%02x)", management_disconnect_name(p[7]), p[7]);
		break;
	case MANAGEMENT_LOAD_LTKS:
		put(t, "%u key%s", bytes_get_le16(p), text_s(bytes_get_le16(p)));
		break;
	case MANAGEMENT_DISCONNECT:
	case MANAGEMENT_CANCEL_PAIR:
	case MANAGEMENT_UNPAIR:
	case MANAGEMENT_CONFIRM:
	case MANAGEMENT_CONFIRM_NOT:
	case MANAGEMENT_PASSKEY:
	case MANAGEMENT_PASSKEY_NOT:
	case MANAGEMENT_ADD_OOB:
	case MANAGEMENT_NEW_LINK_KEY:
	case MANAGEMENT_NEW_LTK:
	case MANAGEMENT_PASSKEY_REQUEST:
	case MANAGEMENT_UNPAIRED:
	case MANAGEMENT_PASSKEY_NOTIFY:
		break;
	}
}

static void put_att(struct text *t, const struct explain_step *s)
{
	if (s->kept == 5)
		put(t, "%s (0x%02x), attribute 0x%04x", check_att_error_name(s->data[4]),
		    s->data[4], bytes_get_le16(s->data + 2));
}

/* ---- All ------------------------------------------------------------------------------------- */

const char *describe_lane(const struct explain_attempt *a, int8_t end)
{
	if (end == EXPLAIN_NOBODY)
		return "unknown";
	if (a->captured_end == EXPLAIN_NOBODY)
		return end == EXPLAIN_I ? "central" : "peripheral";
	return end == a->captured_end ? "host" : "peer";
}

const char *describe_role(const struct explain_attempt *a, int8_t end, char text[DESCRIBE_ROLE])
{
	*text = '\0';
	if (a->roles == EXPLAIN_ROLES_UNKNOWN)
		return text;
	/* On air, the lane has the other name already. */
	if (a->captured_end == EXPLAIN_NOBODY)
		(void)snprintf(text, DESCRIBE_ROLE, "%s", check_role(end));
	else
		(void)snprintf(text, DESCRIBE_ROLE, "%s (%s)", check_role(end),
			       end == EXPLAIN_I ? "central" : "peripheral");
	return text;
}

void describe_step(const struct explain_verdict *v, const struct explain_step *s, bool show_keys,
		   struct explain_description *w)
{
	struct text t = text_in(w->fields, sizeof(w->fields));
	const struct explain_attempt *a = v->attempt;
	const int8_t other = s->from == EXPLAIN_NOBODY ? EXPLAIN_NOBODY : (int8_t)!s->from;

	*w = (struct explain_description){.from = describe_lane(a, s->from),
					  .to = describe_lane(a, other)};
	switch ((enum explain_layer)s->layer) {
	case EXPLAIN_LAYER_COMMAND:
		w->layer = "HCI";
		w->title = hci_command_name(s->code);
		w->from = "host";
		w->to = "controller";
		w->secret = s->code == HCI_LE_ENABLE_ENCRYPTION || s->code == HCI_LE_LTK_REPLY;
		if (s->whole)
			put_command(&t, s, show_keys);
		break;
	case EXPLAIN_LAYER_EVENT:
		w->layer = "HCI";
		w->title = event_name(s->code);
		w->from = "controller";
		w->to = "host";
		if (s->whole)
			put_event(&t, s);
		break;
	case EXPLAIN_LAYER_SIGNALING:
		w->layer = "L2CAP";
		w->title = check_signal_name((uint8_t)s->code);
		put_signal(&t, s);
		break;
	case EXPLAIN_LAYER_SMP:
		w->layer = "SMP";
		w->title = smp_pdu_name((uint8_t)s->code);
		w->secret = is_secret((uint8_t)s->code);
		if (s->whole)
			put_smp(&t, s, show_keys);
		else
			put_known(&t, s);
		break;
	case EXPLAIN_LAYER_LL:
		w->layer = "LL";
		w->title = control_name((uint8_t)s->code);
		put_control(&t, s);
		break;
	case EXPLAIN_LAYER_MANAGEMENT:
		w->layer = "MGMT";
		w->title = management_name(s->code);
		w->to = w->from;
		put_management(&t, s);
		break;
	case EXPLAIN_LAYER_ATT:
		w->layer = "ATT";
		w->title = "Error Response";
		put_att(&t, s);
		break;
	}
	if (!s->whole)
		put(&t, "%s",
		    *t.at	 ? " (the rest is missing)"
		    : a->excerpt ? "(not in the text)"
				 : "(cut by the capture)");
}

static const char *result_text(enum explain_result result)
{
	switch (result) {
	case EXPLAIN_RIGHT:
		return " matches";
	case EXPLAIN_WRONG:
		return " does not match";
	case EXPLAIN_EXPLAINED:
		return " matches if computed wrongly";
	case EXPLAIN_UNKNOWN:
		break;
	}
	return "";
}

void describe_values(const struct explain_verdict *v, uint64_t frame, bool show_keys, char *text,
		     size_t size)
{
	const struct explain_facts *facts = &v->facts;
	struct text t = text_in(text, size);

	for (size_t i = 0; i < facts->value_count; i++) {
		const struct explain_value *value = &facts->values[i];
		if (value->frame != frame)
			continue;
		put(&t, "%s%s", *t.at ? "; " : "", value->name);
		put(&t, "%s", result_text(value->result));
		if (value->secret && show_keys)
			put_value(&t, value->result == EXPLAIN_UNKNOWN ? " " : ": ", value->octets,
				  value->len);
		else if (value->secret)
			put(&t, " %s", hidden);
	}
	if (facts->has_stk && facts->features.method != SMP_JUST_WORKS && show_keys &&
	    frame == v->attempt->party[EXPLAIN_I].confirm.frame)
		put(&t, "%sthe passkey is %06u", *t.at ? "; " : "", facts->passkey[0]);
	if (facts->has_number && frame == v->attempt->party[EXPLAIN_R].random.frame)
		put(&t, "%sg2 gives %06u", *t.at ? "; " : "", facts->number);
}

double describe_seconds(const struct explain_attempt *a, const struct explain_step *s)
{
	const struct explain_mark *first = &a->first;

	for (size_t i = 0; first->untimed && i < a->step_count; i++)
		first = &a->steps[i].at;
	return (double)(int64_t)(s->at.time_us - first->time_us) / 1e6;
}

const char *describe_time(const struct explain_attempt *a, const struct explain_step *s,
			  char text[DESCRIBE_TIME])
{
	*text = '\0';
	if (!s->at.untimed)
		(void)snprintf(text, DESCRIBE_TIME, "%.6f", describe_seconds(a, s));
	return text;
}

const char *describe_roles(const struct explain_attempt *a)
{
	return a->roles == EXPLAIN_ROLES_DEDUCED ? "; role deduced from the messages" : "";
}

const char *describe_address(const struct explain_verdict *v, int8_t end,
			     char text[DESCRIBE_ADDRESS])
{
	const struct explain_party *p = &v->attempt->party[end];
	struct text t = text_in(text, DESCRIBE_ADDRESS);

	if (!p->has_address && p->is_reported) {
		put_octets(&t, p->reported.octets);
		put(&t, " (%s), known from the management interface", address_kind(&p->reported));
		return text;
	}
	if (!p->has_address) {
		put(&t, "unknown address");
		return text;
	}
	put_octets(&t, p->address.octets);
	put(&t, " (%s)", address_kind(&p->address));
	if (v->resolved[end]) {
		put(&t, ", identity ");
		put_octets(&t, v->identity[end].octets);
	}
	return text;
}

static const char *why(const struct smp_features *f)
{
	bool mitm = (f->request.auth_req | f->response.auth_req) & SMP_AUTH_MITM;

	switch (f->method) {
	case SMP_OOB:
		return f->secure_connections ? "an end has the other end's out-of-band data"
					     : "both ends have out-of-band data";
	case SMP_NUMERIC_COMPARISON:
		return "both ends can show a number and ask yes or no";
	case SMP_PASSKEY_WE_SHOW:
		return "the initiator shows a passkey and the responder has a keyboard";
	case SMP_PASSKEY_WE_TYPE:
		return "the responder shows a passkey and the initiator has a keyboard";
	case SMP_PASSKEY_BOTH_TYPE:
		return "both ends have a keyboard and neither has a display";
	case SMP_JUST_WORKS:
	case SMP_METHOD_NONE:
		break;
	}
	if (!mitm)
		return "neither end asked for protection against a man in the middle";
	return check_why_unauthenticated(f);
}

void describe_agreement(const struct explain_verdict *v, char *text, size_t size)
{
	const struct smp_features *f = &v->facts.features;
	struct text t = text_in(text, size);

	if (!v->facts.has_features)
		return;
	put(&t, "%s, %s: %s; ",
	    f->secure_connections ? "LE Secure Connections" : "LE legacy pairing",
	    check_method_name(f->method), why(f));
	if (f->request.max_key_size > 16 || f->response.max_key_size > 16 ||
	    !analyse_key_size_is_valid(f))
		put(&t, "no valid key size");
	else
		put(&t, "key of %u octets", f->key_size);
	put_distribution(&t, "initiator's keys", f->init_keys);
	put_distribution(&t, "responder's keys", f->resp_keys);
}

const char *describe_frames(const struct explain_finding *f, char text[DESCRIBE_FRAMES])
{
	struct text t = text_in(text, DESCRIBE_FRAMES);

	for (uint8_t i = 0; i < f->frame_count; i++)
		put(&t, "%s%llu",
		    i			 ? ", "
		    : f->frame_count > 1 ? "frames "
					 : "frame ",
		    (unsigned long long)f->frames[i]);
	return text;
}
