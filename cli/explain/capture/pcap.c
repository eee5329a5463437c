/* SPDX-License-Identifier: MIT */
/*
 * pcap, read by libpcap.
 *
 * It is loaded when a capture needs it, and not linked: Debian's brings nine more libraries with
 * it, by which "blepair --version" took 1.7 instead of 1.0 ms and 3.3 instead of 2.0 MiB on the
 * machine where this was measured. The package names it as a dependency all the same.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/linktype.h"
#include "crypto/bytes.h"

struct state {
	pcap_t *pcap;
	FILE *stream;
	const struct explain_linktype *linktype;
	struct explain_senders senders;

	int (*next_ex)(pcap_t *pcap, struct pcap_pkthdr **header, const u_char **data);
	char *(*geterr)(pcap_t *pcap);
	void (*close)(pcap_t *pcap);
};

static bool recognise_pcap(const uint8_t *first, size_t len)
{
	static const uint8_t magics[][4] = {
		{0xa1, 0xb2, 0xc3, 0xd4}, {0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d},
		{0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0xcd, 0x34}, {0x34, 0xcd, 0xb2, 0xa1},
	};

	for (size_t i = 0; len >= 4 && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (bytes_equal(first, magics[i], 4))
			return true;
	return false;
}

/* What libpcap reads comes through our window, so that pipes and progress work alike. */
static ssize_t read_source(void *cookie, char *to, size_t size)
{
	struct explain_source *source = cookie;
	size_t have;
	const uint8_t *p = capture_source_peek(source, 1, &have);

	if (have > size)
		have = size;
	if (have > 0)
		memcpy(to, p, have);
	capture_source_take(source, have);
	return (ssize_t)have;
}

static void *symbol(void *library, const char *name, bool *all)
{
	void *found = library ? dlsym(library, name) : NULL;

	*all = *all && found;
	return found;
}

static int open_pcap(struct explain_capture *capture, char problem[EXPLAIN_PROBLEM])
{
	char error[PCAP_ERRBUF_SIZE] = "";
	bool all = true;
	struct state *state = calloc(1, sizeof(*state));
	pcap_t *(*fopen_offline)(FILE *, char *);
	int (*datalink)(pcap_t *);

	if (!state)
		return capture_problem(problem, "needs more memory than there is");
	capture->state = state;
	/* It stays loaded. First Debian's name of it. */
	void *library = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		library = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
	*(void **)&fopen_offline = symbol(library, "pcap_fopen_offline", &all);
	*(void **)&datalink = symbol(library, "pcap_datalink", &all);
	*(void **)&state->next_ex = symbol(library, "pcap_next_ex", &all);
	*(void **)&state->geterr = symbol(library, "pcap_geterr", &all);
	*(void **)&state->close = symbol(library, "pcap_close", &all);
	if (!all)
		return capture_problem(problem, "needs libpcap, which is not there: install "
						"Debian's package libpcap0.8");
	state->stream =
		fopencookie(&capture->source, "r", (cookie_io_functions_t){.read = read_source});
	if (!state->stream)
		return capture_problem(problem, "needs more memory than there is");
	(void)setvbuf(state->stream, NULL, _IOFBF, 65536);
	state->pcap = fopen_offline(state->stream, error);
	if (!state->pcap)
		return capture_problem(problem, "cannot be read: %.200s", error);
	int number = datalink(state->pcap);
	state->linktype = capture_linktype((unsigned)number);
	if (!state->linktype)
		return capture_linktype_unknown(problem, (unsigned)number);
	(void)snprintf(capture->format, sizeof(capture->format), "%s, %s", capture->reader->name,
		       state->linktype->name);
	return 0;
}

static enum explain_read failed(struct explain_capture *capture)
{
	const struct state *state = capture->state;
	const char *why = state->geterr(state->pcap);

	if (strstr(why, "truncated") || capture->source.error)
		return capture_end_cut(capture);
	return capture_end(capture, "the capture is damaged at frame %" PRIu64 ": %.100s",
			   capture->number + 1, why);
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	struct pcap_pkthdr *header;
	const u_char *data;
	int got = state->next_ex(state->pcap, &header, &data);

	if (got == PCAP_ERROR_BREAK)
		return EXPLAIN_READ_END;
	if (got != 1)
		return failed(capture);
	capture_count(capture, packet);
	packet->clock = EXPLAIN_CLOCK_UNIX;
	packet->time_us =
		(uint64_t)header->ts.tv_sec * UINT64_C(1000000) + (uint64_t)header->ts.tv_usec;
	size_t kept = header->caplen, original = header->len > kept ? header->len : kept;
	return state->linktype->take(&state->senders, packet, data, kept, original);
}

static void close_pcap(struct explain_capture *capture)
{
	struct state *state = capture->state;

	if (!state)
		return;
	if (state->pcap)
		state->close(state->pcap); /* and the stream with it */
	else if (state->stream)
		(void)fclose(state->stream);
	free(state);
}

const struct explain_reader capture_pcap = {"pcap", recognise_pcap, open_pcap, next, close_pcap};
