/* SPDX-License-Identifier: MIT */
/*
 * The message charts of Core Vol 3 Part H Appendix C, as text: all that comes to one end and all
 * that it does, in order. ">x" is sent, "<x" received; "N*(...)" stands for N times; line breaks
 * for the eye. The other words, in the harness's trace_*(): start, typed, answered, wanted (LTK
 * request), encrypted        what happened ask, show, compare, unprompt, timer, untimer, features,
 *   encrypt, give (the LTK), PAIRED, FAILED                        what the engine wants done
 */
#include <stdio.h>
#include <string.h>

#include "smp/harness.h"

static struct end i, r;

#define I_BEGINS    "start >request timer <response features "
#define I_BEGINS_SC I_BEGINS ">key timer <key "
#define R_BEGINS    "<request features >response timer "
#define R_BEGINS_SC R_BEGINS "<key >key "

#define I_ENDS_LEGACY \
	"encrypted <ltk <ediv <irk <address <csrk >ltk >ediv >irk >address >csrk untimer PAIRED"
#define R_ENDS_LEGACY                                                                          \
	"wanted give encrypted >ltk >ediv >irk >address >csrk timer <ltk <ediv <irk <address " \
	"<csrk untimer PAIRED"
#define I_ENDS_SC "encrypted <irk <address <csrk >irk >address >csrk untimer PAIRED"
#define R_ENDS_SC \
	"wanted give encrypted >irk >address >csrk timer <irk <address <csrk untimer PAIRED"

static const struct chart {
	const char *name;
	struct kind kind;
	bool late; /* the user answers after the peer's next PDU */
	const char *initiator, *responder;
} charts[] = {
	/* clang-format off */
	{"legacy Just Works", {false, 3, 3, 0}, false,
	 I_BEGINS ">confirm timer <confirm >random timer <random encrypt " I_ENDS_LEGACY,
	 R_BEGINS "<confirm >confirm timer <random >random timer " R_ENDS_LEGACY},
	{"legacy out of band", {false, 3, 3, 4}, false,
	 I_BEGINS ">confirm timer <confirm >random timer <random encrypt " I_ENDS_LEGACY,
	 R_BEGINS "<confirm >confirm timer <random >random timer " R_ENDS_LEGACY},
	{"legacy passkey, the initiator shows, the responder types at once", {false, 0, 2, 0}, false,
	 I_BEGINS "show >confirm timer <confirm >random timer <random encrypt unprompt " I_ENDS_LEGACY,
	 "<request features >response ask timer typed <confirm >confirm timer <random >random unprompt "
	 "timer " R_ENDS_LEGACY},
	{"legacy passkey, the initiator shows, the responder types late", {false, 0, 2, 0}, true,
	 I_BEGINS "show >confirm timer <confirm >random timer <random encrypt unprompt " I_ENDS_LEGACY,
	 "<request features >response ask timer <confirm typed >confirm timer <random >random unprompt "
	 "timer " R_ENDS_LEGACY},
	{"legacy passkey, the responder shows", {false, 2, 0, 0}, false,
	 I_BEGINS "ask typed >confirm timer <confirm >random timer <random encrypt unprompt " I_ENDS_LEGACY,
	 "<request features >response show timer <confirm >confirm timer <random >random unprompt timer "
	 R_ENDS_LEGACY},
	{"legacy passkey, both type", {false, 2, 2, 0}, true,
	 I_BEGINS "ask typed >confirm timer <confirm >random timer <random encrypt unprompt " I_ENDS_LEGACY,
	 "<request features >response ask timer <confirm typed >confirm timer <random >random unprompt "
	 "timer " R_ENDS_LEGACY},
	{"Just Works", {true, 3, 3, 0}, false,
	 I_BEGINS_SC "<confirm >random timer <random >check timer <check encrypt " I_ENDS_SC,
	 R_BEGINS_SC ">confirm timer <random >random timer <check >check timer " R_ENDS_SC},
	{"Numeric Comparison, answered at once", {true, 1, 1, 0}, false,
	 I_BEGINS_SC "<confirm >random timer <random compare answered >check timer <check encrypt unprompt "
	 I_ENDS_SC,
	 R_BEGINS_SC ">confirm timer <random >random compare timer answered <check >check unprompt timer "
	 R_ENDS_SC},
	{"Numeric Comparison, answered late", {true, 4, 1, 0}, true,
	 I_BEGINS_SC "<confirm >random timer <random compare answered >check timer <check encrypt unprompt "
	 I_ENDS_SC,
	 R_BEGINS_SC ">confirm timer <random >random compare timer <check answered >check unprompt timer "
	 R_ENDS_SC},
	{"passkey, the initiator shows, the responder types at once", {true, 0, 2, 0}, false,
	 I_BEGINS_SC "show >confirm timer <confirm >random timer "
	 "19*(<random >confirm timer <confirm >random timer )"
	 "<random >check timer <check encrypt unprompt " I_ENDS_SC,
	 R_BEGINS_SC "ask timer typed <confirm >confirm timer <random >random timer "
	 "19*(<confirm >confirm timer <random >random timer )"
	 "<check >check unprompt timer " R_ENDS_SC},
	{"passkey, the initiator shows, the responder types late", {true, 0, 2, 0}, true,
	 I_BEGINS_SC "show >confirm timer <confirm >random timer "
	 "19*(<random >confirm timer <confirm >random timer )"
	 "<random >check timer <check encrypt unprompt " I_ENDS_SC,
	 R_BEGINS_SC "ask timer <confirm typed >confirm timer <random >random timer "
	 "19*(<confirm >confirm timer <random >random timer )"
	 "<check >check unprompt timer " R_ENDS_SC},
	{"passkey, the responder shows", {true, 2, 0, 0}, false,
	 I_BEGINS_SC "ask typed >confirm timer <confirm >random timer "
	 "19*(<random >confirm timer <confirm >random timer )"
	 "<random >check timer <check encrypt unprompt " I_ENDS_SC,
	 R_BEGINS_SC "show timer <confirm >confirm timer <random >random timer "
	 "19*(<confirm >confirm timer <random >random timer )"
	 "<check >check unprompt timer " R_ENDS_SC},
	{"out of band", {true, 3, 3, 3}, false,
	 I_BEGINS_SC ">random timer <random >check timer <check encrypt " I_ENDS_SC,
	 R_BEGINS_SC "timer <random >random timer <check >check timer " R_ENDS_SC},
	/* clang-format on */
};

