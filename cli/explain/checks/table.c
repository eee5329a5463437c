/* SPDX-License-Identifier: MIT */
#include "checks/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "smp/pdu.h"
#include "smp/reason.h"

/* clang-format off */
#define FAULT    EXPLAIN_FAULT
#define WEAK     EXPLAIN_WEAKNESS
#define SURPRISE EXPLAIN_SURPRISE
#define HINT     EXPLAIN_HINT

/* A row for a reason of Pairing Failed that nothing above has explained. */
#define REASON(id, code, text, fix) \
	{id, FAULT, true, check_peer_reason, code, text, "Vol 3 Part H 3.5.5, Table 3.7", fix}

const struct explain_check check_table[] = {
/* ---- What ends a pairing, the surest first ---- */
{"keys-not-negotiated", FAULT, true, check_keys_not_negotiated, 0,
 "An end distributed keys that the two key distribution fields do not have in common.",
 "Vol 3 Part H 3.6.1, 2.4.3",
 "send exactly the keys whose bit is set in both Pairing Request and Pairing Response, no others"},
{"wrong-length", FAULT, true, check_wrong_length, 0,
 "An SMP PDU is longer or shorter than the specification says.",
 "Vol 3 Part H 3.3, 3.5",
 "send the PDU with its exact length"},
{"reserved-value", FAULT, true, check_reserved_value, 0,
 "IO capability, OOB flag or key size has a value that the specification reserves.",
 "Vol 3 Part H 3.5.1",
 "use a defined value: IO capability 0 to 4, OOB 0 or 1, key size 7 to 16"},
{"wrong-role", FAULT, true, check_wrong_role, 0,
 "The peripheral sent Pairing Request, or the central sent Pairing Response or Security Request.",
 "Vol 3 Part H 2.3, 2.4.6",
 "the central sends Pairing Request; a peripheral that wants to pair sends Security Request"},
{"reflected-key", FAULT, true, check_reflected_key, 0,
 "Both ends sent the same public key: somebody reflects it (CVE-2020-26558).",
 "Vol 3 Part H 2.3.5.6.1",
 "refuse a public key whose X coordinate is one's own; find out who is in the middle"},
{"mirrored-values", FAULT, true, check_mirrored, 0,
 "An end sent back the other's confirm or random value: an impostor that does not know the secret (CVE-2020-26558, CVE-2020-26555).",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6.3",
 "refuse a confirm value that equals one's own; find out who is in the middle"},
{"invalid-key", FAULT, true, check_invalid_key, 0,
 "A public key is not a point of the curve: a broken stack, or the invalid curve attack (CVE-2018-5383).",
 "Vol 3 Part H 2.3.5.6.1",
 "generate the key pair anew, and check the byte order: X before Y, least significant octet first"},
{"keys-not-offered", FAULT, true, check_keys_not_offered, 0,
 "Pairing Response asks for keys that Pairing Request did not offer.",
 "Vol 3 Part H 3.5.2, 3.6.1",
 "in the response, set only bits that the request has set"},
{"passkeys-differ", FAULT, true, check_passkeys_differ, 0,
 "The two ends used different passkeys.",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6.3",
 "try again with the passkey that is shown; on a peer with a fixed passkey, the one of its manual"},
{"confirm-wrong", FAULT, true, check_confirm_wrong, 0,
 "A confirm value of legacy pairing does not come out.",
 "Vol 3 Part H 2.2.3, 2.3.5.5",
 "compute c1 from the TK, this random value, both feature PDUs and the addresses as on air"},
{"commitment-wrong", FAULT, true, check_commitment_wrong, 0,
 "A confirm value of Secure Connections does not come out.",
 "Vol 3 Part H 2.2.6, 2.3.5.6",
 "compute f4 from the X coordinates (own first), the nonce, and 0 or 0x80 plus the bit"},
{"check-wrong", FAULT, true, check_dhkey_check_wrong, 0,
 "A DHKey check does not come out of the debug key.",
 "Vol 3 Part H 2.2.7, 2.2.8",
 "compute f5 and f6 from the addresses as on air and the IO capabilities in PDU order"},
{"confirm-rejected", FAULT, true, check_rejected_right, 0,
 "An end refused a confirm or check value that is right.",
 "Vol 3 Part H 2.3.5.5",
 "look at the end that refused: its passkey, its addresses and types, and its byte order"},
{"wrong-key", FAULT, true, check_wrong_stk, 0,
 "Encryption was started with another key than the one that was agreed.",
 "Vol 3 Part H 2.2.4, 2.4.4",
 "encrypt with s1(TK, Srand, Mrand) shortened to the negotiated size, EDIV and Rand zero"},
{"out-of-turn", FAULT, true, check_out_of_turn, 0,
 "A PDU came that the message chart of this association model does not have there.",
 "Vol 3 Part H 2.3.5, Appendix C",
 "send the PDUs of the negotiated association model in their order, each once"},
{"keys-order", FAULT, true, check_keys_order, 0,
 "Keys came in another order than the specification says.",
 "Vol 3 Part H 2.4.3, 3.6.1",
 "the responder first, then the initiator; of each LTK, EDIV and Rand, IRK, identity address, CSRK"},
{"no-bond", FAULT, true, check_no_bond, 0,
 "One end has lost the bond: it has no key for this peer (0x06).",
 "Vol 3 Part H 2.4.4.2; Vol 1 Part F 2.6",
 "remove the bond on the end that still has it, and pair again"},
{"bond-refused-here", FAULT, true, check_bond_refused_here, 0,
 "The captured host answered that it has no key for this peer.",
 "Vol 4 Part E 7.8.26; Vol 3 Part H 2.4.4",
 "remove the bond on the peer and pair again; look for EDIV, Rand or an address that changed"},
{"mic-failure", FAULT, true, check_mic_failure, 0,
 "The link ended because what was encrypted could not be decrypted (0x3D).",
 "Vol 6 Part B 5.1.3; Vol 1 Part F 2.61",
 "the two ends have different keys: remove the bond on both and pair again"},
{"encryption-refused", FAULT, true, check_refused_encryption, 0,
 "Encryption was asked for and not started.",
 "Vol 6 Part B 5.1.3; Vol 4 Part E 7.7.8",
 "remove the bond on both ends and pair again"},
{"not-established", FAULT, true, check_not_established, 0,
 "The connection was created and never came to life (0x3E): no answer within six connection events.",
 "Vol 6 Part B 4.5; Vol 1 Part F 2.62",
 "come closer; try again; a peer that always does that may refuse this central or be busy"},
{"hardware-error", FAULT, true, check_hardware_error, 0,
 "The controller reported Hardware Error: it has failed, and the link is gone with it.",
 "Vol 4 Part E 7.7.16",
 "reset the controller or take its power away; if it comes again, look for newer firmware"},
{"supervision-timeout", FAULT, true, check_supervision, 0,
 "The link was lost in the middle of it: nothing was heard for the supervision timeout (0x08).",
 "Vol 6 Part B 4.5.2; Vol 1 Part F 2.8",
 "come closer, look whether the peer crashed, and give the supervision timeout a few seconds"},
{"keys-missing", FAULT, true, check_keys_missing, 0,
 "Keys were negotiated and never sent: the other end waits for them.",
 "Vol 3 Part H 3.6.1, 3.4",
 "send every key whose bit is set in both Pairing Request and Pairing Response"},
{"silence", FAULT, true, check_silent, 0,
 "An end did not send what was its turn within 30 seconds.",
 "Vol 3 Part H 3.4",
 "look at the end that is silent: does it wait for its user, or has it crashed? Reconnect before trying again"},
{"hung-up", FAULT, true, check_hung_up, 0,
 "An end disconnected in the middle, without Pairing Failed.",
 "Vol 3 Part H 3.5.5",
 "look at the end that hung up, and at what was sent last"},
{"key-size-refused", FAULT, true, check_key_size_refused, 0,
 "The key that both can use is shorter than one end accepts.",
 "Vol 3 Part H 2.3.4",
 "raise the maximum encryption key size to 16 octets"},
{"mitm-refused", FAULT, true, check_mitm_refused, 0,
 "An end wants protection against a man in the middle, or Secure Connections, that these features cannot give.",
 "Vol 3 Part H 2.3.5.1, 2.3.1",
 "offer what the association model needs: another IO capability, the MITM flag, or Secure Connections"},
/* ---- Every reason of Pairing Failed, where nothing above explains it ---- */
REASON("reason-passkey-entry-failed", SMP_PASSKEY_ENTRY_FAILED,
 "Passkey Entry Failed (0x01): the user cancelled, or the passkey could not be entered.",
 "try again, and type what the other end shows"),
REASON("reason-oob-not-available", SMP_OOB_NOT_AVAILABLE,
 "OOB Not Available (0x02): out-of-band data was chosen, and that end has none.",
 "hand the out-of-band data over first, or clear the OOB flag"),
REASON("reason-authentication-requirements", SMP_AUTHENTICATION_REQUIREMENTS,
 "Authentication Requirements (0x03): these features do not give the security that was asked for.",
 "offer an IO capability that authenticates, or Secure Connections"),
REASON("reason-confirm-value-failed", SMP_CONFIRM_VALUE_FAILED,
 "Confirm Value Failed (0x04): the confirm value did not come out at that end.",
 "the two ends used different passkeys, addresses or out-of-band data"),
REASON("reason-pairing-not-supported", SMP_PAIRING_NOT_SUPPORTED,
 "Pairing Not Supported (0x05): that end does not pair, or not now.",
 "put it into pairing mode, or remove its old bond"),
REASON("reason-encryption-key-size", SMP_ENCRYPTION_KEY_SIZE,
 "Encryption Key Size (0x06): the key would be too short for that end.",
 "raise the maximum encryption key size to 16 octets"),
REASON("reason-command-not-supported", SMP_COMMAND_NOT_SUPPORTED,
 "Command Not Supported (0x07): that end does not know the PDU that it was sent.",
 "its SMP may be older than Secure Connections: clear the SC flag"),
REASON("reason-unspecified", SMP_UNSPECIFIED_REASON,
 "Unspecified Reason (0x08): that end does not say why.",
 "look at what it was sent last, and at its own log"),
REASON("reason-repeated-attempts", SMP_REPEATED_ATTEMPTS,
 "Repeated Attempts (0x09): too little time has passed since an attempt that failed.",
 "wait: the time doubles with every failure"),
REASON("reason-invalid-parameters", SMP_INVALID_PARAMETERS,
 "Invalid Parameters (0x0A): a field of what it was sent is not valid.",
 "look at what was sent last: lengths, reserved values, key distribution"),
REASON("reason-dhkey-check-failed", SMP_DHKEY_CHECK_FAILED,
 "DHKey Check Failed (0x0B): the two ends computed different keys.",
 "compare addresses and their types, IO capabilities and the byte order of public keys; or someone is in the middle"),
REASON("reason-numeric-comparison-failed", SMP_NUMERIC_COMPARISON_FAILED,
 "Numeric Comparison Failed (0x0C): the user said that the numbers differ.",
 "if they did, someone is in the middle; else try again"),
REASON("reason-bredr-pairing", SMP_BREDR_PAIRING_IN_PROGRESS,
 "BR/EDR Pairing In Progress (0x0D): that end is pairing over BR/EDR.",
 "try again when that is done"),
REASON("reason-ctkd-not-allowed", SMP_CTKD_NOT_ALLOWED,
 "Cross-transport Key Derivation Not Allowed (0x0E): the key must not serve the other transport.",
 "clear the LinkKey bit of key distribution"),
REASON("reason-key-rejected", SMP_KEY_REJECTED,
 "Key Rejected (0x0F): that end does not take a key that it was given.",
 "look at the keys that were distributed: a constant or a debug key may be refused"),
REASON("reason-busy", SMP_BUSY,
 "Busy (0x10): that end has no time for it now.",
 "try again"),
{"reason-unknown", FAULT, true, check_unknown_reason, 0,
 "Pairing Failed has a reason that the specification does not define.",
 "Vol 3 Part H Table 3.7",
 "send one of the reasons 0x01 to 0x10"},
/* ---- What goes wrong beside it ---- */
{"security-request-ignored", FAULT, true, check_security_request_ignored, 0,
 "The peripheral asked for security and the central did nothing.",
 "Vol 3 Part H 2.4.6",
 "answer with Pairing Request, with encryption, or with Pairing Failed"},
{"pdu-after-failure", FAULT, false, check_after_failure, 0,
 "SMP PDUs of the same attempt came after Pairing Failed.",
 "Vol 3 Part H 3.5.5",
 "when a pairing has failed, forget it: begin again with Pairing Request"},
{"patterned-keys", WEAK, false, check_patterned_keys, 0,
 "A key that must be random is constant, repeats itself or counts.",
 "Vol 3 Part H 2.4.2; Vol 2 Part H 2",
 "take keys from a random generator, new for every bond; whoever knows the pattern can read the link"},
{"patterned-nonce", WEAK, false, check_patterned_nonce, 0,
 "A nonce, a confirm value or a public key that must be random is constant, repeats itself or counts.",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6; Vol 2 Part H 2",
 "take it from a random generator, new for every attempt"},
{"repeated-nonce", WEAK, false, check_repeated_nonce, 0,
 "The same random value served in another attempt.",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6",
 "take a new random value for every attempt (and every round)"},
{"repeated-key", WEAK, false, check_repeated_ltk, 0,
 "The same LTK was distributed before.",
 "Vol 3 Part H 2.4.2",
 "make a new LTK for every bond"},
{"repeated-public-key", WEAK, false, check_repeated_public_key, 0,
 "A public key served again after a pairing that had failed.",
 "Vol 3 Part H 2.3.6",
 "make a new key pair after every failed pairing"},
{"repeated-passkey", WEAK, false, check_repeated_passkey, 0,
 "The same passkey served again in Secure Connections: whoever heard the first pairing knows it.",
 "Vol 3 Part H 2.3.5.6.3",
 "show a new random passkey each time"},
{"debug-key", WEAK, false, check_debug_key, 0,
 "An end used the debug key pair, whose private key is published: everybody can read this link.",
 "Vol 3 Part H 2.3.5.6.1",
 "use it in the laboratory only; never accept it outside"},
{"small-key", WEAK, false, check_small_key, 0,
 "The key is shorter than 16 octets (KNOB, CVE-2019-9506, when someone shortened it on the way).",
 "Vol 3 Part H 2.3.4",
 "offer and demand 16 octets"},
{"downgrade", WEAK, false, check_downgrade, 0,
 "The same two ends could do better before: somebody may have taken it away on the way.",
 "Vol 3 Part H 2.3.5.1",
 "demand what the peer is known to be able to: Secure Connections only, 16 octets"},
{"command-refused", FAULT, true, check_command_refused, 0,
 "The controller refused a command that everything depends on.",
 "Vol 4 Part E 7",
 "look at the command's parameters, and whether the controller supports it"},
{"events-masked", FAULT, true, check_masked, 0,
 "The event masks keep events from the host without which it cannot pair.",
 "Vol 4 Part E 7.3.1, 7.8.1",
 "set Encryption Change, Encryption Key Refresh Complete and LE Meta, and the LE events of 4.0 (0x1f)"},
{"l2cap-identifier", FAULT, false, check_identifier, 0,
 "An answer on the signalling channel has another identifier than its request: the other end drops it.",
 "Vol 3 Part A 4",
 "answer with the identifier of the request"},
{"l2cap-result", FAULT, false, check_result_code, 0,
 "Connection Parameter Update Response has a result that is not defined.",
 "Vol 3 Part A 4.21",
 "answer 0x0000 (accepted) or 0x0001 (rejected)"},
{"l2cap-unanswered", FAULT, false, check_unanswered, 0,
 "A request on the signalling channel got no answer.",
 "Vol 3 Part A 4, 4.20, 6.1",
 "answer every Connection Parameter Update Request"},
{"bad-parameters", FAULT, false, check_bad_parameters, 0,
 "Connection parameters are out of range, or the supervision timeout is too short for interval and latency.",
 "Vol 6 Part B 4.5.2; Vol 4 Part E 7.8.18",
 "interval 7.5 ms to 4 s, latency up to 499, timeout 100 ms to 32 s and above (1 + latency) x interval x 2"},
{"slow-step", SURPRISE, false, check_slow, 0,
 "A step that needs no user took many seconds.",
 "Vol 3 Part H 3.4",
 "look at the end whose turn it was; at 30 seconds the pairing is over"},
{"mitm-unmet", SURPRISE, false, check_mitm_unmet, 0,
 "Protection against a man in the middle was asked for, and is not there.",
 "Vol 3 Part H 2.3.5.1, Table 2.8",
 "if it matters, refuse to pair; else give one end a display and the other a keyboard"},
{"io-unused", SURPRISE, false, check_io_unused, 0,
 "The IO capabilities would allow authentication, but neither end set the MITM flag: they were not looked at.",
 "Vol 3 Part H 2.3.5.1, Tables 2.6 and 2.7",
 "set the MITM flag to have the IO capabilities used"},
{"read-along", HINT, false, check_read_along, 0,
 "An encrypted link was decrypted: the capture has its key.",
 "Vol 6 Part E 1; Vol 3 Part H 2.4.4",
 "use Secure Connections; pair anew where nobody listens"},
{"open-book", HINT, false, check_open_book, 0,
 "Legacy pairing was computed once more: whoever listened has the keys.",
 "Vol 3 Part H 2.3.5.5, Part H 1",
 "use Secure Connections, or OOB with a TK of 128 bits"},
{"passkey-shown", HINT, false, check_passkey_shown, 0,
 "Passkey entry of Secure Connections gives the passkey away, bit by bit.",
 "Vol 3 Part H 2.3.5.6.3",
 "never use the same passkey twice"},
{"not-computable", HINT, false, check_not_computable, 0,
 "Not everything can be computed once more, and why.",
 "Vol 3 Part H 2.3.5.6",
 "capture at the host (HCI) to have its keys"},
{"bringup-missing", SURPRISE, false, check_bringup_missing, 0,
 "Since Reset the host never sent commands that belong to every bring-up.",
 "Vol 6 Part D 2.1; Vol 4 Part E 7.8.1, 7.8.2",
 "send LE Set Event Mask and LE Read Buffer Size after Reset: defaults are not the same everywhere"},
{"le-host-support", SURPRISE, false, check_le_host, 0,
 "The controller has BR/EDR and LE, and Write LE Host Support was never sent.",
 "Vol 4 Part E 7.3.79",
 "send Write LE Host Support after Reset"},
{"capture-holes", HINT, false, check_capture_holes, 0,
 "Packets of this attempt are missing in the capture.",
 "-",
 "capture again; what is missing is not judged"},
{"capture-cut", HINT, false, check_capture_cut, 0,
 "The capture begins or ends in the middle.",
 "-",
 "start the capture before connecting, and stop it after the end"},
};
/* clang-format on */

