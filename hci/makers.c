/* SPDX-License-Identifier: MIT */
#include "hci/makers.h"

#include "hci/protocol.h"

/* ---- How rows are recognised ------------------------------------------------------------------
 */

static bool usb_matches(const struct hci_usb_id *ids, const struct hci_usb_id *usb)
{
	for (; ids->vendor; ids++)
		if (ids->vendor == usb->vendor && (!ids->product || ids->product == usb->product))
			return true;
	return false;
}

/* The properties of the identity that are those of the row. */
static unsigned properties(const struct hci_maker *m, const struct hci_identity *i)
{
	unsigned has = 0;

	has |= m->usb && usb_matches(m->usb, &i->usb) ? HCI_BY_USB : 0;
	has |= i->usb.release == m->release ? HCI_BY_RELEASE : 0;
	has |= i->silent ? HCI_BY_SILENCE : 0;
	has |= i->boot_loader ? HCI_BY_BOOT_LOADER : 0;
	if (!i->versioned)
		return has;
	has |= i->manufacturer == m->manufacturer ? HCI_BY_MANUFACTURER : HCI_BY_OTHER_MANUFACTURER;
	has |= i->hci_version == m->hci_version ? HCI_BY_VERSION : 0;
	has |= i->hci_version > m->hci_version ? HCI_BY_NEWER_VERSION : 0;
	has |= i->hci_revision == m->hci_revision ? HCI_BY_REVISION : 0;
	has |= i->hci_revision != i->lmp_subversion ? HCI_BY_OTHER_REVISION : 0;
	has |= (i->hci_revision & 0x0fff) == m->hci_revision ? HCI_BY_BUILD : 0;
	has |= i->lmp_subversion == m->lmp_subversion ? HCI_BY_SUBVERSION : 0;
	has |= i->lmp_subversion <= m->lmp_subversion ? HCI_BY_SUBVERSION_AT_MOST : 0;
	return has;
}

/* ---- USB devices ------------------------------------------------------------------------------
 */

/* Those sold as dongles, and common modules; the kernel's btusb.c knows more modules. */
/* clang-format off */
static const struct hci_usb_id rtl8761b[] = {
	{0x0bda, 0x8771, 0}, {0x0b05, 0x190e, 0}, {0x2230, 0x0016, 0}, {0x2357, 0x0604, 0},
	{0x2550, 0x8761, 0}, {0x2b89, 0x8761, 0}, {0x2c4e, 0x0115, 0}, {0x6655, 0x8771, 0},
	{0x7392, 0xc611, 0}, {0}};
static const struct hci_usb_id rtl8761b_a728[] = {{0x0bda, 0xa728, 0}, {0}};
static const struct hci_usb_id realtek[] = {{0x0bda, 0, 0}, {0}};
/* 8260 and 8265, 9260, 9460 and 9560, AX200, AX201. */
static const struct hci_usb_id intel_early[] = {
	{0x8087, 0x0025, 0}, {0x8087, 0x0026, 0}, {0x8087, 0x0029, 0}, {0x8087, 0x0a2b, 0},
	{0x8087, 0x0aaa, 0}, {0}};
static const struct hci_usb_id intel[] = {{0x8087, 0, 0}, {0}};
static const struct hci_usb_id broadcom[] = {{0x0a5c, 0, 0}, {0}};
static const struct hci_usb_id mediatek[] = {{0x0e8d, 0, 0}, {0}};
static const struct hci_usb_id qualcomm[] = {{0x0cf3, 0, 0}, {0}};
static const struct hci_usb_id csr[] = {{0x0a12, 0x0001, 0}, {0}};
static const struct hci_usb_id zephyr[] = {{0x2fe3, 0, 0}, {0}};
static const struct hci_usb_id actions[] = {{0x10d7, 0xb012, 0}, {0}};
static const struct hci_usb_id barrot[] = {{0x33fa, 0x0010, 0}, {0x33fa, 0x0012, 0}, {0}};
static const struct hci_usb_id silicon_wave[] = {{0x0c10, 0x0000, 0}, {0}};

/* ---- Commands that are listed and must not be used -------------------------------------------- */

/* The extended commands are used together or not at all: Core Vol 4 Part E 3.1.1. */
static const uint16_t no_extended_scan[] = {
	HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0};
static const uint16_t no_actions[] = {
	HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, HCI_LE_SET_EXTENDED_SCAN_ENABLE,
	HCI_LE_EXTENDED_CREATE_CONNECTION, HCI_LE_SET_RPA_TIMEOUT, HCI_READ_ERRONEOUS_REPORTING,
	HCI_LE_READ_STATES, 0};
