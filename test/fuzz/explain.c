/* SPDX-License-Identifier: MIT */
/* Capture readers and the link layer: any file is read to its end, within bounds. */
#include <stdlib.h>
#include <string.h>

#include "capture/container.h"
#include "capture/snooz.h"
#include "cli/explain/files.h"
#include "cli/explain/packed.h"
#include "crypto/toolbox.h"
#include "fuzz/fuzz.h"
#include "track/link_layer.h"

static volatile unsigned seen;

/* Reads each octet, for the sanitizers. */
static void read_all(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		seen += p[i];
}

/* How many octets of captures it may unpack to. */
static uint64_t most(const uint8_t *data, size_t len)
{
	bool packed = capture_container_kind(data, len) || capture_is_snooz(data, len) ||
		      capture_is_bug_report(data, len);

	return packed ? (1 << 20) + (uint64_t)len * 2 * EXPLAIN_CONTAINER_RATIO : len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct explain_link_layer *air = malloc(sizeof(*air));
	struct explain_link_layer_event event;
	struct explain_packet packet;
	struct failure failure = {.text = ""};
	uint64_t octets, size, packets = 0;
	uint8_t *own = malloc(len ? len : 1);

	insist(air && own && crypto_init() == 0);
	if (len)
		memcpy(own, data, len);
	track_link_layer_init(air);
	track_keyring_add(&air->keyring, sample_ltk);
	struct explain_capture *capture = capture_open_memory(own, len, &failure);
	insist(capture || *failure.text);
	const uint64_t room = most(data, len);
	while (capture) {
		if (!capture_next(capture, &packet)) {
			if (capture_following(capture))
				continue;
			break;
		}
		insist(packet.len <= packet.original);
		read_all(packet.data, packet.len);
		if (packet.known)
			read_all(packet.known, packet.len);
		insist(!packet.missing || *packet.missing);
		insist(!packet.text || strlen(packet.text) < room);
		track_link_layer_take(air, &packet, &event);
		insist(event.len <= packet.len);
		read_all(event.data, event.len);
		insist(++packets <= room); /* each took at least one octet */
	}
	if (capture) {
		insist(!capture_next(capture, &packet));
		insist(!capture_missing(capture) || *capture_missing(capture));
		capture_progress(capture, &octets, &size);
		insist(octets <= size && size == len);
		capture_close(capture);
	}
	free(own);
	free(air);
	return 0;
}