const size_t check_count = sizeof(check_table) / sizeof(check_table[0]);

const char *check_severity_name(enum explain_severity severity)
{
	static const char *const names[] = {"fault", "weakness", "surprise", "hint"};

	return names[severity];
}

size_t check_run_all(struct explain_case *c, struct explain_finding findings[EXPLAIN_FINDINGS])
{
	size_t count = 0;

	c->explained = false;
	for (size_t i = 0; i < check_count && count < EXPLAIN_FINDINGS; i++) {
		const struct explain_check *check = &check_table[i];
		struct explain_finding *f = &findings[count];

		*f = (struct explain_finding){.check = check, .by = EXPLAIN_NOBODY};
		c->parameter = check->parameter;
		if (!check->holds(c, f))
			continue;
		f->cause = c->failed && check->ends && !c->explained;
		c->explained |= f->cause;
		count++;
	}
	return count;
}

/* ---- For conditions -------------------------------------------------------------------------- */

bool check_found(struct explain_finding *f, int8_t by, uint64_t frame, const char *format, ...)
{
	va_list arguments;

	f->by = by;
	check_add_frame(f, frame);
	va_start(arguments, format);
	(void)vsnprintf(f->text, sizeof(f->text), format, arguments);
	va_end(arguments);
	return true;
}

void check_add_frame(struct explain_finding *f, uint64_t frame)
{
	const uint8_t max = sizeof(f->frames) / sizeof(f->frames[0]);

	for (uint8_t i = 0; i < f->frame_count; i++)
		if (f->frames[i] == frame)
			return;
	if (frame && f->frame_count < max)
		f->frames[f->frame_count++] = frame;
}

const char *check_who(int8_t end)
{
	return end == EXPLAIN_I ? "initiator" : end == EXPLAIN_R ? "responder" : "nobody";
}

const char *check_pdu_list(uint16_t codes, char text[160])
{
	size_t len = 0;

	text[0] = '\0';
	for (uint8_t code = 1; code < 16; code++) {
		if (!(codes >> code & 1))
			continue;
		bool last = !(codes >> code >> 1);
		len += (size_t)snprintf(text + len, 160 - len, "%s%s",
					!len   ? ""
					: last ? " and "
					       : ", ",
					smp_pdu_name(code));
		if (len >= 160)
			break;
	}
	return text;
}