static const uint16_t no_clone[] = {HCI_READ_ERRONEOUS_REPORTING, HCI_LE_READ_STATES, 0};
static const uint16_t no_states[] = {HCI_LE_READ_STATES, 0};
static const uint16_t no_commands[] = {HCI_READ_LOCAL_COMMANDS, 0};

#define LE_CODED (1ULL << 11)

/* ---- The table -------------------------------------------------------------------------------- */

/* With firmware, the LMP subversion is that of the firmware. The last parameter is more fields. */
#define REALTEK_ROM(chip, subversion, revision, version, file, ...)                                  \
	{.name = "Realtek " chip " without firmware", .readiness = HCI_NO_FIRMWARE,                  \
	 .remedy = HCI_REMEDY_SET_UP, .text = "it answers from its ROM, and hears nothing",            \
	 .firmware = "rtl_bt/" file "_fw.bin", .package = "firmware-realtek", .needs_firmware = true,                                  \
	 .by = HCI_BY_MANUFACTURER | HCI_BY_VERSION | HCI_BY_REVISION | HCI_BY_SUBVERSION, .manufacturer = 93,       \
	 .lmp_subversion = (subversion), .hci_revision = (revision), .hci_version = (version), __VA_ARGS__}
#define LOADED(file) .loader = HCI_LOADER_REALTEK, .config = "rtl_bt/" file "_config.bin"
#define LOADED_WITH_CONFIG(file) LOADED(file), .config_required = true
/* Its file has another form (RTL8723A), or its config changes the speed of a serial line. */
#define BY_THE_KERNEL .loader = HCI_LOADER_NONE

/* The newest LMP subversion that a genuine CSR had with this version of HCI. */
#define CSR_CLONE(check, ...)                                                                        \
	{.name = "clone of CSR", .readiness = HCI_LIMITED,                                             \
	 .text = "its versions are false; some receive no data before the kernel's driver has "       \
		 "suspended them once",                                                              \
	 .without = no_clone, .by = HCI_BY_USB | (check), .usb = csr, .manufacturer = 10, __VA_ARGS__}

