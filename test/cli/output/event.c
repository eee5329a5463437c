/* SPDX-License-Identifier: MIT */
#include "output/event.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "cli/streams.h"
#include "output/event_text.h"
#include "output/standard_output.h"
#include "unit.h"

#define FFFD "\xef\xbf\xbd"

static uint64_t now;
static struct event_output output;

/* In the place of base/clock.c. */
uint64_t clock_now(void)
{
	return now;
}

uint64_t clock_wall(void)
{
	return now;
}

int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	(void)fds;
	(void)count;
	(void)deadline;
	return 0;
}

/* Plain text, 1.5 s after the start. */
static int plain(void **state)
{
	(void)state;
	now = 8500000;
	output = (struct event_output){.start = 7000000};
	return 0;
}

/* Emits {"event":NAME,FIELDS}. */
static void emit(const char *name, const char *fields)
{
	char text[4096];
	json_error_t error;

	(void)snprintf(text, sizeof(text), "{\"event\":\"%s\"%s%s}", name, *fields ? "," : "",
		       fields);
	json_t *event = json_loads(text, 0, &error);
	if (!event)
		fail_msg("%s: %s", text, error.text);
	json_incref(event);
	streams_capture();
	event_emit(&output, event);
	streams_restore();
	assert_int_equal(event->refcount, 1); /* one reference was taken */
	json_decref(event);
}

static void prints(const char *name, const char *fields, const char *err, const char *out)
{
	emit(name, fields);
	assert_string_equal(streams_err, err);
	assert_string_equal(streams_out, out);
}

#define PEER "\"peer\":{\"address\":\"AA:BB:CC:DD:EE:FF\",\"kind\":\"random static\"}"
#define LAMP                                                                               \
	"\"peer\":{\"address\":\"AA:BB:CC:DD:EE:FF\",\"kind\":\"random static\",\"name\":" \
	"\"lamp\"}"
#define OWN   "\"own\":{\"address\":\"00:11:22:33:44:55\",\"kind\":\"public\"}"
#define LOCAL "\"local\":{\"address\":\"00:11:22:33:44:55\"}"
#define KEYS                                                                                      \
	"\"keys\":{\"local\":{\"irk\":\"1a\"},\"peer\":{\"ltk\":\"2b\",\"ediv\":\"3c\",\"rand\":" \
	"\"4d\","                                                                                 \
	"\"csrk\":\"5e\"},\"link_key\":\"6f\"}"

