/* SPDX-License-Identifier: MIT */
/* Core Vol 3 Part A 3.1 (frames), 7.2.1 (fragmentation), 7.2.2 (recombination). */
#include "l2cap/l2cap.h"

#include <string.h>

#include "crypto/bytes.h"
#include "unit.h"

static struct l2cap l2cap;
static struct l2cap_frame frame;
static bool dropped;

static int reset(void **state)
{
	(void)state;
	l2cap_init(&l2cap);
	return 0;
}

static int first(const uint8_t *data, size_t len)
{
	return l2cap_receive(&l2cap, L2CAP_PB_FIRST, data, len, &frame, &dropped);
}

static int more(const uint8_t *data, size_t len)
{
	return l2cap_receive(&l2cap, L2CAP_PB_CONTINUING, data, len, &frame, &dropped);
}

/* A frame of len octets of payload, all different where that is possible. Returns its length. */
static size_t make(uint8_t *octets, uint16_t cid, size_t len)
{
	bytes_put_le16(octets, (uint16_t)len);
	bytes_put_le16(octets + 2, cid);
	for (size_t i = 0; i < len; i++)
		octets[L2CAP_HEADER + i] = (uint8_t)(i + 1);
	return L2CAP_HEADER + len;
}

static void assert_frame(const uint8_t *octets, uint16_t cid, size_t len)
{
	assert_int_equal(frame.cid, cid);
	assert_int_equal(frame.len, len);
	assert_memory_equal(frame.payload, octets + L2CAP_HEADER, len);
}

/* A good frame passes: what came before has left nothing behind. */
static void assert_works(void)
{
	uint8_t octets[16];
	size_t len = make(octets, L2CAP_CID_SMP, 7);

	assert_int_equal(first(octets, len), L2CAP_FRAME);
	assert_false(dropped);
	assert_frame(octets, L2CAP_CID_SMP, 7);
}

/*
 * Every split of a frame: bit i of the cut means that a fragment ends after octet i. The
 * header itself may be cut, and the first fragment may be empty.
 */
static void every_fragmentation_is_put_together(void **state)
{
	uint8_t octets[L2CAP_HEADER + 7];
	const size_t len = make(octets, L2CAP_CID_SMP, 7);

	(void)state;
	for (unsigned cut = 0; cut < 1U << (len - 1); cut++) {
		for (int empty = 0; empty < 2; empty++) {
			size_t begin = 0;
			int status = empty ? first(NULL, 0) : 99;

			assert_true(!empty || status == L2CAP_MORE);
			for (size_t end = 1; end <= len; end++) {
				if (end < len && !(cut >> (end - 1) & 1))
					continue;
				/* Its own memory, so that reading past the end is seen. */
				uint8_t piece[sizeof(octets)];
				memcpy(piece, octets + begin, end - begin);
				status = begin || empty ? more(piece, end - begin)
							: first(piece, end - begin);
				assert_false(dropped);
				assert_int_equal(status, end == len ? L2CAP_FRAME : L2CAP_MORE);
				begin = end;
			}
			assert_frame(octets, L2CAP_CID_SMP, 7);
			assert_int_equal(more(octets, 1), L2CAP_NO_START);
		}
	}
}

static void empty_fragments_between_are_harmless(void **state)
{
	uint8_t octets[L2CAP_HEADER + 3];
	size_t len = make(octets, L2CAP_CID_ATT, 3);

	(void)state;
	assert_int_equal(first(octets, 0), L2CAP_MORE);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(more(octets + i, 1), i + 1 == len ? L2CAP_FRAME : L2CAP_MORE);
		if (i + 1 < len)
			assert_int_equal(more(NULL, 0), L2CAP_MORE);
	}
	assert_frame(octets, L2CAP_CID_ATT, 3);
}

static void a_frame_may_be_empty(void **state)
{
	const uint8_t octets[L2CAP_HEADER] = {0, 0, 6, 0};

	(void)state;
	assert_int_equal(first(octets, 4), L2CAP_FRAME);
	assert_int_equal(frame.len, 0);
	assert_int_equal(frame.cid, L2CAP_CID_SMP);
}