static const struct hci_maker makers[] = {
	REALTEK_ROM("RTL8723A",  0x1200, 0x000b, 6, "rtl8723a", BY_THE_KERNEL),
	REALTEK_ROM("RTL8723B",  0x8723, 0x000b, 6, "rtl8723b", LOADED("rtl8723b")),
	REALTEK_ROM("RTL8723D",  0x8723, 0x000d, 8, "rtl8723d", LOADED_WITH_CONFIG("rtl8723d")),
	REALTEK_ROM("RTL8821A",  0x8821, 0x000a, 6, "rtl8821a", LOADED("rtl8821a")),
	REALTEK_ROM("RTL8821C",  0x8821, 0x000c, 8, "rtl8821c", LOADED("rtl8821c")),
	REALTEK_ROM("RTL8761A",  0x8761, 0x000a, 6, "rtl8761a", LOADED("rtl8761a")),
	REALTEK_ROM("RTL8761B",  0x8761, 0x000b, 10, "rtl8761bu", LOADED("rtl8761bu")),
	REALTEK_ROM("RTL8761C",  0x8761, 0x000e, 12, "rtl8761cu", LOADED("rtl8761cu")),
	REALTEK_ROM("RTL8822B",  0x8822, 0x000b, 7, "rtl8822b", LOADED_WITH_CONFIG("rtl8822b")),
	REALTEK_ROM("RTL8822CS", 0x8822, 0x000c, 8, "rtl8822cs", BY_THE_KERNEL),
	REALTEK_ROM("RTL8822C",  0x8822, 0x000c, 10, "rtl8822cu", LOADED("rtl8822cu")),
	REALTEK_ROM("RTL8852A",  0x8852, 0x000a, 11, "rtl8852au", LOADED("rtl8852au")),
	REALTEK_ROM("RTL8852B",  0x8852, 0x000b, 11, "rtl8852bu", LOADED("rtl8852bu")),
	REALTEK_ROM("RTL8852C",  0x8852, 0x000c, 12, "rtl8852cu", LOADED("rtl8852cu")),
	REALTEK_ROM("RTL8852BT", 0x8852, 0x0087, 12, "rtl8852btu", LOADED("rtl8852btu")),
	REALTEK_ROM("RTL8851B",  0x8851, 0x000b, 12, "rtl8851bu", LOADED("rtl8851bu")),
	REALTEK_ROM("RTL8922A",  0x8922, 0x000a, 12, "rtl8922au", LOADED("rtl8922au")),
	/* Not of the chip: with another device that has it, the legacy scan is what fails. */
	{.name = "Realtek RTL8761B of 0bda:a728", .firmware = "rtl_bt/rtl8761bu_fw.bin",
	 .package = "firmware-realtek", .needs_firmware = true, .readiness = HCI_LIMITED,
	 .text = "it refuses the extended scan while a link is up, so the legacy commands are used",
	 .without = no_extended_scan, .by = HCI_BY_USB, .usb = rtl8761b_a728},
	{.name = "Realtek RTL8761B", .firmware = "rtl_bt/rtl8761bu_fw.bin",
	 .package = "firmware-realtek", .needs_firmware = true, .by = HCI_BY_USB, .usb = rtl8761b},
	{.name = "Realtek", .firmware = "rtl_bt/", .package = "firmware-realtek", .needs_firmware = true,
	 .by = HCI_BY_USB, .usb = realtek},

	{.name = "Intel in its boot loader", .readiness = HCI_NO_FIRMWARE, .remedy = HCI_REMEDY_SET_UP,
	 .text = "it refuses Reset", .firmware = "intel/", .package = "firmware-iwlwifi", .needs_firmware = true,
	 .by = HCI_BY_BOOT_LOADER},
	{.name = "Intel, silent", .readiness = HCI_NO_FIRMWARE, .remedy = HCI_REMEDY_SET_UP,
	 .text = "it does not answer", .firmware = "intel/", .package = "firmware-iwlwifi", .needs_firmware = true,
	 .by = HCI_BY_USB | HCI_BY_SILENCE, .usb = intel},
	{.name = "Intel", .readiness = HCI_LIMITED, .firmware = "intel/",
	 .package = "firmware-iwlwifi", .needs_firmware = true, .text = "it lists LE Coded PHY, which does not work",
	 .without_features = LE_CODED, .by = HCI_BY_USB, .usb = intel_early},
	{.name = "Intel", .firmware = "intel/", .package = "firmware-iwlwifi", .needs_firmware = true,
	 .by = HCI_BY_USB, .usb = intel},

	CSR_CLONE(HCI_BY_OTHER_MANUFACTURER, .lmp_subversion = 0),
	CSR_CLONE(HCI_BY_OTHER_REVISION, .lmp_subversion = 0),
	CSR_CLONE(HCI_BY_SUBVERSION_AT_MOST | HCI_BY_NEWER_VERSION, .lmp_subversion = 0x034e, .hci_version = 1),
	CSR_CLONE(HCI_BY_SUBVERSION_AT_MOST | HCI_BY_NEWER_VERSION, .lmp_subversion = 0x0529, .hci_version = 2),
	CSR_CLONE(HCI_BY_SUBVERSION_AT_MOST | HCI_BY_NEWER_VERSION, .lmp_subversion = 0x0c5c, .hci_version = 3),
	CSR_CLONE(HCI_BY_SUBVERSION_AT_MOST | HCI_BY_NEWER_VERSION, .lmp_subversion = 0x1899, .hci_version = 4),
	CSR_CLONE(HCI_BY_SUBVERSION_AT_MOST | HCI_BY_NEWER_VERSION, .lmp_subversion = 0x22bb, .hci_version = 6),
	CSR_CLONE(HCI_BY_RELEASE | HCI_BY_SUBVERSION | HCI_BY_VERSION, .release = 0x0134, .lmp_subversion = 0x0c5c,
		  .hci_version = 3),
	{.name = "CSR, or a clone", .without = no_clone, .by = HCI_BY_USB, .usb = csr},

	{.name = "Broadcom without patch", .readiness = HCI_LIMITED, .remedy = HCI_REMEDY_SET_UP,
	 .text = "it runs from its ROM, with the errors that the patch corrects",
	 .firmware = "brcm/", .package = "firmware-brcm80211",
	 .by = HCI_BY_MANUFACTURER | HCI_BY_BUILD, .manufacturer = 15, .hci_revision = 0},
	{.name = "Cypress without patch", .readiness = HCI_LIMITED, .remedy = HCI_REMEDY_SET_UP,
	 .text = "it runs from its ROM, with the errors that the patch corrects",
	 .firmware = "brcm/", .package = "firmware-brcm80211",
	 .by = HCI_BY_MANUFACTURER | HCI_BY_BUILD, .manufacturer = 305, .hci_revision = 0},
	{.name = "Broadcom", .firmware = "brcm/", .package = "firmware-brcm80211",
	 .by = HCI_BY_USB, .usb = broadcom},

	{.name = "MediaTek, off", .readiness = HCI_NO_FIRMWARE, .remedy = HCI_REMEDY_KERNEL,
	 .text = "it does not answer while its Bluetooth function is off",
	 .firmware = "mediatek/", .package = "firmware-mediatek", .needs_firmware = true,
	 .by = HCI_BY_USB | HCI_BY_SILENCE, .usb = mediatek},
	{.name = "MediaTek", .firmware = "mediatek/", .package = "firmware-mediatek", .needs_firmware = true,
	 .by = HCI_BY_USB, .usb = mediatek},

	{.name = "Qualcomm, silent", .readiness = HCI_NO_FIRMWARE, .remedy = HCI_REMEDY_SET_UP,
	 .text = "it does not answer", .firmware = "qca/", .package = "firmware-atheros", .needs_firmware = true,
	 .by = HCI_BY_USB | HCI_BY_SILENCE, .usb = qualcomm},
	{.name = "Qualcomm (Atheros)", .firmware = "qca/", .package = "firmware-atheros", .needs_firmware = true,
	 .by = HCI_BY_USB, .usb = qualcomm},

	{.name = "Zephyr", .text = "it carries as many links as it was built for, in older versions one",
	 .by = HCI_BY_USB, .usb = zephyr},

	{.name = "Actions ATS2851", .readiness = HCI_LIMITED,
	 .text = "it lists extended commands that fail, so the legacy ones are used",
	 .without = no_actions, .by = HCI_BY_USB, .usb = actions},
	{.name = "Barrot", .text = "it adds an octet to some events, which is dropped",
	 .without = no_states, .by = HCI_BY_USB, .usb = barrot},
	{.name = "Silicon Wave", .text = "it has no Read Local Supported Commands",
	 .without = no_commands, .by = HCI_BY_USB, .usb = silicon_wave},

	/* Of these only the manufacturer is known. */
	{.name = "Realtek", .by = HCI_BY_MANUFACTURER, .manufacturer = 93},
	{.name = "Intel", .by = HCI_BY_MANUFACTURER, .manufacturer = 2},
	{.name = "CSR", .by = HCI_BY_MANUFACTURER, .manufacturer = 10},
	{.name = "Broadcom", .by = HCI_BY_MANUFACTURER, .manufacturer = 15},
	{.name = "Infineon (Cypress)", .by = HCI_BY_MANUFACTURER, .manufacturer = 305},
	{.name = "MediaTek", .by = HCI_BY_MANUFACTURER, .manufacturer = 70},
	{.name = "Qualcomm", .by = HCI_BY_MANUFACTURER, .manufacturer = 29},
	/* Zephyr's, where nothing else is set, and that of virtual controllers. */
	{.name = "Linux Foundation", .by = HCI_BY_MANUFACTURER, .manufacturer = 1521},
	{.name = "Nordic Semiconductor",
	 .text = "it carries as many links as it was built for, in older versions one",
	 .by = HCI_BY_MANUFACTURER, .manufacturer = 89},
};
/* clang-format on */

