/* SPDX-License-Identifier: MIT */
#include "hci/bringup.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"

/* ---- When a row applies ---------------------------------------------------------------------- */

typedef bool applies(const struct hci_controller_info *c);

static bool feature(const uint8_t features[8], unsigned bit)
{
	return features[bit / 8] >> bit % 8 & 1;
}

bool hci_controller_dual_mode(const struct hci_controller_info *c)
{
	return !feature(c->features, 37); /* "BR/EDR Not Supported" */
}

bool hci_controller_has(const struct hci_controller_info *c, uint16_t opcode)
{
	const struct hci_command_format *format = hci_command_format(opcode);
	if (!format || hci_maker_lacks(c->maker, opcode))
		return false;
	return !c->commands_known || (format->octet < sizeof(c->commands) &&
				      c->commands[format->octet] >> format->bit & 1);
}

bool hci_controller_feature(const struct hci_controller_info *c, unsigned bit)
{
	return feature(c->le_features, bit);
}

bool hci_controller_extended(const struct hci_controller_info *c)
{
	return c->commands_known && hci_controller_feature(c, HCI_FEATURE_EXTENDED_ADVERTISING) &&
	       hci_controller_has(c, HCI_LE_EXTENDED_CREATE_CONNECTION) &&
	       hci_controller_has(c, HCI_LE_SET_EXTENDED_SCAN_ENABLE) &&
	       hci_controller_has(c, HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE);
}

uint8_t hci_controller_phys(const struct hci_controller_info *c)
{
	uint8_t phys = HCI_PHYS_1M;

	if (hci_controller_feature(c, HCI_FEATURE_2M_PHY) && hci_controller_has(c, HCI_LE_SET_PHY))
		phys |= HCI_PHYS_2M;
	/* Only the extended commands name a PHY to scan on. */
	if (hci_controller_feature(c, HCI_FEATURE_CODED_PHY) && hci_controller_extended(c))
		phys |= HCI_PHYS_CODED;
	return phys;
}

static bool has_data_length(const struct hci_controller_info *c)
{
	return hci_controller_feature(c, HCI_FEATURE_DATA_LENGTH);
}

/* LE Read Buffer Size answered 0, or not at all: 7.8.2. */
static bool has_no_le_buffers(const struct hci_controller_info *c)
{
	return c->acl_length == 0 || c->acl_count == 0;
}

/* ---- Parameters of a row: each function fills them and returns their length
 * -------------------------------- */

typedef size_t build(const struct hci_controller_info *c, uint8_t *p);

/* Event masks: a controller may refuse the bit of an event that it lacks. */
static size_t build_event_mask(const struct hci_controller_info *c, uint8_t *p)
{
	const uint64_t le_only = 1ULL << 4     /* Disconnection Complete */
				 | 1ULL << 7   /* Encryption Change */
				 | 1ULL << 11  /* Read Remote Version Information Complete */
				 | 1ULL << 15  /* Hardware Error */
				 | 1ULL << 25  /* Data Buffer Overflow */
				 | 1ULL << 47  /* Encryption Key Refresh Complete */
				 | 1ULL << 61; /* LE Meta */
	/* Everything that 2.1 + EDR and LE have but the reserved bits. */
	bytes_put_le64(p, hci_controller_dual_mode(c) ? 0x3dbff807fffbffffULL : le_only);
	return 8;
}

static size_t build_event_mask_page_2(const struct hci_controller_info *c, uint8_t *p)
{
	(void)c;
	bytes_put_le64(p, 1ULL << 25); /* Encryption Change [v2] */
	return 8;
}

