/* SPDX-License-Identifier: MIT */
/*
 * Input of "blepair bonds import": JSON and CSV of another store, and files of BlueZ. Either all
 * bonds are imported, or none with one line; every imported bond is usable.
 */
#include "store/store.h"
#include "transfer/bluez.h"
#include "transfer/bond_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "crypto/bytes.h"
#include "fuzz/fuzz.h"

static struct store store;
static char path[64];

static void forget(void)
{
	static const char *const parts[] = {"", "-wal", "-shm", "-runs"};
	char file[80];

	store_close(&store);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, parts[i]);
		(void)unlink(file);
	}
}

/* One store for all inputs, in memory if possible, emptied after each. */
static void open_store(void)
{
	struct failure failure;

	if (*path)
		return;
	(void)snprintf(path, sizeof(path), "%s/blepair-fuzz-%d.db",
		       access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid());
	insist(!store_init(&store, path, &failure) && !store_open(&store, &failure));
	insist(!atexit(forget));
}

static void look_at(const struct bond_record *record)
{
	const struct smp_bond *bond = &record->bond;

	insist(bond->key_size >= 7 && bond->key_size <= 16);
	if (bond->local.has_ltk)
		insist(bytes_all_zero(bond->local.ltk + bond->key_size, 16U - bond->key_size));
	if (bond->peer.has_ltk)
		insist(bytes_all_zero(bond->peer.ltk + bond->key_size, 16U - bond->key_size));
}

/* Removes all bonds; returns their number, including the history. */
static size_t empty(void)
{
	struct failure failure;
	struct bond_record record;
	int64_t id = 0, older;
	size_t count = 0;

	while (store_next(&store, 0, &id, &record, &failure) == 1) {
		look_at(&record);
		count++;
		for (older = 0; store_next(&store, id, &older, &record, &failure) == 1; count++)
			look_at(&record);
		insist(!store_remove(&store, &id, 1, &failure));
		id = 0;
	}
	return count;
}

static void is_a_line(const struct failure *failure)
{
	insist(*failure->text && !strchr(failure->text, '\n'));
}

static json_t *csv(const uint8_t *data, size_t len)
{
	struct failure failure = {CLI_OK, ""};
	FILE *file = len ? fmemopen((void *)(uintptr_t)data, len, "r") : fopen("/dev/null", "r");

	insist(file);
	json_t *json = bond_csv_read(file, &failure);
	(void)fclose(file);
	if (!json)
		is_a_line(&failure);
	return json;
}

/* A file of BlueZ is tried as that of a device and as that of a controller. */
static json_t *info(const char *text, size_t len)
{
	struct smp_keys us;
	struct bond_record record;
	struct failure failure = {CLI_OK, ""};
	char made[TIME_TEXT];
	json_t *json = NULL;

	if (bluez_read_identity("00:AA:01:01:00:42", text, len, &us, &failure))
		is_a_line(&failure);
	*failure.text = '\0';
	if (bluez_read("00:AA:01:00:00:42", text, len, time_format(0, made), &us, &record,
		       &failure) == BLUEZ_BOND)
		json = json_pack("{s:i, s:[o]}", "version", 1, "bonds", bond_to_json(&record));
	else
		is_a_line(&failure);
	return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct failure failure = {CLI_OK, ""};
	json_error_t where;
	size_t kept[STORE_KEPT];
	json_t *json = len && data[0] == '[' ? info((const char *)data, len)
		       : len && data[0] == '{'
			       ? json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, &where)
			       : csv(data, len);

	if (!json)
		return 0;
	open_store();
	int status = store_import(&store, json, "input", kept, &failure);
	if (status) {
		insist(status == -1);
		is_a_line(&failure);
		insist(failure.exit == CLI_USAGE);
		insist(empty() == 0);
	} else {
		insist(empty() == kept[STORE_ADDED] + kept[STORE_REPLACED] + kept[STORE_OLDER]);
	}
	json_decref(json);
	return 0;
}