#define MAKERS (sizeof(makers) / sizeof(makers[0]))

const struct hci_maker *hci_maker_find(const struct hci_identity *identity)
{
	for (size_t i = 0; i < MAKERS; i++)
		if ((properties(&makers[i], identity) & makers[i].by) == makers[i].by)
			return &makers[i];
	return NULL;
}

bool hci_maker_is_boot_loader(const uint8_t *p, size_t len)
{
	if (len == 9 && p[0] == 0x37)
		return p[3] == 0x06;
	for (size_t at = 0; at + 2 <= len && p[at + 1] <= len - at - 2; at += 2U + p[at + 1])
		if (p[at] == 0x1c && p[at + 1] == 1)
			return p[at + 2] == 0x01 || p[at + 2] == 0x02;
	return false;
}

const struct hci_maker *hci_makers(size_t *count)
{
	*count = MAKERS;
	return makers;
}

const char *hci_readiness_name(enum hci_readiness readiness)
{
	static const char *const names[] = {"ready", "limited", "no firmware"};
	return names[readiness];
}

bool hci_maker_lacks(const struct hci_maker *maker, uint16_t opcode)
{
	for (const uint16_t *w = maker ? maker->without : NULL; w && *w; w++)
		if (*w == opcode)
			return true;
	return false;
}