/* One event of each kind, as a person sees it. */
static const struct {
	const char *event, *fields, *err, *out;
} lines[] = {
	{"controller", OWN ",\"version\":\"5.3\",\"manufacturer\":\"ACME\"",
	 "   1.500  controller   00:11:22:33:44:55 (public), Bluetooth 5.3, ACME\n", ""},
	{"note", "\"text\":\"odd\"", "   1.500  note         odd\n", ""},
	{"scanning", "\"peer\":{\"address\":\"AA\"}", "   1.500  scanning     for AA\n", ""},
	{"scanning", "", "   1.500  scanning     \n", ""},
	{"scanning", "\"match\":\"name=x\"", "   1.500  scanning     for name=x\n", ""},
	{"match", LAMP ",\"number\":2,\"rssi\":-60",
	 "   1.500  match        2: AA:BB:CC:DD:EE:FF (random static) lamp -60 dBm\n", ""},
	{"match", PEER ",\"number\":1,\"rssi\":127",
	 "   1.500  match        1: AA:BB:CC:DD:EE:FF (random static)\n", ""},
	{"choose", "\"of\":2", "   1.500  several      which one? (1 to 2)\n", ""},
	{"found", LAMP ",\"rssi\":-40",
	 "   1.500  found        AA:BB:CC:DD:EE:FF (random static) lamp -40 dBm\n", ""},
	{"found", PEER ",\"rssi\":127",
	 "   1.500  found        AA:BB:CC:DD:EE:FF (random static)\n", ""},
	{"found", PEER ",\"rssi\":126",
	 "   1.500  found        AA:BB:CC:DD:EE:FF (random static) 126 dBm\n", ""},
	{"found", PEER ",\"rssi\":127,\"phy\":\"1m\"",
	 "   1.500  found        AA:BB:CC:DD:EE:FF (random static)\n", ""},
	{"found", PEER ",\"rssi\":-90,\"phy\":\"coded\"",
	 "   1.500  found        AA:BB:CC:DD:EE:FF (random static) -90 dBm on LE Coded\n", ""},
	{"connected", PEER ",\"interval_ms\":7.5,\"role\":\"central\",\"phy\":\"coded\"",
	 "   1.500  connected    AA:BB:CC:DD:EE:FF, interval 7.50 ms, as central on LE Coded\n",
	 ""},
	{"phy", "\"transmit\":\"2m\",\"receive\":\"2m\"", "   1.500  phy          LE 2M\n", ""},
	{"phy", "\"transmit\":\"1m\",\"receive\":\"coded\"",
	 "   1.500  phy          LE 1M to the peer, LE Coded from it\n", ""},
	{"connecting", PEER, "   1.500  connecting   to AA:BB:CC:DD:EE:FF (random static)\n", ""},
	{"connected", PEER ",\"interval_ms\":7.5,\"role\":\"central\"",
	 "   1.500  connected    AA:BB:CC:DD:EE:FF, interval 7.50 ms, as central\n", ""},
	{"advertising", OWN, "   1.500  advertising  as 00:11:22:33:44:55 (public)\n", ""},
	{"security_request", "\"mitm\":true",
	 "   1.500  security     the peer requests security with protection against a man in the "
	 "middle\n",
	 ""},
	{"security_request", "\"mitm\":false",
	 "   1.500  security     the peer requests security\n", ""},
	{"features",
	 "\"secure_connections\":true,\"method_name\":\"Just Works\",\"because\":\"no display\"",
	 "   1.500  features     LE Secure Connections, Just Works: no display\n", ""},
	{"features", "\"method_name\":\"passkey\",\"because\":\"it can\"",
	 "   1.500  features     LE legacy pairing, passkey: it can\n", ""},
	{"passkey", "\"action\":\"show\",\"passkey\":\"012345\"",
	 "   1.500  passkey      enter it on the peer:\n                        012 345\n", ""},
	{"passkey", "\"action\":\"show\",\"passkey\":\"012345\",\"limit_s\":30",
	 "   1.500  passkey      enter it on the peer, within 30 s:\n"
	 "                        012 345\n",
	 ""},
	{"passkey", "\"action\":\"show\",\"passkey\":\"012345\",\"unit\":\"C4 SN-7\"",
	 "   1.500  passkey      C4 SN-7: 012 345: enter it on the peer\n", ""},
	{"passkey", "\"action\":\"type\"",
	 "   1.500  passkey      type the six digits that the peer displays:\n", ""},
	{"passkey", "\"action\":\"type\",\"limit_s\":30",
	 "   1.500  passkey      type the six digits that the peer displays, within 30 s:\n", ""},
	{"passkey", "\"action\":\"given\"", "   1.500  passkey      entered as given in advance\n",
	 ""},
	{"confirm", "\"number\":\"012345\",\"answer\":\"no\"",
	 "   1.500  compare      012 345: answered no, as given in advance\n", ""},
	{"confirm", "\"number\":\"012345\"",
	 "   1.500  compare      this number with the one that the peer displays:\n"
	 "                        012 345\n"
	 "                        are they the same? (yes/no)\n",
	 ""},
	{"confirm", "\"number\":\"012345\",\"limit_s\":7,\"unit\":\"C4 SN-7\"",
	 "   1.500  compare      C4 SN-7: 012 345: does the peer display the same number? (yes/no, "
	 "within 7 s)\n",
	 ""},
	{"question", "\"text\":\"remove all?\",\"limit_s\":60",
	 "remove all? (yes/no, within 60 s)\n", ""},
	{"restored", PEER ",\"made\":\"2026\",\"replaced\":\"2027\"", "",
	 "restored AA:BB:CC:DD:EE:FF, made 2026\n"},
	{"keypress", "\"action\":\"digit\"", "   1.500  keypress     user of the peer: digit\n",
	 ""},
	{"oob", "\"confirm\":\"aa\",\"random\":\"bb\"",
	 "   1.500  out of band  for the peer: --oob confirm=aa,random=bb\n", ""},
	{"encrypted", "\"with\":\"a new key\"", "   1.500  encrypted    a new key\n", ""},
	{"keys", "\"received\":\"LTK\",\"sent\":\"IRK\"",
	 "   1.500  keys         received LTK; sent IRK\n", ""},
	{"attribute",
	 "\"uuid\":\"2A25\",\"name\":\"Serial Number\",\"action\":\"read\",\"link\":"
	 "\"encrypted\",\"result\":\"read\",\"octets\":\"414243\",\"text\":\"ABC\"",
	 "   1.500  attribute    Serial Number (2A25): ABC\n", ""},
	{"attribute",
	 "\"uuid\":\"2A25\",\"action\":\"read\",\"link\":\"encrypted\",\"result\":\"mismatch\","
	 "\"octets\":\"0102\"",
	 "   1.500  attribute    2A25: 0102, not as expected\n", ""},
	{"attribute",
	 "\"uuid\":\"2A25\",\"action\":\"read\",\"link\":\"open\",\"result\":\"refused\",\"error\":"
	 "\"Insufficient Authentication\"",
	 "   1.500  attribute    2A25 in clear: refused, as it must be: Insufficient "
	 "Authentication\n",
	 ""},
	{"attribute",
	 "\"uuid\":\"2A25\",\"action\":\"write\",\"link\":\"encrypted\",\"result\":\"written\"",
	 "   1.500  attribute    2A25: written\n", ""},
	{"disconnected", "\"reason\":\"by us\"", "   1.500  disconnected by us\n", ""},
	{"batch", "\"total\":2,\"paired_before\":1,\"run\":\"x\"",
	 "   1.500  batch        2 units, 1 paired before, run x\n", ""},
	{"batch", "\"total\":1,\"paired_before\":0,\"run\":\"x\"",
	 "   1.500  batch        1 unit, 0 paired before, run x\n", ""},
	{"batch", "\"total\":0,\"paired_before\":3,\"run\":\"x\"",
	 "   1.500  batch        3 paired before, run x\n", ""},
	{"unit",
	 "\"unit\":\"7\",\"label\":\"lamp\",\"class\":\"ok\",\"final\":true,\"method\":\"oob\"",
	 "   1.500  paired       7 lamp: oob\n", ""},
	{"unit",
	 "\"unit\":\"7\",\"class\":\"timed_out\",\"final\":true,\"text\":\"silent\",\"detail\":"
	 "\"30 s\","
	 "\"advice\":\"reset it\"",
	 "   1.500  failed       7: silent\n                        30 s\n"
	 "                        reset it\n",
	 ""},
	{"unit",
	 "\"unit\":\"7\",\"class\":\"timed_out\",\"final\":false,\"text\":\"silent\",\"again_ms\":"
	 "1500,"
	 "\"advice\":\"reset it\"",
	 "   1.500  not yet      7: silent; retry in 1.5 s\n", ""},
	{"unit", "\"unit\":\"7\",\"class\":\"timed_out\",\"final\":false,\"text\":\"silent\"",
	 "   1.500  not yet      7: silent; will retry\n", ""},
	{"unit",
	 "\"unit\":\"7\",\"class\":\"ok\",\"final\":true,\"method\":\"oob\",\"detail\":\"x\","
	 "\"advice\":\"y\"",
	 "   1.500  paired       7: oob\n", ""},
	{"summary",
	 "\"paired\":2,\"failed\":1,\"left\":0,\"attempts\":4,\"seconds\":2.25,"
	 "\"causes\":[{\"count\":1,\"text\":\"silent\"},{\"count\":12,\"text\":\"refused\"}],"
	 "\"controllers\":[{\"controller\":\"hci0\",\"paired\":2,\"links\":1},"
	 "{\"controller\":\"hci1\",\"paired\":0,\"links\":2,\"failed_itself\":true}]",
	 "   1.500  summary      2 paired, 1 failed, 0 left; 4 attempts in 2.2 s\n"
	 "                            1  silent\n"
	 "                           12  refused\n"
	 "                        hci0: 2 paired, up to 1 link\n"
	 "                        hci1: 0 paired, up to 2 links; out of service\n",
	 ""},
	{"summary",
	 "\"attempts\":3,\"interrupted\":1,\"interrupted_ppm\":333333.3,"
	 "\"controllers\":[{\"controller\":\"hci0\",\"links\":1,\"interruptions\":2,"
	 "\"away_seconds\":12.34,\"failed_itself\":true}]",
	 "   1.500  summary      0 paired, 0 failed, 0 left; 3 attempts in 0.0 s\n"
	 "                        hci0: 0 paired, up to 1 link; 2 interruptions, 12.3 s; out of "
	 "service\n"
	 "                        1 attempt lost to the station, not to the unit: 333333 ppm\n",
	 ""},
	{"interruption", "\"controller\":\"hci0\",\"state\":\"lost\",\"text\":\"it is gone\"",
	 "   1.500  controller   hci0: it is gone\n", ""},
	{"summary", "\"attempts\":1",
	 "   1.500  summary      0 paired, 0 failed, 0 left; 1 attempt in 0.0 s\n", ""},
	{"result", "\"class\":\"ok\",\"text\":\"paired\"", "✓ paired\n", ""},
	{"result",
	 "\"class\":\"timed_out\",\"text\":\"silent\",\"detail\":\"30 s\",\"advice\":\"reset it\"",
	 "✗ silent\n  30 s\n  → reset it\n", ""},
	{"result",
	 "\"class\":\"ok\",\"text\":\"paired\",\"peer\":{\"address\":\"A\",\"identity\":{"
	 "\"address\":\"B\","
	 "\"kind\":\"public\"}}," KEYS,
	 "✓ paired\n  identity B (public)\n  local  irk   1a\n  peer   ltk   2b\n  peer   ediv  "
	 "3c\n"
	 "  peer   rand  4d\n  peer   csrk  5e\n  link key     6f\n",
	 ""},
	{"result",
	 "\"class\":\"ok\",\"text\":\"paired\",\"peer\":{\"address\":\"A\",\"identity\":{"
	 "\"address\":\"A\"}}",
	 "✓ paired\n", ""},
	{"info",
	 "\"public_address\":{\"address\":\"00:11:22:33:44:55\",\"kind\":\"public\"},"
	 "\"has_public_address\":true,\"address_state\":\"own\",\"version\":\"5.3\",\"dual_mode\":"
	 "true,\"le_features\":\"encryption\",\"states\":\"initiate, be central, be peripheral\","
	 "\"missing_commands\":\"\",\"acl_length\":27,\"acl_count\":4,\"shared_buffers\":true,"
	 "\"accept_list_size\":0,\"extended_advertising\":true,\"phys\":\"1m, "
	 "2m\",\"set_address\":\"no\","
	 "\"manufacturer\":\"ACME\",\"company\":89,\"maker\":\"ACME\",\"revision\":1,"
	 "\"lmp_subversion\":2,\"readiness\":\"ready\"",
	 "",
	 "Pairing\n"
	 "  ready           yes\n"
	 "  roles           central (blepair ADDRESS) and peripheral (listen)\n"
	 "  address         00:11:22:33:44:55, public, its own\n"
	 "Radio\n"
	 "  Bluetooth       5.3, LE and BR/EDR\n"
	 "  PHYs            1m, 2m\n"
	 "  features        encryption\n"
	 "  advertising     legacy and extended\n"
	 "  packet buffers  4 of 27 octets, shared with BR/EDR\n"
	 "Origin\n"
	 "  manufacturer    ACME (company 0x0059)\n"
	 "  revision        HCI 0x0001, LMP subversion 0x0002\n"},
	{"info",
	 "\"public_address\":{\"address\":\"00:11:22:33:44:55\",\"kind\":\"public\"},"
	 "\"has_public_address\":false,\"address_state\":\"shared\",\"address_default_of\":\"CSR\","
	 "\"static_address\":{\"address\":\"C6:11:22:33:44:55\"},\"version\":\"4.0\",\"states\":"
	 "\"be "
	 "peripheral\",\"missing_commands\":\"LE Encrypt\",\"accept_list_size\":8,\"phys\":\"1m\","
	 "\"set_address\":\"for good\",\"manufacturer\":\"ACME\",\"maker\":\"CSR8510\",\"known\":"
	 "\"a clone\",\"firmware\":\"x.bin\",\"readiness\":\"limited\"",
	 "",
	 "Pairing\n"
	 "  ready           with limits, see below\n"
	 "  roles           peripheral only (listen)\n"
	 "  lacks commands  LE Encrypt\n"
	 "  address         00:11:22:33:44:55, public, the default of CSR, which others have too: "
	 "a "
	 "static random one is used\n"
	 "  static address  C6:11:22:33:44:55, random, made with the chip\n"
	 "  set address     possible by --set-address, for good\n"
	 "Radio\n"
	 "  Bluetooth       4.0, LE only\n"
	 "  PHYs            1m\n"
	 "  advertising     legacy only\n"
	 "  accept list     8 addresses\n"
	 "Origin\n"
	 "  manufacturer    ACME (company 0x0000)\n"
	 "  chip            CSR8510\n"
	 "  known of it     a clone\n"
	 "  firmware        /lib/firmware/x.bin\n"
	 "  revision        HCI 0x0000, LMP subversion 0x0000\n"},
	{"info",
	 "\"address_state\":\"all zero\",\"version\":\"5.0\",\"states\":\"be central\","
	 "\"manufacturer\":\"ACME\",\"maker\":\"unknown\",\"readiness\":\"no firmware\"",
	 "",
	 "Pairing\n"
	 "  ready           no: it has no firmware\n"
	 "  roles           central only (blepair ADDRESS)\n"
	 "  address         none of its own (all zero): a static random one is used\n"
	 "Radio\n"
	 "  Bluetooth       5.0, LE only\n"
	 "  advertising     legacy only\n"
	 "Origin\n"
	 "  manufacturer    ACME (company 0x0000)\n"
	 "  revision        HCI 0x0000, LMP subversion 0x0000\n"},
	{"listed",
	 "\"spec\":\"usb:1-1\",\"bus\":\"USB\",\"state\":\"free\",\"usable\":true,\"name\":"
	 "\"Dongle\","
	 "\"address\":\"A\",\"usb_id\":\"1d6b:0001\",\"serial\":\"7\",\"driver\":\"btusb\",\"hci\":"
	 "\"hci2\"",
	 "",
	 "usb:1-1      USB      free     1d6b:0001 Dongle serial 7, driver btusb\n"
	 "             hci2 of the kernel\n             can be used now\n"},
	{"listed",
	 "\"spec\":\"hci0\",\"bus\":\"UART\",\"state\":\"up\",\"usable\":false,\"why\":\"in use\","
	 "\"address\":\"A\"",
	 "", "hci0         UART     up       A\n             in use\n"},
	{"listed",
	 "\"spec\":\"usb:1-1\",\"bus\":\"USB\",\"state\":\"free\",\"usb_id\":\"1d6b:0001\",\"why\":"
	 "\"x\"",
	 "", "usb:1-1      USB      free     1d6b:0001\n             x\n"},
	{"listed",
	 "\"spec\":\"hci1\",\"usable\":true,\"address\":\"A\",\"address_default_of\":\"Intel\","
	 "\"address_also_of\":\"hci0\"",
	 "",
	 "hci1                           A\n"
	 "             its address is the default of Intel, which others have too\n"
	 "             its address is also that of hci0\n             can be used now\n"},
	{"bond",
	 PEER "," LOCAL ",\"in_force\":true,\"secure_connections\":true,\"authenticated\":true,"
	      "\"key_size\":16,\"role\":\"central\",\"made\":\"2026\"," KEYS,
	 "",
	 "AA:BB:CC:DD:EE:FF random static: Secure Connections, authenticated, 16 octets, we are "
	 "central as 00:11:22:33:44:55, 2026\n"
	 "  local  irk   1a\n  peer   ltk   2b\n  peer   ediv  3c\n  peer   rand  4d\n"
	 "  peer   csrk  5e\n  link key     6f\n"},
	{"bond",
	 "\"peer\":{\"address\":\"A\",\"kind\":\"random "
	 "resolvable\",\"identity\":{\"address\":\"B\","
	 "\"kind\":\"public\"},\"label\":\"SN-1\"}," LOCAL
	 ",\"in_force\":false,\"key_size\":7,\"role\":\"peripheral\","
	 "\"made\":\"2026\"",
	 "",
	 "before that A random resolvable, identity B public, label SN-1: legacy, not "
	 "authenticated, 7 octets, we are peripheral as 00:11:22:33:44:55, 2026\n"},
	{"bond",
	 "\"peer\":{\"address\":\"A\",\"kind\":\"public\",\"identity\":{\"address\":\"A\"}}," LOCAL
	 ",\"in_force\":true,\"key_size\":7,\"role\":\"peripheral\",\"made\":\"2026\"",
	 "",
	 "A public: legacy, not authenticated, 7 octets, we are peripheral as 00:11:22:33:44:55, "
	 "2026\n"},
	{"attempt",
	 "\"ended\":\"2026\",\"result\":\"failed\",\"method\":\"oob\",\"reason\":\"Confirm Value "
	 "Failed\",\"total_ms\":12.4,\"run\":\"x\"",
	 "", "2026 failed, oob: Confirm Value Failed, 12 ms, run x\n"},
	{"attempt", "\"ended\":\"2026\",\"result\":\"failed\",\"class\":\"we_refused\"", "",
	 "2026 failed: we_refused\n"},
	{"attempt",
	 "\"ended\":\"2026\",\"result\":\"failed\",\"class\":\"bond_lost\",\"reason\":\"PIN or Key "
	 "Missing\"",
	 "", "2026 failed: PIN or Key Missing\n"},
	{"attempt", "\"ended\":\"2026\",\"result\":\"cancelled\",\"class\":\"cancelled\"", "",
	 "2026 cancelled\n"},
	{"attempt",
	 "\"ended\":\"2026\",\"result\":\"failed\",\"class\":\"timed_out\",\"verdict\":{\"text\":"
	 "\"it ended\",\"cause\":\"the peer is silent\",\"fix\":\"restart it\"}",
	 "", "2026 failed: timed_out\n  the peer is silent\n  → restart it\n"},
	{"attempt",
	 "\"ended\":\"2026\",\"result\":\"failed\",\"class\":\"not_found\",\"verdict\":{\"text\":"
	 "\"it was not seen\"}",
	 "", "2026 failed: not_found\n  it was not seen\n"},
	{"attempt", "\"ended\":\"2026\",\"result\":\"paired\"", "", "2026 paired\n"},
	{"attempt", "\"ended\":\"2026\",\"result\":\"paired\",\"total_ms\":0.6", "",
	 "2026 paired, 1 ms\n"},
	{"unit",
	 "\"unit\":\"7\",\"class\":\"usage\",\"final\":false,\"text\":\"no\",\"again_ms\":1",
	 "   1.500  not yet      7: no; retry in 0.0 s\n", ""},
	{"unit",
	 "\"unit\":\"7\",\"class\":\"ok\",\"result\":\"encrypted\",\"final\":true,"
	 "\"method\":\"oob\",\"replaced\":false",
	 "   1.500  encrypted    7: its bond works\n", ""},
	{"unit",
	 "\"unit\":\"7\",\"class\":\"ok\",\"result\":\"paired\",\"final\":true,"
	 "\"method\":\"oob\",\"replaced\":true,\"irk\":\"shared\",\"detail\":\"its "
	 "IRK\"",
	 "   1.500  paired       7: oob; the old bond was replaced\n"
	 "                        its IRK\n",
	 ""},
	{"exported", PEER ",\"path\":\"bluetooth/A/B/info\"", "", "bluetooth/A/B/info\n"},
	{"removed", PEER, "", "removed AA:BB:CC:DD:EE:FF\n"},
	{"removed",
	 "\"peer\":{\"address\":\"A\",\"identity\":{\"address\":\"B\"},\"label\":\"SN-1\"}", "",
	 "removed B SN-1\n"},
	{"take", "\"text\":\"hci0 is up\"",
	 "   1.500  in use       hci0 is up\n                        take it for this run? "
	 "(yes/no)\n",
	 ""},
	{"replace", "\"text\":\"X has lost the bond\"",
	 "   1.500  bond         X has lost the bond\n                        pair anew, and "
	 "replace the bond? (yes/no)\n",
	 ""},
	{"explained", "\"text\":\"printed elsewhere\"", "", ""},
};