#define ADDRESS(name, address) "\"" name "\":{\"address\":\"" address "\",\"type\":\"public\"}"
#define KEY		       "\"c1dd57cb76a00297ff1933c151be6c23\""
#define BOND(made, kind, keys)                                                                 \
	"{\"made\":\"" made                                                                    \
	"\",\"role\":\"central\"," ADDRESS("local", "00:AA:01:01:00:42") "," ADDRESS(          \
		"peer", "00:AA:01:00:00:42") ",\"secure_connections\":" kind                   \
					     ",\"authenticated\":false,\"key_size\":16,"       \
					     "\"method\":\"just_works\",\"local_keys\":{" keys \
					     "},\"peer_keys\":{" keys "}}"
#define LEGACY                                                                         \
	"\"ltk\":" KEY ",\"ediv\":\"0c25\",\"rand\":\"78e713846d4ae094\",\"irk\":" KEY \
	",\"csrk\":" KEY "," ADDRESS("identity", "00:AA:01:00:00:42")
#define SECURE "\"ltk\":" KEY ",\"irk\":" KEY
#define EXPORT(bonds, history)                                                                   \
	"{\"version\":1,\"identities\":[{\"address\":\"00:AA:01:01:00:42\",\"type\":\"public\"," \
	"\"irk\":" KEY ",\"made\":\"2026-11-25T10:17:50.402Z\"}],\"bonds\":[" bonds              \
	"],\"history\":[" history "],\"attempts\":[{\"time\":\"2026-11-25T10:17:50.406Z\","      \
	"\"peer\":\"00:AA:01:00:00:42\",\"method\":\"just_works\",\"result\":\"paired\","        \
	"\"class\":\"ok\",\"pair_ms\":0.9}]}"

#define HEX "c1dd57cb76a00297ff1933c151be6c23"
#define LEGACY_CELLS                                                               \
	HEX ",0c25,78e713846d4ae094," HEX ",00:AA:01:00:00:42/public," HEX "," HEX \
	    ",0c25,78e713846d4ae094,,,"
#define SECURE_CELLS HEX ",0000,0000000000000000,,,," HEX ",0000,0000000000000000,,,"
#define CELLS(kind, keys)                                                  \
	",central,00:AA:01:01:00:42/public,00:AA:01:00:00:42/public," kind \
	",false,16,just_works,," keys "\r\n"
#define CSV(kind, keys)                                                                            \
	"in_force,made,role,local,peer,secure_connections,authenticated,key_size,method,link_key," \
	"local_ltk,local_ediv,local_rand,local_irk,local_identity,local_csrk,peer_ltk,peer_ediv,"  \
	"peer_rand,peer_irk,peer_identity,peer_csrk\r\ntrue,2026-11-25T10:17:50.406Z" CELLS(kind,  \
											    keys)
#define ROWS	 CSV("false", LEGACY_CELLS) "false,2026-11-24T10:17:50.406Z" CELLS("true", SECURE_CELLS)
#define INFO_KEY "Key=101112131415161718191A1B1C1D1E1F\n"

#define INFO                                                                 \
	"[General]\nAddressType=static\n[LongTermKey]\n" INFO_KEY            \
	"Authenticated=1\nEncSize=7\nEDiv=43981\nRand=9223372036854775809\n" \
	"[PeripheralLongTermKey]\n" INFO_KEY "Authenticated=1\nEncSize=7\n"  \
	"[SlaveLongTermKey]\n" INFO_KEY "[LocalSignatureKey]\n" INFO_KEY     \
	"[RemoteSignatureKey]\n" INFO_KEY "[IdentityResolvingKey]\n" INFO_KEY
#define IDENTITY                                               \
	"[General]\nAddressType=static\nIdentityResolvingKey=" \
	"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n"

void fuzz_seeds(fuzz_seed *seed)
{
	static const char *const texts[] = {
		"{\"version\":1,\"bonds\":[]}",
		EXPORT(BOND("2026-11-25T10:17:50.406Z", "false", LEGACY), ""),
		EXPORT(BOND("2026-11-25T10:17:50.406Z", "true", SECURE),
		       BOND("2026-11-24T10:17:50.406Z", "false", LEGACY)),
		ROWS,
		INFO,
		IDENTITY,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		seed(texts[i], strlen(texts[i]));
}
