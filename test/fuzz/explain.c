/* SPDX-License-Identifier: MIT */
/* Capture readers and the link layer: any file is read to its end, within bounds. */
#include <stdlib.h>
#include <string.h>

#include "cli/explain/files.h"
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
	while (capture && capture_next(capture, &packet)) {
		insist(packet.len <= packet.original);
		read_all(packet.data, packet.len);
		if (packet.known)
			read_all(packet.known, packet.len);
		insist(!packet.missing || *packet.missing);
		insist(!packet.text || strlen(packet.text) < len);
		track_link_layer_take(air, &packet, &event);
		insist(event.len <= packet.len);
		read_all(event.data, event.len);
		insist(++packets <= len); /* each took at least one octet */
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
	/* Only the beginning of each: inputs of a fuzzer are limited. */
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *text = stored(texts[i], &len);
		seed(text, len < 8192 ? len : 8192);
		free(text);
	}
}