static void each_event_has_its_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		prints(lines[i].event, lines[i].fields, lines[i].err, lines[i].out);
}

static void an_event_of_a_unit_names_it(void **state)
{
	(void)state;
	output.unit = "lamp 7";
	output.controller = "hci1";
	prints("encrypted", "\"with\":\"x\"", "   1.500  encrypted    lamp 7: x\n", "");
	output.json = true;
	prints("encrypted", "\"with\":\"x\"", "",
	       "{\"event\":\"encrypted\",\"with\":\"x\",\"time\":1.5,\"unit\":\"lamp 7\","
	       "\"controller\":\"hci1\"}\n");
}

static json_t *describe(const void *address)
{
	return json_address(address);
}

/* As in blepair listen, where several peers may be linked at a time. */
static void an_event_of_a_session_names_its_peer(void **state)
{
	const struct crypto_address peer = {.type = 0, .octets = {6, 5, 4, 3, 2, 1}};

	(void)state;
	output.session = 3;
	output.peer = describe;
	output.peer_ctx = &peer;
	prints("confirm", "\"number\":\"012345\"",
	       "   1.500  compare      [3] 01:02:03:04:05:06: this number with the one that the "
	       "peer displays:\n"
	       "                        012 345\n"
	       "                        are they the same? (yes/no)\n",
	       "");
	prints("connected", "\"interval_ms\":7.5,\"role\":\"peripheral\"",
	       "   1.500  connected    [3] 01:02:03:04:05:06: interval 7.50 ms, as peripheral\n",
	       "");
	prints("result", "\"class\":\"timed_out\",\"text\":\"silent\"",
	       "✗ 01:02:03:04:05:06: silent\n", "");
	prints("result", "\"class\":\"ok\",\"text\":\"paired with 01:02:03:04:05:06\"",
	       "✓ paired with 01:02:03:04:05:06\n", "");
	output.json = true;
	prints("encrypted", "\"with\":\"x\"", "",
	       "{\"event\":\"encrypted\",\"with\":\"x\",\"time\":1.5,\"session\":3,"
	       "\"peer\":{\"address\":\"01:02:03:04:05:06\",\"address_type\":\"public\",\"kind\":"
	       "\"public\"}}"
	       "\n");
	prints("result", PEER, "", "{\"event\":\"result\"," PEER ",\"time\":1.5,\"session\":3}\n");
}