/* The longest of our channels: Secure Connections' Pairing Public Key, 65 octets, and the limit. */
static void the_longest_frame_fits(void **state)
{
	static const size_t sizes[] = {65, L2CAP_PAYLOAD_MAX - 1, L2CAP_PAYLOAD_MAX};
	uint8_t octets[L2CAP_HEADER + L2CAP_PAYLOAD_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t len = make(octets, L2CAP_CID_SMP, sizes[i]);
		assert_int_equal(first(octets, 27), L2CAP_MORE);
		assert_int_equal(more(octets + 27, len - 27), L2CAP_FRAME);
		assert_frame(octets, L2CAP_CID_SMP, sizes[i]);
	}
}

static void both_first_flags_begin_a_frame(void **state)
{
	uint8_t octets[L2CAP_HEADER + 1];
	size_t len = make(octets, L2CAP_CID_SMP, 1);

	(void)state;
	assert_int_equal(
		l2cap_receive(&l2cap, L2CAP_PB_FIRST_NON_FLUSHABLE, octets, len, &frame, &dropped),
		L2CAP_FRAME);
	assert_int_equal(l2cap_receive(&l2cap, L2CAP_PB_FIRST, octets, len, &frame, &dropped),
			 L2CAP_FRAME);
}

static void a_continuation_needs_a_start(void **state)
{
	uint8_t octets[16];
	size_t len = make(octets, L2CAP_CID_SMP, 7);

	(void)state;
	assert_int_equal(more(octets, len), L2CAP_NO_START);
	assert_int_equal(more(NULL, 0), L2CAP_NO_START);
	assert_works();
	assert_int_equal(more(octets, 1), L2CAP_NO_START);
	assert_works();
}

/* The old frame is dropped, and the new one is whole. */
static void a_start_drops_what_is_unfinished(void **state)
{
	uint8_t octets[L2CAP_HEADER + 7];
	size_t len = make(octets, L2CAP_CID_SMP, 7);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		assert_int_equal(first(octets, cut), L2CAP_MORE);
		assert_int_equal(first(octets, len), L2CAP_FRAME);
		assert_true(dropped);
		assert_frame(octets, L2CAP_CID_SMP, 7);
		assert_works();
	}
}

static void more_than_the_length_is_refused(void **state)
{
	uint8_t octets[L2CAP_HEADER + 8];

	(void)state;
	make(octets, L2CAP_CID_SMP, 8);
	bytes_put_le16(octets, 7); /* one less than there are */
	assert_int_equal(first(octets, sizeof(octets)), L2CAP_TOO_MUCH);
	assert_works();
	for (size_t cut = 1; cut < sizeof(octets) - 1; cut++) {
		assert_int_equal(first(octets, cut), L2CAP_MORE);
		assert_int_equal(more(octets + cut, sizeof(octets) - cut), L2CAP_TOO_MUCH);
		assert_int_equal(more(octets, 1), L2CAP_NO_START);
		assert_works();
	}
}

/* Reported once, skipped to its end, and nothing of it is left. */
static void a_frame_too_long_is_skipped(void **state)
{
	static const size_t sizes[] = {L2CAP_PAYLOAD_MAX + 1, 1000, 65535};
	static uint8_t octets[L2CAP_HEADER + 65535];
	static const size_t steps[] = {1, 3, 27, 251};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t k = 0; k < COUNT(steps); k++) {
			size_t len = make(octets, L2CAP_CID_ATT, sizes[i]);
			int reported = 0;
			for (size_t done = 0; done < len; done += steps[k]) {
				size_t n = len - done < steps[k] ? len - done : steps[k];
				int status = done ? more(octets + done, n) : first(octets, n);
				reported += status == L2CAP_TOO_LONG;
				assert_true(status == L2CAP_MORE || status == L2CAP_TOO_LONG);
			}
			assert_int_equal(reported, 1);
			assert_int_equal(more(octets, 1), L2CAP_NO_START);
			assert_works();
		}
	}
}