void fuzz_seeds(fuzz_seed *seed)
{
	static const char *const texts[] = {"pairing_failed_0x08.btmon.txt",
					    "own_sc_just_works.btmon.txt"};
	/* Texts of other tools and logs. */
	static const char *const lines[] = {
		"### HOST -> CONTROLLER: ACL: handle=0x0001, pb=0, bc=0, data_total_length=6, "
		"data=020006000508\n",
		"[00:00:01.562] CMD => 03 0C 00\nEVT <= (6)0E 04 05 03 0C 00\n",
		"ble_hs_hci_cmd_send: ogf=0x03 ocf=0x0003 len=0\n0x03 0x0c 0x00\n"
		"ble_hs_hci_evt_acl_process(): conn_handle=0 pb=2 len=6 data=0x02 0x00 0x06 0x00\n"
		"NimBLE: 0x05 \nNimBLE: 0x08 \n",
		"HCI EVENT RX <- 040e0405030c00\n onSocketData: 040e0405030c00\n",
		"Dec 06 13:35:59.228  L2CAP Receive    0x0043  x  Channel ID: 0x0006  Length: "
		"0x0002 "
		"(02) [ 05 08 ]\n",
		"Dec 06 13:35:59.228  ACL Receive      0x0000    00000000: 4320 0600 0200 0600 "
		"0508  C\n"
		"\t00000000: 4320 0600 0200 0600 0508\n",
		"Frame 1: 7 bytes on wire (56 bits), 7 bytes captured (56 bits)\nBluetooth HCI H4\n"
		"Bluetooth HCI Event - Disconnect Complete\n    Event Code: Disconnect Complete "
		"(0x05)\n"
		"    Parameter Total Length: 4\n    Status: Success (0x00)\n    Connection Handle: "
		"0x0040\n"
		"    Reason: x (0x3e)\n",
		"Bluetooth Low Energy RF Info\n    .... ..01 0... .... = PDU Type: Data, Master to "
		"Slave "
		"(2)\nBluetooth Low Energy Link Layer\n    Access Address: 0x50654a27\n"
		"    .... ..10 = LLID: x (0x2)\n    Length: 6\nBluetooth L2CAP Protocol\n    "
		"Length: 2\n"
		"    CID: x (0x0006)\nBluetooth Security Manager Protocol\n    Opcode: x (0x05)\n"
		"    Reason: x (0x08)\n",
		"0000  04 05 04 00 40 00 3e   ....@.>\n\n0000  02 40 20 06 00 02 00 06 00 05 08   "
		".@\n",
		"9 8.102366 Master_0x24bd7eeb -> Slave_0x24bd7eeb SMP 30 Sent Pairing Request: "
		"AuthReq: "
		"No Bonding, MITM | Initiator Key(s): LTK, IRK | Responder Key(s): CSRK, Linkkey\n"
		"10 8.2 Slave_0x24bd7eeb -> Master_0x24bd7eeb LE LL 42 Control Opcode: "
		"LL_ENC_REQ\n",
		"<wrn> bt_smp: Unexpected SMP code 0x08\n<wrn> bt_smp: The in-progress pairing has "
		"been "
		"deleted!\nstatus=1285 fail reason = 0x51 Pairing failed reason 2\n",
		"\xff\xfe<\0 \0H\0C\0I\0",
	};
	static const struct packed_packet packets[] = {{0x20, 5, "\x03\x0c\0", 3, 4},
						       {0x21, 2000, "\x40\0\7\0\3\0", 6, 12}};
	/* The vocabulary of texts: layouts, cut headers, HTML, management, logs, hcidump. */
	static const char *const snippets[] = {
		"> LE-ACL: Handle 3585 [EB:47:34:30:3.. flags 0x02 dlen 21  #104 [hci0] 26.016764\n"
		"      SMP: Pairing Random (0x04) len 16\n        Random value[16]:\n"
		"        e5 0b 82 b9 3e 2f 85 bf 26 80 c7 f5 19 ca ab 45  ....>/..&......E\n"
		"< ACL Da.. TX flags 0x00 dlen 4 #105 1.5\n      SMP: Pairing Failed (0x05) len 3\n"
		"        invalid size\n        08 01 02  ...\n",
		"&lt; HCI Command:..   #42 2026-11-25 03:57:58.986528\n"
		"        Encrypted diversifier: 0x0000\n        Long term key[16]: fa1a\n"
		"> HCI Event: C..   #43 2026-11-25 03:57:58.986933\n"
		"      LE Start Encryption (0x08|0x0019) ncmd 1\n        Status: Success (0x00)\n"
		"> HCI Event: E..   #44 2026-11-25 03:57:58.986963\n        Status: Success "
		"(0x00)\n"
		"        Handle: 42\n        Encryption: Enabled with AES-CCM (0x01)\n",
		"<pre><span class=\"x\">@ MGMT Event: User Confirmation R.. (0x000f) plen 12  "
		"{0x0002} [hci0] 39.5</span><br><!-- x -->\n"
		"        LE Address: DE:C7:3E:59:CE:8B (Static)\n        Confirm hint: 0x01\n"
		"        Value: 0x00000000\n@ MGMT Event: Command Complete (0x0001) plen 10 "
		"{0x0001}\n"
		"      Pair Device (0x0019) plen 7\n        Status: Rejected (0x0b)\n"
		"bluetoothd[12]: No agent available     39.7\n= Index Info: 00:16:A4:5.. (X) 1.5\n",
		"2016-10-30 03:50:12.650755 > ACL data: handle 64 flags 0x02 dlen 21\n"
		"    SMP: Unknown (0x0d)\n    3F AD 59 26 C4 5D B5 EA F6 57 F6 06 2E 7E FA 20 \n"
		"1477799412.714982 < ACL data: handle 64 flags 0x00 dlen 10\n"
		"    L2CAP(d): cid 0x0005 len 6 [psm 0]\n    0000: 13 01 02 00 00 00   ......\n"
		"> HCI Event: LE Meta Event (0x3e) plen 19\n    LE Connection Complete\n"
		"      status 0x00 handle 64, role master\n      bdaddr C0:01:02:03:04:05 "
		"(Random)\n"
		"< SMP: Pairing Response (0x02) len 6   #200 [hci0] 1.0\n"
		"      Authentication requirement: Bonding, SC (0x29)\n"
		"> ATT: Error Response (0x01) len 4\n    Error: X (0x0f)\n    Handle: 0x0025\n"
		"< HCI Event: LE Enhanced Connection Complete (0x0a)\n    Handle: 42\n"
		"< HCI Command: LE Start Encryption ... Long term key[16]: 8992\n"
		"> HCI Event: Encryption Change\n    Encryption: Enabled with E0 (0x01)\n",
		"Nov 30 12:00:01 h btmon[12]: > HCI Event: Encryption Change (0x08) plen 4  # x\n"
		"Nov 30 12:00:01 h btmon[12]:   Status: X (0x06)\n"
		"  9| < HCI Command: Disconnect (0x01|0x0006) plen 3   // x\n 10|   Handle: 64\n"
		"//! > HCI Event: Command Status (0x0f)\n//!   LE Start Encryption\n"
		"[12:00:01] = Note: x\n[12:00:02] x\n"
		"@ New Long Term Key: 00:11:22:33:44:55 (2) x\n"
		"@ Authentication Failed: 00:11:22:33:44:55 (1) status 0x05\n"
		"> BR-ACL: Handle 11 flags 0x02 dlen 12 \xe2\x80\xa6 #1 [hci0] 1.0  <-- x\n",
		("SMP: Pairing Request (0x01)\n  capability 0x04 oob 0x00 auth req 0x2d\n"
		 "  max key size 0x10 init key dist 0x0d resp key dist 0x0f\n"),
	};
	static struct file file;
	size_t len;

	for (size_t i = 0; i < formats_count; i++) {
		file_make(&file, &formats[i]);
		seed(file.octets, file.len);
	}
	file_make_encrypted(&file);
	seed(file.octets, file.len);
	file_make_mixed(&file);
	seed(file.octets, file.len);
	for (enum packed_kind kind = 0; kind < PACKED_KINDS; kind++) {
		const struct packed_file files[] = {{"logs/", NULL, 0},
						    {"a.pklg", file.octets, file.len},
						    {"b", file.octets, file.len / 2}};
		size_t first = kind < PACKED_ZIP;
		uint8_t *packed = packed_make(kind, files + first, COUNT(files) - first, &len);
		seed(packed, len);
		free(packed);
	}
	for (unsigned version = 1; version <= 2; version++) {
		uint8_t *snooz = packed_snooz(version, 1, packets, COUNT(packets), &len);
		seed(snooz, len);
		char *report = packed_report(snooz, len, 5);
		seed(report, strlen(report));
		free(report);
		free(snooz);
	}
	/* Only the beginning of each: inputs of a fuzzer are limited. */
	for (size_t i = 0; i < COUNT(lines); i++)
		seed(lines[i], lines[i][0] == '\xff' ? 10 : strlen(lines[i]));
	for (size_t i = 0; i < COUNT(snippets); i++)
		seed(snippets[i], strlen(snippets[i]));
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *text = stored(texts[i], &len);
		seed(text, len < 8192 ? len : 8192);
		free(text);
	}
}