static size_t build_le_event_mask(const struct hci_controller_info *c, uint8_t *p)
{
	uint64_t mask = 0x1f; /* connected, advertising, updated, features, LTK request: 4.0 */

	if (hci_controller_feature(c, HCI_FEATURE_PARAMETER_REQUEST))
		mask |= 1ULL << 5;
	if (hci_controller_feature(c, HCI_FEATURE_DATA_LENGTH))
		mask |= 1ULL << 6;
	if (hci_controller_feature(c, HCI_FEATURE_PRIVACY))
		mask |= 1ULL << 9; /* Enhanced Connection Complete */
	if (hci_controller_feature(c, HCI_FEATURE_SCAN_POLICIES))
		mask |= 1ULL << 10; /* Directed Advertising Report */
	if (hci_controller_feature(c, HCI_FEATURE_2M_PHY) ||
	    hci_controller_feature(c, HCI_FEATURE_CODED_PHY))
		mask |= 1ULL << 11; /* PHY Update Complete */
	if (hci_controller_extended(c))
		mask |= 1ULL << 9 | 1ULL << 12 | 1ULL << 17; /* reports, set terminated */
	bytes_put_le64(p, mask);
	return 8;
}

/* A controller before this form of the command ignores its parameter. */
static size_t build_intel_version(const struct hci_controller_info *c, uint8_t *p)
{
	(void)c;
	p[0] = 0xff; /* all types */
	return 1;
}

static size_t build_le_host(const struct hci_controller_info *c, uint8_t *p)
{
	(void)c;
	p[0] = 1;
	p[1] = 0; /* simultaneous LE and BR/EDR: deprecated, 0 since 4.1 */
	return 2;
}

static size_t build_data_length(const struct hci_controller_info *c, uint8_t *p)
{
	(void)c;
	bytes_put_le16(p, 251);
	bytes_put_le16(p + 2, 2120); /* microseconds for 251 octets on LE 1M */
	return 4;
}

/* ---- Keeping an answer: p points behind the status, len was checked against the table
 * -------------- */

typedef void absorb(struct hci_controller_info *c, const uint8_t *p);

static void absorb_version(struct hci_controller_info *c, const uint8_t *p)
{
	c->hci_version = p[0];
	c->hci_revision = bytes_get_le16(p + 1);
	c->lmp_version = p[3];
	c->manufacturer = bytes_get_le16(p + 4);
	c->lmp_subversion = bytes_get_le16(p + 6);
	c->identity.versioned = true;
	c->identity.hci_version = c->hci_version;
	c->identity.hci_revision = c->hci_revision;
	c->identity.manufacturer = c->manufacturer;
	c->identity.lmp_subversion = c->lmp_subversion;
}

static void absorb_commands(struct hci_controller_info *c, const uint8_t *p)
{
	memcpy(c->commands, p, sizeof(c->commands));
	c->commands_known = true;
}

static void absorb_features(struct hci_controller_info *c, const uint8_t *p)
{
	memcpy(c->features, p, sizeof(c->features));
}

static void absorb_address(struct hci_controller_info *c, const uint8_t *p)
{
	memcpy(c->address, p, 6);
	c->address_state = hci_address_state(p);
	c->has_address = c->address_state == HCI_ADDRESS_OWN;
}

/* Zephyr include/zephyr/bluetooth/hci_vs.h: their number, then each with a root key of 16. */
static void absorb_static_addresses(struct hci_controller_info *c, const uint8_t *p, size_t len)
{
	/* Static, Vol 6 Part B 1.3.2.1: the two top bits are 1, and the others not all the same. */
	c->has_static_address = len >= 7 && p[0] > 0 && p[6] >= 0xc0 &&
				hci_address_state(p + 1) != HCI_ADDRESS_ONES &&
				!(bytes_all_zero(p + 1, 5) && p[6] == 0xc0);
	if (c->has_static_address)
		memcpy(c->static_address, p + 1, 6);
}

static void absorb_le_buffers(struct hci_controller_info *c, const uint8_t *p)
{
	c->acl_length = bytes_get_le16(p);
	c->acl_count = p[2];
}

static void absorb_shared_buffers(struct hci_controller_info *c, const uint8_t *p)
{
	c->acl_length = bytes_get_le16(p);
	c->acl_count = bytes_get_le16(p + 3);
	c->shared_buffers = true;
}

static void absorb_le_features(struct hci_controller_info *c, const uint8_t *p)
{
	const uint64_t without = c->maker ? c->maker->without_features : 0;

	bytes_put_le64(c->le_features, bytes_get_le64(p) & ~without);
}

