/* SPDX-License-Identifier: MIT */
#include "checks/table.h"

#include "smp/reason.h"

#define FAULT	 EXPLAIN_FAULT
#define WEAKNESS EXPLAIN_WEAKNESS
#define SURPRISE EXPLAIN_SURPRISE
#define HINT	 EXPLAIN_HINT

/* The second column: whether the check can be the cause of a failure. */
enum { ASIDE = false, CAUSE = true };

#define CHECK(id, severity, can_cause, holds, text, section, fix)     \
	{                                                             \
		id, severity, can_cause, holds, 0, text, section, fix \
	}

/* A reason of Pairing Failed that no row above explains. */
#define REASON(id, code, text, fix)                                                               \
	{                                                                                         \
		id, FAULT, CAUSE, check_peer_reason, code, text, "Vol 3 Part H 3.5.5, Table 3.7", \
			fix                                                                       \
	}

/* clang-format off */
const struct explain_check check_table[] = {
/* ---- Causes of a failure, the most certain first ---- */
CHECK("keys-not-negotiated", FAULT, CAUSE, check_keys_not_negotiated,
 "An end distributed keys that are not set in both key distribution fields.",
 "Vol 3 Part H 3.6.1, 2.4.3",
 "send exactly the keys whose bits are set in both Pairing Request and Pairing Response"),
CHECK("wrong-length", FAULT, CAUSE, check_wrong_length,
 "An SMP PDU has a length that the specification does not allow.",
 "Vol 3 Part H 3.3, 3.5",
 "send the PDU with its exact length"),
CHECK("reserved-value", FAULT, CAUSE, check_reserved_value,
 "IO capability, OOB flag or key size has a reserved value.",
 "Vol 3 Part H 3.5.1",
 "use a defined value: IO capability 0 to 4, OOB 0 or 1, key size 7 to 16"),
CHECK("wrong-role", FAULT, CAUSE, check_wrong_role,
 "The peripheral sent Pairing Request, or the central sent Pairing Response or Security Request.",
 "Vol 3 Part H 2.3, 2.4.6",
 "the central sends Pairing Request; a peripheral that wants to pair sends Security Request"),
CHECK("reflected-key", FAULT, CAUSE, check_reflected_key,
 "Both ends sent the same public key: an attacker may reflect it (CVE-2020-26558).",
 "Vol 3 Part H 2.3.5.6.1",
 "reject a public key whose X coordinate equals your own; look for an attacker in the middle"),
CHECK("mirrored-values", FAULT, CAUSE, check_mirrored,
 "An end sent the other end's confirm or random value back: it does not know the secret (CVE-2020-26558, CVE-2020-26555).",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6.3",
 "reject a confirm value that equals your own; look for an attacker in the middle"),
CHECK("invalid-key", FAULT, CAUSE, check_invalid_key,
 "A public key is not a point on the curve: a broken stack, or the invalid curve attack (CVE-2018-5383).",
 "Vol 3 Part H 2.3.5.6.1",
 "generate a new key pair, and check the byte order: X before Y, least significant octet first"),
CHECK("keys-not-offered", FAULT, CAUSE, check_keys_not_offered,
 "Pairing Response asks for keys that Pairing Request did not offer.",
 "Vol 3 Part H 3.5.2, 3.6.1",
 "in Pairing Response, set only key distribution bits that Pairing Request has set"),
CHECK("passkeys-differ", FAULT, CAUSE, check_passkeys_differ,
 "The two ends used different passkeys.",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6.3",
 "try again with the passkey that the other end shows; a fixed passkey is in the manual of the peer"),
CHECK("confirm-wrong", FAULT, CAUSE, check_confirm_wrong,
 "A confirm value of legacy pairing is wrong.",
 "Vol 3 Part H 2.2.3, 2.3.5.5",
 "compute c1 from the TK, the random value of the same end, both feature PDUs and the addresses as on air"),
CHECK("commitment-wrong", FAULT, CAUSE, check_commitment_wrong,
 "A confirm value of Secure Connections is wrong.",
 "Vol 3 Part H 2.2.6, 2.3.5.6",
 "compute f4 from the X coordinates (own first), the nonce, and 0 or 0x80 plus the passkey bit"),
CHECK("check-wrong", FAULT, CAUSE, check_dhkey_check_wrong,
 "A DHKey Check is wrong: the debug key allows to recompute it.",
 "Vol 3 Part H 2.2.7, 2.2.8",
 "compute f5 and f6 from the addresses as on air and the IO capabilities in PDU order"),
CHECK("confirm-rejected", FAULT, CAUSE, check_rejected_right,
 "An end rejected a correct confirm value or DHKey Check.",
 "Vol 3 Part H 2.3.5.5",
 "check the end that rejected it: its passkey, its addresses and their types, and its byte order"),
CHECK("wrong-key", FAULT, CAUSE, check_wrong_stk,
 "An end started encryption with another key than the agreed one.",
 "Vol 3 Part H 2.2.4, 2.4.4",
 "encrypt with s1(TK, Srand, Mrand) shortened to the negotiated size, EDIV and Rand zero"),
CHECK("out-of-turn", FAULT, CAUSE, check_out_of_turn,
 "An end sent a PDU that the association model does not have at that point.",
 "Vol 3 Part H 2.3.5, Appendix C",
 "send the PDUs of the negotiated association model in their order, each once"),
CHECK("keys-order", FAULT, CAUSE, check_keys_order,
 "An end sent its keys in another order than the specification requires.",
 "Vol 3 Part H 2.4.3, 3.6.1",
 "first the responder, then the initiator; each sends LTK, EDIV and Rand, IRK, identity address, CSRK"),
CHECK("no-bond", FAULT, CAUSE, check_no_bond,
 "One end has lost the bond: it has no key for this peer (0x06).",
 "Vol 3 Part H 2.4.4.2; Vol 1 Part F 2.6",
 "remove the bond on the end that still has it, and pair again"),
CHECK("bond-refused-here", FAULT, CAUSE, check_bond_refused_here,
 "The captured host replied that it has no key for this peer.",
 "Vol 4 Part E 7.8.26; Vol 3 Part H 2.4.4",
 "remove the bond on the peer and pair again; check whether EDIV, Rand or an address changed"),
CHECK("mic-failure", FAULT, CAUSE, check_mic_failure,
 "The link ended because an encrypted packet failed its integrity check (0x3D).",
 "Vol 6 Part B 5.1.3; Vol 1 Part F 2.61",
 "the two ends have different keys: remove the bond on both and pair again"),
CHECK("encryption-refused", FAULT, CAUSE, check_refused_encryption,
 "Encryption was requested but did not start.",
 "Vol 6 Part B 5.1.3; Vol 4 Part E 7.7.8",
 "remove the bond on both ends and pair again"),
CHECK("not-established", FAULT, CAUSE, check_not_established,
 "The connection was created but not established (0x3E): no answer within six connection events.",
 "Vol 6 Part B 4.5; Vol 1 Part F 2.62",
 "move closer and try again; a peer that always does this may reject this central or be busy"),
CHECK("hardware-error", FAULT, CAUSE, check_hardware_error,
 "The controller reported Hardware Error, and the link ended.",
 "Vol 4 Part E 7.7.16",
 "reset the controller or cut its power; if the error returns, look for newer firmware"),
CHECK("supervision-timeout", FAULT, CAUSE, check_supervision,
 "The link was lost before the procedure ended: no packet arrived within the supervision timeout (0x08).",
 "Vol 6 Part B 4.5.2; Vol 1 Part F 2.8",
 "move closer, check whether the peer crashed, and set a supervision timeout of a few seconds"),
CHECK("keys-missing", FAULT, CAUSE, check_keys_missing,
 "An end did not send the keys that were negotiated: the other end waits for them.",
 "Vol 3 Part H 3.6.1, 3.4",
 "send every key whose bit is set in both Pairing Request and Pairing Response"),
CHECK("silence", FAULT, CAUSE, check_silent,
 "An end did not send its next PDU within 30 seconds.",
 "Vol 3 Part H 3.4",
 "check the silent end: does it wait for its user, or has it crashed? Reconnect before the next attempt"),
CHECK("hung-up", FAULT, CAUSE, check_hung_up,
 "An end disconnected before the procedure ended, without Pairing Failed.",
 "Vol 3 Part H 3.5.5",
 "check the end that disconnected, and the last PDU that it received"),
CHECK("key-size-refused", FAULT, CAUSE, check_key_size_refused,
 "The longest key that both ends support is shorter than one end accepts.",
 "Vol 3 Part H 2.3.4",
 "raise the maximum encryption key size to 16 octets"),
CHECK("mitm-refused", FAULT, CAUSE, check_mitm_refused,
 "An end requires protection against a man in the middle, or Secure Connections, and these features do not provide it.",
 "Vol 3 Part H 2.3.5.1, 2.3.1",
 "offer the features that the association model needs: another IO capability, the MITM flag, or Secure Connections"),
/* ---- Every reason of Pairing Failed that no row above explains ---- */
REASON("reason-passkey-entry-failed", SMP_PASSKEY_ENTRY_FAILED,
 "Passkey Entry Failed (0x01): the user cancelled, or could not enter the passkey.",
 "try again, and type the passkey that the other end shows"),
REASON("reason-oob-not-available", SMP_OOB_NOT_AVAILABLE,
 "OOB Not Available (0x02): out-of-band data was selected, and that end has none.",
 "transfer the out-of-band data first, or clear the OOB flag"),
REASON("reason-authentication-requirements", SMP_AUTHENTICATION_REQUIREMENTS,
 "Authentication Requirements (0x03): these features do not provide the security that an end requires.",
 "offer an IO capability that authenticates, or Secure Connections"),
REASON("reason-confirm-value-failed", SMP_CONFIRM_VALUE_FAILED,
 "Confirm Value Failed (0x04): that end computed another confirm value.",
 "the two ends used different passkeys, addresses or out-of-band data"),
REASON("reason-pairing-not-supported", SMP_PAIRING_NOT_SUPPORTED,
 "Pairing Not Supported (0x05): that end does not pair, or not at the moment.",
 "put it into pairing mode, or remove its old bond"),
REASON("reason-encryption-key-size", SMP_ENCRYPTION_KEY_SIZE,
 "Encryption Key Size (0x06): the key would be too short for that end.",
 "raise the maximum encryption key size to 16 octets"),
REASON("reason-command-not-supported", SMP_COMMAND_NOT_SUPPORTED,
 "Command Not Supported (0x07): that end does not support the PDU that it received.",
 "its SMP may be older than Secure Connections: clear the SC flag"),
REASON("reason-unspecified", SMP_UNSPECIFIED_REASON,
 "Unspecified Reason (0x08): that end gives no reason.",
 "check the last PDU that it received, and its own log"),
REASON("reason-repeated-attempts", SMP_REPEATED_ATTEMPTS,
 "Repeated Attempts (0x09): too little time has passed since the last failed attempt.",
 "wait: the time doubles with every failure"),
REASON("reason-invalid-parameters", SMP_INVALID_PARAMETERS,
 "Invalid Parameters (0x0A): a field of the PDU that it received is not valid.",
 "check the last PDU that it received: length, reserved values, key distribution"),
REASON("reason-dhkey-check-failed", SMP_DHKEY_CHECK_FAILED,
 "DHKey Check Failed (0x0B): the two ends computed different keys.",
 "compare addresses and their types, IO capabilities and the byte order of public keys; or an attacker is in the middle"),
REASON("reason-numeric-comparison-failed", SMP_NUMERIC_COMPARISON_FAILED,
 "Numeric Comparison Failed (0x0C): the user answered that the numbers differ.",
 "if they did differ, an attacker is in the middle; otherwise try again"),
REASON("reason-bredr-pairing", SMP_BREDR_PAIRING_IN_PROGRESS,
 "BR/EDR Pairing In Progress (0x0D): that end is pairing over BR/EDR.",
 "try again when that pairing has ended"),
REASON("reason-ctkd-not-allowed", SMP_CTKD_NOT_ALLOWED,
 "Cross-transport Key Derivation Not Allowed (0x0E): the key must not be used on the other transport.",
 "clear the LinkKey bit of key distribution"),
REASON("reason-key-rejected", SMP_KEY_REJECTED,
 "Key Rejected (0x0F): that end rejected a key that it received.",
 "check the distributed keys: a constant key or a debug key may be rejected"),
REASON("reason-busy", SMP_BUSY,
 "Busy (0x10): that end is busy.",
 "try again"),
CHECK("reason-unknown", FAULT, CAUSE, check_unknown_reason,
 "Pairing Failed has a reason that the specification does not define.",
 "Vol 3 Part H Table 3.7",
 "send one of the reasons 0x01 to 0x10"),
/* ---- Not a cause, or the cause only when no row above is ---- */
CHECK("security-request-ignored", FAULT, CAUSE, check_security_request_ignored,
 "The peripheral sent Security Request, and the central did not answer it.",
 "Vol 3 Part H 2.4.6",
 "answer with Pairing Request, with encryption, or with Pairing Failed"),
CHECK("pdu-after-failure", FAULT, ASIDE, check_after_failure,
 "An end sent SMP PDUs of the same attempt after Pairing Failed.",
 "Vol 3 Part H 3.5.5",
 "after Pairing Failed, discard the pairing and start again with Pairing Request"),
CHECK("patterned-keys", WEAKNESS, ASIDE, check_patterned_keys,
 "A key that must be random is constant, repeats a pattern or counts.",
 "Vol 3 Part H 2.4.2; Vol 2 Part H 2",
 "take keys from a random generator, new for every bond; anyone who knows the pattern can read the link"),
CHECK("patterned-nonce", WEAKNESS, ASIDE, check_patterned_nonce,
 "A nonce, a confirm value or a public key that must be random is constant, repeats a pattern or counts.",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6; Vol 2 Part H 2",
 "take it from a random generator, new for every attempt"),
CHECK("repeated-nonce", WEAKNESS, ASIDE, check_repeated_nonce,
 "An end used the same random value before.",
 "Vol 3 Part H 2.3.5.5, 2.3.5.6",
 "take a new random value for every attempt and for every round"),
CHECK("repeated-key", WEAKNESS, ASIDE, check_repeated_ltk,
 "An end distributed the same LTK before.",
 "Vol 3 Part H 2.4.2",
 "generate a new LTK for every bond"),
CHECK("repeated-public-key", WEAKNESS, ASIDE, check_repeated_public_key,
 "An end used a public key again after a failed pairing.",
 "Vol 3 Part H 2.3.6",
 "generate a new key pair after every failed pairing"),
CHECK("repeated-passkey", WEAKNESS, ASIDE, check_repeated_passkey,
 "Secure Connections used the same passkey before: anyone who listened then knows it.",
 "Vol 3 Part H 2.3.5.6.3",
 "show a new random passkey each time"),
CHECK("debug-key", WEAKNESS, ASIDE, check_debug_key,
 "An end used the debug key pair, whose private key is published: anyone can read this link.",
 "Vol 3 Part H 2.3.5.6.1",
 "use it in the laboratory only; never accept it elsewhere"),
CHECK("small-key", WEAKNESS, ASIDE, check_small_key,
 "The key is shorter than 16 octets (KNOB, CVE-2019-9506, if an attacker shortened it).",
 "Vol 3 Part H 2.3.4",
 "offer and require 16 octets"),
CHECK("downgrade", WEAKNESS, ASIDE, check_downgrade,
 "The same two ends used stronger security before: an attacker may have removed it.",
 "Vol 3 Part H 2.3.5.1",
 "require the security that the peer is known to support: Secure Connections only, 16 octets"),
CHECK("command-refused", FAULT, CAUSE, check_command_refused,
 "The controller rejected a command that pairing depends on.",
 "Vol 4 Part E 7",
 "check the parameters of the command, and whether the controller supports it"),
CHECK("events-masked", FAULT, CAUSE, check_masked,
 "The event masks hide events that the host needs to pair.",
 "Vol 4 Part E 7.3.1, 7.8.1",
 "set Encryption Change, Encryption Key Refresh Complete and LE Meta, and the LE events of 4.0 (0x1f)"),
CHECK("l2cap-identifier", FAULT, ASIDE, check_identifier,
 "An answer on the signalling channel has another identifier than its request: the other end drops it.",
 "Vol 3 Part A 4",
 "answer with the identifier of the request"),
CHECK("l2cap-result", FAULT, ASIDE, check_result_code,
 "Connection Parameter Update Response has a result that is not defined.",
 "Vol 3 Part A 4.21",
 "answer 0x0000 (accepted) or 0x0001 (rejected)"),
CHECK("l2cap-unanswered", FAULT, ASIDE, check_unanswered,
 "A request on the signalling channel got no answer.",
 "Vol 3 Part A 4, 4.20, 6.1",
 "answer every Connection Parameter Update Request"),
CHECK("bad-parameters", FAULT, ASIDE, check_bad_parameters,
 "Connection parameters are out of range, or the supervision timeout is too short for interval and latency.",
 "Vol 6 Part B 4.5.2; Vol 4 Part E 7.8.18",
 "interval 7.5 ms to 4 s, latency up to 499, timeout 100 ms to 32 s and above (1 + latency) x interval x 2"),
CHECK("slow-step", SURPRISE, ASIDE, check_slow,
 "A step that needs no user took more than 5 seconds.",
 "Vol 3 Part H 3.4",
 "check the end whose turn it was; after 30 seconds the pairing fails"),
CHECK("mitm-unmet", SURPRISE, ASIDE, check_mitm_unmet,
 "An end asked for protection against a man in the middle, and this pairing does not have it.",
 "Vol 3 Part H 2.3.5.1, Table 2.8",
 "if you need it, refuse to pair; otherwise give one end a display and the other a keyboard"),
CHECK("io-unused", SURPRISE, ASIDE, check_io_unused,
 "The IO capabilities would allow authentication, but neither end set the MITM flag, so they were ignored.",
 "Vol 3 Part H 2.3.5.1, Tables 2.6 and 2.7",
 "set the MITM flag to have the IO capabilities used"),
CHECK("read-along", HINT, ASIDE, check_read_along,
 "An encrypted link was decrypted: the capture has its key.",
 "Vol 6 Part E 1; Vol 3 Part H 2.4.4",
 "use Secure Connections; pair again where nobody listens"),
CHECK("open-book", HINT, ASIDE, check_open_book,
 "Legacy pairing was recomputed: anyone who listened has the keys.",
 "Vol 3 Part H 2.3.5.5, Part H 1",
 "use Secure Connections, or OOB with a TK of 128 bits"),
CHECK("passkey-shown", HINT, ASIDE, check_passkey_shown,
 "Passkey Entry of Secure Connections reveals the passkey, bit by bit.",
 "Vol 3 Part H 2.3.5.6.3",
 "never use the same passkey twice"),
CHECK("not-computable", HINT, ASIDE, check_not_computable,
 "Some values cannot be recomputed; the finding gives the reason.",
 "Vol 3 Part H 2.3.5.6",
 "capture at the host (HCI) to have its keys"),
CHECK("bringup-missing", SURPRISE, ASIDE, check_bringup_missing,
 "The host did not send commands that belong to every bring-up after Reset.",
 "Vol 6 Part D 2.1; Vol 4 Part E 7.8.1, 7.8.2",
 "send LE Set Event Mask and LE Read Buffer Size after Reset: defaults are not the same everywhere"),
CHECK("le-host-support", SURPRISE, ASIDE, check_le_host,
 "The controller has BR/EDR and LE, and the host did not send Write LE Host Support.",
 "Vol 4 Part E 7.3.79",
 "send Write LE Host Support after Reset"),
CHECK("capture-holes", HINT, ASIDE, check_capture_holes,
 "Packets of this attempt are missing from the capture.",
 "-",
 "capture again; missing packets are not judged"),
CHECK("capture-cut", HINT, ASIDE, check_capture_cut,
 "The capture begins or ends in the middle of an attempt.",
 "-",
 "start the capture before connecting, and stop it after the end"),
};
/* clang-format on */

const size_t check_count = sizeof(check_table) / sizeof(check_table[0]);

const char *check_severity_name(enum explain_severity severity)
{
	switch (severity) {
	case EXPLAIN_FAULT:
		return "fault";
	case EXPLAIN_WEAKNESS:
		return "weakness";
	case EXPLAIN_SURPRISE:
		return "surprise";
	case EXPLAIN_HINT:
		break;
	}
	return "hint";
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
		f->cause = c->failed && check->can_cause && !c->explained;
		c->explained |= f->cause;
		count++;
	}
	return count;
}
