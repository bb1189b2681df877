// SPDX-License-Identifier: BSD-2-Clause
/* From flags to the request: the selectors of observe. */
#include "cli/flow_request.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "cli/filters.h"
#include "tests/harness.h"

/* 2026-11-21T21:00:00Z */
#define NOW_NS 1795294800000000000ull

static const struct raw_filters none;

static void selectors_become_hubbles_request(void **state)
{
	static char since[] = "5m", until[] = "2026-11-21T20:59:59.5Z", day[] = "2026-11-20";
	static char time[] = "time", pod[] = "source.pod_name", *paths[] = { time, pod };
	static const struct str_list mask = { paths, ARRAY_SIZE(paths) };
	static const struct str_list no_mask = { 0 };
	static const struct {
		const char *name;
		struct flow_selectors selectors;
		const char *expect;
	} cases[] = {
		{ "none", {}, "{\"number\":\"20\"}" },
		{ "last", { .last = 5 }, "{\"number\":\"5\"}" },
		{ "first", { .first = 3 }, "{\"number\":\"3\",\"first\":true}" },
		{ "all", { .all = true }, "{\"number\":\"18446744073709551615\"}" },
		{ "follow", { .follow = true }, "{\"follow\":true}" },
		{ "follow events",
		  { .follow = true, .is_events = true },
		  "{\"number\":\"20\",\"follow\":true}" },
		{ "events since",
		  { .since = since, .follow = true, .is_events = true },
		  "{\"follow\":true,\"since\":\"2026-11-21T20:55:00Z\"}" },
		{ "last follow",
		  { .last = 7, .follow = true },
		  "{\"number\":\"7\",\"follow\":true}" },
		{ "all follow",
		  { .all = true, .follow = true },
		  "{\"number\":\"18446744073709551615\",\"follow\":true}" },
		{ "since", { .since = since }, "{\"since\":\"2026-11-21T20:55:00Z\"}" },
		{ "since day", { .since = day }, "{\"since\":\"2026-11-20T00:00:00Z\"}" },
		{ "until", { .until = until }, "{\"until\":\"2026-11-21T20:59:59.500Z\"}" },
		{ "range",
		  { .since = since, .until = until },
		  "{\"since\":\"2026-11-21T20:55:00Z\",\"until\":\"2026-11-21T20:59:59.500Z\"}" },
		{ "last since",
		  { .last = 4, .since = since },
		  "{\"number\":\"4\",\"since\":\"2026-11-21T20:55:00Z\"}" },
		{ "first since",
		  { .first = 4, .since = since },
		  "{\"number\":\"4\",\"first\":true,\"since\":\"2026-11-21T20:55:00Z\"}" },
		{ "no mask", { .last = 1, .mask = &no_mask }, "{\"number\":\"1\"}" },
		{ "mask",
		  { .follow = true, .mask = &mask },
		  "{\"follow\":true,\"field_mask\":\"time,source.pod_name\"}" },
		{ "of a file the mask is not sent", { .is_file = true, .mask = &mask }, "{}" },
		{ "since follow, until dropped",
		  { .since = since, .until = until, .follow = true },
		  "{\"follow\":true,\"since\":\"2026-11-21T20:55:00Z\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf params = {};

		assert_row_int(cases[i].name,
			       flow_request_build(&cases[i].selectors, &none, NOW_NS, &params), 0);
		buf_append_char(&params, '\0');
		assert_row_str(cases[i].name, buf_bytes(&params), cases[i].expect);
	}
}

static void what_hubble_refuses_is_refused_in_its_words(void **state)
{
	static char foo[] = "foo", good[] = "5m";
	static const struct {
		struct flow_selectors selectors;
		const char *message;
	} cases[] = {
		{ { .first = 1, .last = 1 }, "cannot set both --first and --last" },
		{ { .first = 1, .all = true }, "cannot set both --first and --all" },
		{ { .first = 1, .follow = true }, "cannot set both --first and --follow" },
		{ { .last = 3, .all = true }, "cannot set both --last and --all" },
		{ { .since = foo },
		  "failed to parse the since time: failed to convert foo to time" },
		{ { .since = good, .until = foo },
		  "failed to parse the until time: failed to convert foo to time" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf params = {};
		struct captured captured;
		int r;

		capture_begin(&captured);
		r = flow_request_build(&cases[i].selectors, &none, NOW_NS, &params);
		capture_end(&captured);
		assert_row_int(cases[i].message, r, -EINVAL);
		assert_row(cases[i].message, strstr(captured.text, cases[i].message));
	}
}

static void an_end_before_the_beginning_is_warned_of(void **state)
{
	static char early[] = "10m", late[] = "5m";
	static const struct {
		struct flow_selectors selectors;
		const char *message; /* all that is said */
	} cases[] = {
		{ { .since = late, .until = early },
		  "weir: --until 10m is before --since 5m: nothing is between them\n" },
		{ { .since = early, .until = late }, "" },
		{ { .since = late, .until = late }, "" },
		{ { .until = early }, "" },
		{ { .since = late, .until = early, .follow = true }, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf params = {};
		struct captured captured;

		capture_begin(&captured);
		assert_int_equal(flow_request_build(&cases[i].selectors, &none, NOW_NS, &params),
				 0);
		assert_string_equal(capture_end(&captured), cases[i].message);
	}
}

int main(void)
{
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(TEST(selectors_become_hubbles_request),
			 TEST(what_hubble_refuses_is_refused_in_its_words),
			 TEST(an_end_before_the_beginning_is_warned_of));
}