/* The skipped frame ends with its last octet, also if that arrives alone. */
static void the_last_octet_of_a_skipped_frame_is_skipped(void **state)
{
	static uint8_t octets[L2CAP_HEADER + L2CAP_PAYLOAD_MAX + 1];
	size_t len = make(octets, L2CAP_CID_ATT, L2CAP_PAYLOAD_MAX + 1);

	(void)state;
	for (size_t left = 1; left <= 3; left++) {
		assert_int_equal(first(octets, len - left), L2CAP_TOO_LONG);
		for (size_t n = 0; n < left; n++)
			assert_int_equal(more(octets, 1), L2CAP_MORE);
		assert_int_equal(more(octets, 1), L2CAP_NO_START);
		assert_works();
	}
}

/* A frame that interrupts a skipped one causes no second error. */
static void a_start_ends_the_skipping(void **state)
{
	uint8_t octets[L2CAP_HEADER + 10] = {0xff, 0xff, 4, 0};

	(void)state;
	assert_int_equal(first(octets, sizeof(octets)), L2CAP_TOO_LONG);
	assert_works();
}

/* 0b11, a complete automatically flushable PDU, is not for LE-U, Vol 4 Part E 5.4.2. */
static void a_wrong_boundary_flag_is_refused(void **state)
{
	uint8_t octets[16];
	size_t len = make(octets, L2CAP_CID_SMP, 7);

	(void)state;
	for (int pb = 3; pb < 256; pb++)
		assert_int_equal(l2cap_receive(&l2cap, (uint8_t)pb, octets, len, &frame, &dropped),
				 L2CAP_BAD_BOUNDARY);
	assert_works();
}

static void every_status_has_its_own_name(void **state)
{
	(void)state;
	for (int a = L2CAP_BAD_BOUNDARY; a < 0; a++) {
		assert_string_not_equal(l2cap_status_name(a), "no error");
		for (int b = a + 1; b < 0; b++)
			assert_string_not_equal(l2cap_status_name(a), l2cap_status_name(b));
	}
	for (int other = L2CAP_BAD_BOUNDARY - 3; other < L2CAP_BAD_BOUNDARY; other++)
		assert_string_equal(l2cap_status_name(other), "no error");
	assert_string_equal(l2cap_status_name(L2CAP_MORE), "no error");
	assert_string_equal(l2cap_status_name(L2CAP_FRAME), "no error");
}

/* Cut at every size, the fragments obey the size, carry the right flags and give the frame back. */
static void what_is_cut_is_put_together_again(void **state)
{
	static const size_t sizes[] = {0, 1, 7, 23, 65, 200, L2CAP_PAYLOAD_MAX};
	uint8_t octets[L2CAP_HEADER + L2CAP_PAYLOAD_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t len = make(octets, L2CAP_CID_SIGNALING, sizes[i]);
		for (size_t max = 1; max <= len + 1; max++) {
			struct l2cap_cut cut;
			const uint8_t *fragment;
			size_t n, total = 0;
			uint8_t pb;
			int status = 99;

			assert_true(l2cap_cut_begin(&cut, L2CAP_CID_SIGNALING,
						    octets + L2CAP_HEADER, sizes[i]));
			while ((n = l2cap_cut_next(&cut, max, &pb, &fragment))) {
				assert_int_equal(n, len - total < max ? len - total : max);
				assert_memory_equal(fragment, octets + total, n);
				assert_int_equal(pb, total ? L2CAP_PB_CONTINUING
							   : L2CAP_PB_FIRST_NON_FLUSHABLE);
				total += n;
				status = l2cap_receive(&l2cap, pb, fragment, n, &frame, &dropped);
			}
			assert_int_equal(total, len);
			assert_int_equal(status, L2CAP_FRAME);
			assert_frame(octets, L2CAP_CID_SIGNALING, sizes[i]);
			assert_int_equal(l2cap_cut_next(&cut, max, &pb, &fragment), 0);
		}
	}
}