static void as_json_each_event_is_one_line(void **state)
{
	(void)state;
	output.json = true;
	for (size_t i = 0; i < COUNT(lines); i++) {
		emit(lines[i].event, lines[i].fields);
		assert_string_equal(streams_err, "");
		assert_int_equal(strcspn(streams_out, "\n"), strlen(streams_out) - 1);
		json_t *event = json_loads(streams_out, JSON_REJECT_DUPLICATES, NULL);
		assert_string_equal(json_string_value(json_object_get(event, "event")),
				    lines[i].event);
		assert_true(json_real_value(json_object_get(event, "time")) == 1.5);
		json_decref(event);
	}
	/* The order of the fields is that of the code; no blank, no newline from outside. */
	prints("note", "\"z\":1,\"text\":\"a\\n\\\"b\\u001b\",\"a\":0.1234567891234", "",
	       "{\"event\":\"note\",\"z\":1,\"text\":\"a\\n\\\"b\\u001B\",\"a\":0.123456789,"
	       "\"time\":1.5}\n");
}

static void quiet_leaves_what_was_asked_for(void **state)
{
	static const char *const always[] = {
		"match",   "choose", "passkey", "confirm",  "oob",     "unit",
		"result",  "info",   "listed",	"bond",	    "attempt", "exported",
		"removed", "take",   "replace", "question", "restored"};

	(void)state;
	output.quiet = true;
	for (size_t i = 0; i < COUNT(lines); i++) {
		bool shown = false;
		for (size_t k = 0; k < COUNT(always); k++)
			shown |= strcmp(always[k], lines[i].event) == 0;
		prints(lines[i].event, lines[i].fields, shown ? lines[i].err : "",
		       shown ? lines[i].out : "");
	}
	output.json = true; /* a program gets everything */
	emit("connecting", PEER);
	assert_string_not_equal(streams_out, "");
}