static void prepare(const struct chart *c)
{
	prepare_kind(&i, &r, &c->kind);
	end_begin(&i);
	end_begin(&r);
}

/* Writes out "N*(...)". */
static void expand(const char *chart, char *out, size_t max)
{
	size_t used = 0;

	while (*chart) {
		unsigned times = 1;
		size_t len = 1;
		const char *body = chart;
		if (sscanf(chart, "%u*(", &times) == 1 && strchr("0123456789", *chart)) {
			body = strchr(chart, '(') + 1;
			len = (size_t)(strchr(body, ')') - body);
			chart = body + len + 1;
		} else {
			times = 1;
			chart++;
		}
		for (; times; times--) {
			assert_true(used + len < max);
			memcpy(out + used, body, len);
			used += len;
		}
	}
	out[used] = 0;
}

static void follows(const struct end *end, const char *chart, const char *name)
{
	char full[sizeof(end->trace)];

	expand(chart, full, sizeof(full));
	if (strcmp(end->trace, full) != 0)
		fail_msg("%s: wanted\n%s\ngot\n%s", name, full, end->trace);
}

static void every_method_follows_its_chart(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(charts); n++) {
		const struct run run = {.answer_late = charts[n].late,
					.passkey_when_both_type = 4711};
		prepare(&charts[n]);
		run_pairing(&i, &r, &run);
		follows(&i, charts[n].initiator, charts[n].name);
		follows(&r, charts[n].responder, charts[n].name);
	}
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_method_follows_its_chart),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