static void absorb_states(struct hci_controller_info *c, const uint8_t *p)
{
	memcpy(c->le_states, p, sizeof(c->le_states));
}

static void absorb_accept_list(struct hci_controller_info *c, const uint8_t *p)
{
	c->accept_list_size = p[0];
}

/* ---- The table ------------------------------------------------------------------------------- */

enum need { REQUIRED, OPTIONAL, PROBE, VENDOR, SET_ADDRESS };

static const struct hci_address_command *address_command(const struct hci_controller_info *c)
{
	return c->identity.versioned
		       ? hci_address_command(c->manufacturer, hci_controller_dual_mode(c))
		       : NULL;
}

static bool tells_static_address(const struct hci_controller_info *c)
{
	const struct hci_address_command *command = address_command(c);

	return !c->has_address && command && command->tells_static;
}

static bool is_refused(const struct hci_controller_info *c)
{
	return c->identity.refused;
}

/* clang-format off */
static const struct {
	uint16_t opcode;
	/*
	 * OPTIONAL: skipped when Supported Commands lacks it, noted when refused. PROBE: asks why
	 * the command before it was refused, and ends the bring-up. VENDOR: optional, and no list
	 * has it. SET_ADDRESS: several commands, hci/set_address.h.
	 */
	uint8_t need;
	applies *when;
	build *build;
	absorb *absorb;
} rows[] = {
	{HCI_RESET,                           REQUIRED, NULL,                     NULL,                    NULL},
	{HCI_INTEL_READ_VERSION,              PROBE,    is_refused,               build_intel_version,     NULL},
	{HCI_READ_LOCAL_VERSION,              OPTIONAL, NULL,                     NULL,                    absorb_version},
	{HCI_READ_LOCAL_COMMANDS,             OPTIONAL, NULL,                     NULL,                    absorb_commands},
	{HCI_READ_LOCAL_FEATURES,             OPTIONAL, NULL,                     NULL,                    absorb_features},
	{HCI_READ_BD_ADDR,                    OPTIONAL, NULL,                     NULL,                    absorb_address},
	/* What follows is lost by a reset. */
	{0,                                   SET_ADDRESS, NULL,                  NULL,                    NULL},
	{HCI_ZEPHYR_READ_STATIC_ADDRESSES,    VENDOR,   tells_static_address,     NULL,                    NULL},
	{HCI_SET_EVENT_MASK,                  REQUIRED, NULL,                     build_event_mask,        NULL},
	{HCI_SET_EVENT_MASK_PAGE_2,           OPTIONAL, NULL,                     build_event_mask_page_2, NULL},
	{HCI_WRITE_LE_HOST_SUPPORT,           OPTIONAL, hci_controller_dual_mode, build_le_host,           NULL},
	{HCI_LE_READ_LOCAL_FEATURES,          OPTIONAL, NULL,                     NULL,                    absorb_le_features},
	{HCI_LE_SET_EVENT_MASK,               REQUIRED, NULL,                     build_le_event_mask,     NULL},
	{HCI_LE_READ_BUFFER_SIZE,             OPTIONAL, NULL,                     NULL,                    absorb_le_buffers},
	{HCI_READ_BUFFER_SIZE,                REQUIRED, has_no_le_buffers,        NULL,                    absorb_shared_buffers},
	{HCI_LE_READ_STATES,                  OPTIONAL, NULL,                     NULL,                    absorb_states},
	{HCI_LE_READ_ACCEPT_LIST_SIZE,        OPTIONAL, NULL,                     NULL,                    absorb_accept_list},
	{HCI_LE_WRITE_DEFAULT_DATA_LENGTH,    OPTIONAL, has_data_length,          build_data_length,       NULL},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool row_applies(const struct hci_bringup *b, size_t i)
{
	const struct hci_controller_info *c = &b->controller;

	if (rows[i].when && !rows[i].when(c))
		return false;
	if (rows[i].need == SET_ADDRESS)
		return b->wants_address && !bytes_equal(b->wanted_address, c->address, 6);
	return rows[i].need != OPTIONAL || hci_controller_has(c, rows[i].opcode);
}

static bool sets_address(const struct hci_bringup *b)
{
	return b->row < ROWS && rows[b->row].need == SET_ADDRESS;
}

bool hci_bringup_restarts(const struct hci_bringup *b)
{
	return sets_address(b) && b->set_address.state == HCI_SET_RESTARTING;
}

static enum hci_bringup_state fail(struct hci_bringup *b, const char *what, const char *advice)
{
	(void)snprintf(b->failure, sizeof(b->failure), "%s: %s; %s",
		       hci_command_name(rows[b->row].opcode), what, advice);
	return HCI_BRINGUP_FAILED;
}

/* True when what was learned so far shows that it has no firmware. */
static bool lacks_firmware(struct hci_bringup *b)
{
	b->controller.maker = hci_maker_find(&b->controller.identity);
	return b->controller.maker && b->controller.maker->readiness == HCI_NO_FIRMWARE;
}

static enum hci_bringup_state send_row(struct hci_bringup *b, struct hci_host *host);

static enum hci_bringup_state address_went(struct hci_bringup *b, struct hci_host *host,
					   enum hci_set_address_state state)
{
	if (state == HCI_SET_FAILED) {
		memcpy(b->failure, b->set_address.failure, sizeof(b->failure));
		return HCI_BRINGUP_FAILED;
	}
	if (state != HCI_SET_DONE)
		return HCI_BRINGUP_RUNNING;
	absorb_address(&b->controller, b->wanted_address);
	b->row++;
	return send_row(b, host);
}

static enum hci_bringup_state send_row(struct hci_bringup *b, struct hci_host *host)
{
	uint8_t parameters[16];

	while (b->row < ROWS && !row_applies(b, b->row))
		b->row++;
	if (sets_address(b))
		return address_went(b, host,
				    hci_set_address_start(&b->set_address, host,
							  address_command(&b->controller),
							  b->wanted_address));
	if (b->row < ROWS) {
		size_t len =
			rows[b->row].build ? rows[b->row].build(&b->controller, parameters) : 0;
		b->command_count++;
		(void)hci_host_command(host, rows[b->row].opcode, parameters, len);
		return HCI_BRINGUP_RUNNING;
	}
	if (has_no_le_buffers(&b->controller)) {
		b->row = 0;
		return fail(b, "the controller has no buffer for data",
			    "it cannot carry a connection: try another one");
	}
	hci_host_acl_buffers(host, b->controller.acl_length, b->controller.acl_count);
	return HCI_BRINGUP_DONE;
}

void hci_bringup_start(struct hci_bringup *b, struct hci_host *host, const struct hci_usb_id *usb)
{
	memset(b, 0, sizeof(*b));
	if (usb)
		b->controller.identity.usb = *usb;
	(void)lacks_firmware(b); /* a USB device alone never does: its commands are of interest */
	(void)send_row(b, host);
}

void hci_bringup_set_address(struct hci_bringup *b, const uint8_t address[6])
{
	b->wants_address = true;
	memcpy(b->wanted_address, address, 6);
}

static void note(struct hci_bringup *b, const char *what)
{
	if (b->note_count == HCI_BRINGUP_NOTES)
		return;
	(void)snprintf(b->notes[b->note_count++], sizeof(b->notes[0]), "%s: %s",
		       hci_command_name(rows[b->row].opcode), what);
}

enum hci_bringup_state hci_bringup_overdue(struct hci_bringup *b, struct hci_host *host)
{
	if (sets_address(b))
		return address_went(b, host, hci_set_address_overdue(&b->set_address, host));
	if (hci_host_is_blocked(host))
		return fail(b,
			    "the controller allowed no command for 2 s (Num_HCI_Command_Packets is "
			    "0)",
			    "unplug it and plug it in again");
	if (b->row < ROWS && rows[b->row].need == PROBE)
		return HCI_BRINGUP_FAILED;
	if (b->row >= ROWS || rows[b->row].need == REQUIRED) {
		b->controller.identity.silent = b->row == 0;
		if (lacks_firmware(b))
			return HCI_BRINGUP_NO_FIRMWARE;
		return fail(b, "the controller does not answer within 2 s",
			    "is it powered, and is it really an HCI controller? unplug it and plug "
			    "it in again");
	}
	note(b, "no answer");
	b->row++;
	hci_host_abandon_command(host);
	return send_row(b, host);
}

/* Keeps an answer. False: it ends the bring-up. */
static bool take_answer(struct hci_bringup *b, const struct hci_input *input)
{
	const struct hci_command_format *format = hci_command_format(input->opcode);
	const bool complete = !input->status_only && input->len + 1 >= format->returned;
	const bool required = rows[b->row].need == REQUIRED;

	if (input->status != HCI_SUCCESS && required) {
		(void)fail(b, hci_error_name(input->status),
			   "the controller cannot be brought up: reset or replace it");
		b->controller.identity.refused =
			input->opcode == HCI_RESET && input->status == HCI_UNKNOWN_COMMAND;
		return b->controller.identity.refused; /* the next row asks why */
	}
	if (input->status == HCI_SUCCESS && !complete && required) {
		(void)fail(b, "the answer is too short",
			   "the controller does not follow the specification");
		return false;
	}
	if (input->status != HCI_SUCCESS)
		note(b, hci_error_name(input->status));
	else if (!complete)
		note(b, "the answer is too short and was ignored");
	else if (rows[b->row].need == PROBE)
		b->controller.identity.boot_loader =
			hci_maker_is_boot_loader(input->data, input->len);
	else if (rows[b->row].need == VENDOR)
		absorb_static_addresses(&b->controller, input->data, input->len);
	else if (rows[b->row].absorb)
		rows[b->row].absorb(&b->controller, input->data);
	return rows[b->row].need != PROBE;
}

enum hci_bringup_state hci_bringup_input(struct hci_bringup *b, struct hci_host *host,
					 const struct hci_input *input)
{
	if (sets_address(b))
		return address_went(b, host, hci_set_address_input(&b->set_address, host, input));
	if (input->kind != HCI_IN_COMMAND || b->row >= ROWS || input->opcode != rows[b->row].opcode)
		return HCI_BRINGUP_RUNNING;

	bool goes_on = take_answer(b, input);
	if (lacks_firmware(b))
		return HCI_BRINGUP_NO_FIRMWARE;
	if (!goes_on)
		return HCI_BRINGUP_FAILED;
	b->row++;
	return send_row(b, host);
}

const char *hci_version_name(uint8_t version)
{
	static const char *const names[] = {"1.0b", "1.1", "1.2", "2.0", "2.1", "3.0",
					    "4.0",  "4.1", "4.2", "5.0", "5.1", "5.2",
					    "5.3",  "5.4", "6.0", "6.1", "6.2", "6.3"};
	return version < sizeof(names) / sizeof(names[0]) ? names[version] : "unknown";
}

const char *hci_company_name(uint16_t company)
{
	static const struct {
		uint16_t id;
		const char *name;
	} companies[] = {
		{2, "Intel"},
		{10, "Qualcomm (CSR)"},
		{13, "Texas Instruments"},
		{15, "Broadcom"},
		{29, "Qualcomm"},
		{48, "STMicroelectronics"},
		{63, "Bluetooth SIG"},
		{70, "MediaTek"},
		{72, "Marvell"},
		{76, "Apple"},
		{89, "Nordic Semiconductor"},
		{93, "Realtek"},
		{305, "Infineon (Cypress)"},
		{741, "Espressif"},
		{1521, "Linux Foundation"},
		{767, "Silicon Labs"},
		{1494, "Zhuhai Jieli"},
	};
	for (size_t i = 0; i < sizeof(companies) / sizeof(companies[0]); i++)
		if (companies[i].id == company)
			return companies[i].name;
	return NULL;
}