static void brief_leaves_notes_and_what_quiet_leaves(void **state)
{
	static const struct {
		const char *event;
		bool shown;
	} events[] = {{"note", true},	     {"result", true},	 {"unit", true},
		      {"connecting", false}, {"summary", false}, {"explained", false},
		      {"unknown", false}};

	(void)state;
	output.brief = true;
	for (int json = 0; json < 2; json++) {
		output.json = json;
		for (size_t i = 0; i < COUNT(events); i++) {
			emit(events[i].event, "\"text\":\"x\",\"class\":\"ok\"");
			assert_int_equal(*streams_out || *streams_err, events[i].shown);
		}
	}
}

/* A peer may ask for other parameters again and again. */
static void verbose_adds_the_parameters_of_a_link(void **state)
{
	static const char fields[] = "\"interval_ms\":15,\"latency\":2,\"timeout_ms\":4000";

	(void)state;
	prints("parameters", fields, "", "");
	output.verbose = 1;
	prints("parameters", fields,
	       "   1.500  parameters   interval 15.00 ms, latency 2, timeout 4000 ms\n", "");
}

static void many_events_are_flushed_by_their_emitter(void **state)
{
	(void)state;
	output.many = true;
	streams_capture();
	event_emit(&output, json_pack("{s:s, s:{s:s}}", "event", "removed", "peer", "address",
				      "AA:BB:CC:DD:EE:FF"));
	assert_true(__fpending(stdout) > 0);
	assert_true(standard_output_flush());
	assert_true(__fpending(stdout) == 0);
	streams_restore();
	assert_non_null(strstr(streams_out, "AA:BB"));
}