static void what_is_too_long_is_not_cut(void **state)
{
	static const uint8_t payload[L2CAP_PAYLOAD_MAX + 1];
	struct l2cap_cut cut;

	(void)state;
	assert_true(l2cap_cut_begin(&cut, L2CAP_CID_ATT, payload, L2CAP_PAYLOAD_MAX));
	assert_false(l2cap_cut_begin(&cut, L2CAP_CID_ATT, payload, L2CAP_PAYLOAD_MAX + 1));
	assert_false(l2cap_cut_begin(&cut, L2CAP_CID_ATT, payload, SIZE_MAX));
	assert_true(l2cap_cut_begin(&cut, L2CAP_CID_ATT, NULL, 0));
}

/* xorshift64: the same noise each time. */
static uint32_t noise(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 16);
}

/*
 * Half noise, half nearly valid fragments: every frame has the length and the channel of its
 * header and lies in the buffer, and a valid frame passes afterwards.
 */
static void noise_does_no_harm(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	unsigned frames = 0, errors = 0;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		uint8_t data[300];
		size_t len = noise(&seed) % 40 ? noise(&seed) % 12 : noise(&seed) % sizeof(data);
		uint8_t pb = (uint8_t)(noise(&seed) % 8 ? noise(&seed) % 3 : noise(&seed));

		for (size_t i = 0; i < len; i++)
			data[i] = (uint8_t)noise(&seed);
		if (len >= 4 && noise(&seed) % 4) {
			bytes_put_le16(data, (uint16_t)(noise(&seed) % 2 ? len - 4 : len));
			bytes_put_le16(data + 2, (uint16_t)(4 + noise(&seed) % 3));
		}

		int status = l2cap_receive(&l2cap, pb, data, len, &frame, &dropped);
		assert_in_range(status + 5, 0, 6);
		assert_int_not_equal(status, L2CAP_UNFINISHED); /* *dropped reports it */
		assert_true(l2cap.have <= sizeof(l2cap.buffer));
		if (status == L2CAP_FRAME) {
			assert_true(frame.len <= L2CAP_PAYLOAD_MAX);
			assert_ptr_equal(frame.payload, l2cap.buffer + L2CAP_HEADER);
			assert_int_equal(frame.len, bytes_get_le16(l2cap.buffer));
			assert_int_equal(frame.cid, bytes_get_le16(l2cap.buffer + 2));
			frames++;
		}
		errors += status < 0;
		if (round % 64 == 0) {
			uint8_t octets[16];
			assert_int_equal(first(octets, make(octets, 6, 7)), L2CAP_FRAME);
		}
	}
	assert_true(frames > 10000 && errors > 10000); /* it was worth it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_fragmentation_is_put_together, reset),
		cmocka_unit_test_setup(empty_fragments_between_are_harmless, reset),
		cmocka_unit_test_setup(a_frame_may_be_empty, reset),
		cmocka_unit_test_setup(the_longest_frame_fits, reset),
		cmocka_unit_test_setup(both_first_flags_begin_a_frame, reset),
		cmocka_unit_test_setup(a_continuation_needs_a_start, reset),
		cmocka_unit_test_setup(a_start_drops_what_is_unfinished, reset),
		cmocka_unit_test_setup(more_than_the_length_is_refused, reset),
		cmocka_unit_test_setup(a_frame_too_long_is_skipped, reset),
		cmocka_unit_test_setup(the_last_octet_of_a_skipped_frame_is_skipped, reset),
		cmocka_unit_test_setup(a_start_ends_the_skipping, reset),
		cmocka_unit_test_setup(a_wrong_boundary_flag_is_refused, reset),
		cmocka_unit_test_setup(every_status_has_its_own_name, reset),
		cmocka_unit_test_setup(what_is_cut_is_put_together_again, reset),
		cmocka_unit_test_setup(what_is_too_long_is_not_cut, reset),
		cmocka_unit_test_setup(noise_does_no_harm, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