static void verbose_adds_the_capabilities(void **state)
{
	(void)state;
	output.verbose = 1;
	prints("features",
	       "\"method_name\":\"x\",\"because\":\"y\",\"key_size\":16,"
	       "\"initiator\":{\"io\":\"a\"},\"responder\":{\"io\":\"b\"}",
	       "   1.500  features     LE legacy pairing, x: y\n"
	       "   1.500               initiator a, responder b, key of 16 octets\n",
	       "");
}

/* The same text with codes; each colour has a text, and ends before the line does. */
static void is_coloured(const char *text, const char *plain)
{
	bool coloured = false, empty = false;

	for (; *text; text++) {
		if (*text == '\033') {
			bool ends = strncmp(text, "\033[0m", 4) == 0;
			assert_false(ends && coloured && empty);
			coloured = !ends;
			empty = true;
			text = strchr(text, 'm');
			assert_non_null(text);
			continue;
		}
		empty = false;
		assert_false(*text == '\n' && coloured);
		assert_int_equal(*text, *plain++);
	}
	assert_int_equal(*plain, 0);
}

static void colour_is_only_on_demand(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		emit(lines[i].event, lines[i].fields);
		assert_null(strchr(streams_err, '\033'));
		assert_null(strchr(streams_out, '\033'));
	}
	output.color = true;
	prints("note", "\"text\":\"odd\"",
	       "\033[2m   1.500\033[0m  \033[1mnote        \033[0m \033[33modd\033[0m\n", "");
	prints("result", "\"class\":\"ok\",\"text\":\"paired\"", "\033[32m\033[1m✓ paired\033[0m\n",
	       "");
	prints("result", "\"class\":\"usage\",\"text\":\"no\"", "\033[31m\033[1m✗ no\033[0m\n", "");
	prints("listed", "\"spec\":\"a\",\"usable\":true", "",
	       "\033[1ma           \033[0m                   \n             \033[32mcan be used "
	       "now\033[0m\n");
	emit("listed", "\"spec\":\"a\",\"usable\":false,\"why\":\"up\"");
	assert_non_null(strstr(streams_out, "\033[33mup\033[0m"));
	emit("unit", "\"unit\":\"7\",\"class\":\"ok\",\"final\":true");
	assert_non_null(strstr(streams_err, "\033[32m7\033[0m"));
	emit("unit", "\"unit\":\"7\",\"class\":\"usage\",\"final\":true");
	assert_non_null(strstr(streams_err, "\033[31m7\033[0m"));
	emit("unit", "\"unit\":\"7\",\"class\":\"usage\",\"final\":false");
	assert_non_null(strstr(streams_err, "\033[33m7\033[0m"));
	for (size_t i = 0; i < COUNT(lines); i++) {
		emit(lines[i].event, lines[i].fields);
		is_coloured(streams_err, lines[i].err);
		is_coloured(streams_out, lines[i].out);
	}
}

static void a_terminal_without_utf8_gets_ascii(void **state)
{
	(void)state;
	output.ascii = true;
	prints("result", "\"class\":\"ok\",\"text\":\"paired\"", "OK paired\n", "");
	prints("result", "\"class\":\"usage\",\"text\":\"no\",\"advice\":\"try\"",
	       "FAILED: no\n  -> try\n", "");
}

/* A program that reads the lines gets each at once. */
static void standard_output_is_written_at_once(void **state)
{
	struct stat status;

	(void)state;
	for (int json = 0; json < 2; json++) {
		output.json = json;
		streams_capture();
		event_emit(&output, json_pack("{s:s, s:s}", "event", "exported", "path", "x"));
		int failed = fstat(STDOUT_FILENO, &status);
		streams_restore();
		assert_int_equal(failed, 0);
		assert_true(status.st_size > 0);
	}
}

static int removed;

static void remove_view(void *ctx)
{
	removed++;
	assert_ptr_equal(ctx, &removed);
}

static void a_live_view_is_removed_before_a_line(void **state)
{
	static const char paired[] =
		"\"unit\":\"7\",\"class\":\"ok\",\"final\":true,\"method\":\"oob\"";

	(void)state;
	output.before = remove_view;
	output.before_ctx = &removed;
	removed = 0;
	emit("note", "\"text\":\"x\"");
	assert_int_equal(removed, 1);
	output.quiet = true;
	emit("note", "\"text\":\"x\"");
	assert_int_equal(removed, 1);
	output.quiet = false;
	emit("explained", "");
	assert_int_equal(removed, 1);
	/* It counts what went well. */
	emit("unit", paired);
	assert_string_equal(streams_err, "");
	emit("unit", "\"unit\":\"7\",\"class\":\"usage\",\"final\":true");
	assert_string_not_equal(streams_err, "");
	output.verbose = 1;
	emit("unit", paired);
	assert_string_not_equal(streams_err, "");
	output.json = true;
	removed = 0;
	emit("note", "\"text\":\"x\"");
	assert_int_equal(removed, 0);
}

static void note(int level, const char *text)
{
	streams_capture();
	event_note(&output, level, "<%s>", text);
	streams_restore();
}

static void a_note_has_a_level(void **state)
{
	static const struct {
		int level, verbose;
		bool json, brief, shown;
	} cases[] = {
		{0, 0, false, false, true}, {1, 0, false, false, false}, {1, 1, false, false, true},
		{1, 0, true, false, true},  {0, 0, true, true, true},	 {1, 0, true, true, false},
		{0, 0, false, true, true},  {1, 0, false, true, false},	 {1, 1, true, true, true},
		{1, 2, false, true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		output.verbose = cases[i].verbose;
		output.json = cases[i].json;
		output.brief = cases[i].brief;
		note(cases[i].level, "odd");
		const char *text = cases[i].json ? streams_out : streams_err;
		assert_int_equal(*text != 0, cases[i].shown);
		if (cases[i].shown)
			assert_non_null(strstr(text, "<odd>"));
	}
}

static void a_long_note_is_cut(void **state)
{
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	note(0, text);
	assert_int_equal(strlen(streams_err), strlen("   1.500  note         ") + 319 + 1);
}

static void options_and_environment_make_the_output(void **state)
{
	struct options options = {.json = true, .quiet = true, .verbose = 2};

	(void)state;
	now = 42;
	(void)unsetenv("NO_COLOR");
	event_output_init(&output, &options);
	assert_true(output.json && output.quiet && output.verbose == 2 && output.start == 42);
	assert_true(!output.brief && !output.unit && !output.controller && !output.before);
	options = (struct options){0};
	streams_capture(); /* no terminal */
	event_output_init(&output, &options);
	streams_restore();
	assert_false(output.json || output.quiet || output.color || output.verbose);
	options.color = COLOR_ALWAYS;
	event_output_init(&output, &options);
	assert_true(output.color);
	options.color = COLOR_NEVER;
	event_output_init(&output, &options);
	assert_false(output.color);
}

static void a_terminal_is_coloured_unless_the_user_objects(void **state)
{
	static const struct {
		enum color option;
		const char *no_color; /* NULL: not set */
		const char *term;
		bool terminal, color;
	} cases[] = {
		{COLOR_AUTO, NULL, "xterm", true, true},
		{COLOR_AUTO, "", "xterm", true, true},
		{COLOR_AUTO, "1", "xterm", true, false},
		{COLOR_AUTO, NULL, "dumb", true, false},
		{COLOR_AUTO, NULL, "xterm", false, false},
		{COLOR_ALWAYS, "1", "xterm", false, true},
		{COLOR_ALWAYS, NULL, "dumb", true, true},
		{COLOR_NEVER, NULL, "xterm", true, false},
		{COLOR_NEVER, NULL, "xterm", false, false},
	};
	int master, terminal, saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	(void)state;
	assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct options options = {.color = cases[i].option};
		if (cases[i].no_color)
			(void)setenv("NO_COLOR", cases[i].no_color, 1);
		else
			(void)unsetenv("NO_COLOR");
		(void)setenv("TERM", cases[i].term, 1);
		(void)dup2(cases[i].terminal ? terminal : null, STDERR_FILENO);
		event_output_init(&output, &options);
		(void)dup2(saved, STDERR_FILENO);
		assert_int_equal(output.color, cases[i].color);
		assert_int_equal(event_colors(&options, cases[i].terminal ? terminal : null),
				 cases[i].color);
	}
	close(saved);
	close(null);
	close(master);
	close(terminal);
}

static void emits_at(unsigned short columns, const char *json, const char *err)
{
	json_t *event = json_loads(json, 0, NULL);

	assert_non_null(event);
	streams_capture_terminal(columns);
	event_emit(&output, event);
	streams_restore();
	assert_string_equal(streams_err, err);
}

static void a_line_on_a_terminal_ends_between_two_words(void **state)
{
	(void)state;
	emits_at(
		40,
		"{\"event\":\"result\",\"class\":\"usage\",\"text\":\"the capture cannot be opened "
		"at all\",\"detail\":\"it was removed while it was being read\",\"advice\":\"check "
		"that the file exists, and try again\"}",
		"✗ the capture cannot be opened at all\n"
		"  it was removed while it was being read\n"
		"  → check that the file exists, and try\n"
		"    again\n");
	emits_at(
		40,
		"{\"event\":\"note\",\"text\":\"the link is slower than expected\",\"unit\":\"7\"}",
		"   1.500  note 7: the link is slower\n"
		"    than expected\n");
	emits_at(
		60,
		"{\"event\":\"note\",\"text\":\"the link is slower than expected\",\"unit\":\"7\"}",
		"   1.500  note         7: the link is slower than expected\n");
}

static void a_number_is_large_on_a_terminal(void **state)
{
	static const char event[] = "{\"event\":\"confirm\",\"number\":\"012345\",\"limit_s\":30}";

	(void)state;
	emits_at(80, event,
		 "   1.500  compare      this number with the one that the peer displays:\n"
		 "\n"
		 "                        █▀█ ▄█  ▀▀█   ▀▀█ █ █ █▀▀\n"
		 "                        █ █  █  █▀▀    ▀█ ▀▀█ ▀▀█\n"
		 "                        ▀▀▀ ▀▀▀ ▀▀▀   ▀▀▀   ▀ ▀▀▀\n"
		 "                        012 345\n"
		 "\n"
		 "                        are they the same? (yes/no, within 30 s)\n");
	output.ascii = true;
	emits_at(34, event,
		 "   1.500  compare this number with\n"
		 "    the one that the peer\n"
		 "    displays:\n"
		 "\n"
		 "    ###  #  ###   ### # # ###\n"
		 "    # # ##    #     # # # #  \n"
		 "    # #  #  ###    ## ### ###\n"
		 "    # #  #  #       #   #   #\n"
		 "    ### ### ###   ###   # ###\n"
		 "    012 345\n"
		 "\n"
		 "    are they the same? (yes/no,\n"
		 "    within 30 s)\n");
	emits_at(26, event,
		 "   1.500  compare this\n"
		 "    number with the one\n"
		 "    that the peer\n"
		 "    displays:\n"
		 "\n"
		 "  012 345\n"
		 "\n"
		 "    are they the same?\n"
		 "    (yes/no, within 30 s)\n");
}

/* blepair ... 2>FILE: the answer is typed at a terminal, so the question is shown there as well. */
static void a_question_is_seen_where_the_answer_is_typed(void **state)
{
	int master, terminal, saved = dup(STDIN_FILENO);
	char text[200] = "";

	(void)state;
	assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
	(void)dup2(terminal, STDIN_FILENO);
	emit("question", "\"text\":\"remove all?\",\"limit_s\":60");
	(void)dup2(saved, STDIN_FILENO);
	close(saved);
	assert_true(read(master, text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "remove all? (yes/no, within 60 s)"));
	assert_string_equal(streams_err, "remove all? (yes/no, within 60 s)\n");
	close(master);
	close(terminal);
}

/* A line reaches the terminal whole, not by its parts, and not later. */
static void standard_error_is_written_line_by_line(void **state)
{
	const struct options options = {0};
	int ends[2], saved;
	char text[16] = "";

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	(void)fflush(stderr);
	saved = dup(STDERR_FILENO);
	event_output_init(&output, &options);
	(void)dup2(ends[1], STDERR_FILENO);
	fputs("a line", stderr);
	ssize_t early = read(ends[0], text, sizeof(text));
	fputc('\n', stderr);
	ssize_t whole = read(ends[0], text, sizeof(text));
	(void)dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(early, -1);
	assert_int_equal(whole, 7);
}

static void the_locale_decides_about_ascii(void **state)
{
	const struct options options = {0};

	(void)state;
	(void)unsetenv("LC_CTYPE");
	(void)setenv("LC_ALL", "C", 1);
	event_output_init(&output, &options);
	assert_true(output.ascii);
	(void)setenv("LC_ALL", "C.UTF-8", 1);
	event_output_init(&output, &options);
	assert_false(output.ascii);
}

static void text_from_outside_cannot_steer_a_terminal(void **state)
{
	(void)state;
	prints("note", "\"text\":\"a\\u001b[31m\\u009b\\u202e\\u007f\\nb\"",
	       "   1.500  note         a" FFFD "[31m" FFFD FFFD FFFD FFFD "b\n", "");
	prints("found",
	       "\"peer\":{\"address\":\"a\\u0007\",\"kind\":\"b\",\"name\":\"\\u0085\"},\"rssi\":"
	       "127",
	       "   1.500  found        a" FFFD " (b) " FFFD "\n", "");
	output.json = true;
	prints("note", "\"text\":\"\\u001b\\u009b\\u202e\"", "",
	       "{\"event\":\"note\",\"text\":\"\\u001B\\u009B\\u202E\",\"time\":1.5}\n");
}

static void a_note_that_is_not_utf8_is_printed(void **state)
{
	(void)state;
	streams_capture();
	event_note(&output, 0, "cannot read %s", "\xff\xc3");
	streams_restore();
	assert_string_equal(streams_err, "   1.500  note         cannot read " FFFD FFFD "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: setvbuf() comes before any use of the stream. */
		cmocka_unit_test_setup(standard_error_is_written_line_by_line, plain),
		cmocka_unit_test_setup(each_event_has_its_text, plain),
		cmocka_unit_test_setup(standard_output_is_written_at_once, plain),
		cmocka_unit_test_setup(an_event_of_a_unit_names_it, plain),
		cmocka_unit_test_setup(an_event_of_a_session_names_its_peer, plain),
		cmocka_unit_test_setup(as_json_each_event_is_one_line, plain),
		cmocka_unit_test_setup(quiet_leaves_what_was_asked_for, plain),
		cmocka_unit_test_setup(brief_leaves_notes_and_what_quiet_leaves, plain),
		cmocka_unit_test_setup(verbose_adds_the_parameters_of_a_link, plain),
		cmocka_unit_test_setup(many_events_are_flushed_by_their_emitter, plain),
		cmocka_unit_test_setup(verbose_adds_the_capabilities, plain),
		cmocka_unit_test_setup(colour_is_only_on_demand, plain),
		cmocka_unit_test_setup(a_terminal_without_utf8_gets_ascii, plain),
		cmocka_unit_test_setup(a_live_view_is_removed_before_a_line, plain),
		cmocka_unit_test_setup(a_note_has_a_level, plain),
		cmocka_unit_test_setup(a_long_note_is_cut, plain),
		cmocka_unit_test_setup(options_and_environment_make_the_output, plain),
		cmocka_unit_test_setup(a_terminal_is_coloured_unless_the_user_objects, plain),
		cmocka_unit_test_setup(a_line_on_a_terminal_ends_between_two_words, plain),
		cmocka_unit_test_setup(a_number_is_large_on_a_terminal, plain),
		cmocka_unit_test_setup(a_question_is_seen_where_the_answer_is_typed, plain),
		cmocka_unit_test_setup(the_locale_decides_about_ascii, plain),
		cmocka_unit_test_setup(text_from_outside_cannot_steer_a_terminal, plain),
		cmocka_unit_test_setup(a_note_that_is_not_utf8_is_printed, plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
