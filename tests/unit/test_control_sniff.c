// SPDX-License-Identifier: BSD-2-Clause
/* Which protocol a client speaks, by its first bytes, as they come in pieces. */
#include "socket/control_sniff.h"

#include "base/cleanup.h"
#include "socket/control.h"
#include "tests/harness.h"

#define REFUSAL                                                                                    \
	"{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"message\":\"a request is a JSON object, and " \
	"begins with a brace\"}}\n"

struct sniff_case {
	const char *name;
	const char *bytes;
	size_t len;
	const char *proto; /* NULL: not told */
	bool is_eof;
	bool is_refused;
	size_t kept; /* bytes that wait for whoever reads them */
};

#define BYTES(text) .bytes = (text), .len = sizeof(text) - 1

static const struct sniff_case cases[] = {
	{ "a brace", BYTES("{"), "json", .kept = 1 },
	{ "a brace behind blanks", BYTES(" \t\r\n{}"), "json", .kept = 6 },
	{ "a method of HTTP", BYTES("GET "), "http", .kept = 4 },
	{ "another one", BYTES("OPTIONS * HTTP/1.1"), "http", .kept = 18 },
	{ "half a method", BYTES("GE"), .kept = 2 },
	{ "half a method, and no more", BYTES("GE"), .is_eof = true, .is_refused = true,
	  .kept = 2 },
	{ "nothing, and no more", BYTES(""), .is_eof = true },
	{ "blanks", BYTES(" \t\r\n"), .kept = 0 },
	{ "blanks, and no more", BYTES(" \n"), .is_eof = true },
	{ "a byte of zero", BYTES("\0"), .is_refused = true, .kept = 1 },
	{ "one behind blanks", BYTES(" \n\0{"), .is_refused = true, .kept = 4 },
	{ "a list", BYTES("[]\n"), .is_refused = true, .kept = 3 },
	{ "what is no method", BYTES("GEX"), .is_refused = true, .kept = 3 },
	{ "the preface of HTTP/2", BYTES("PRI * HTTP/2.0"), .is_refused = true, .kept = 14 },
	{ "bytes that are no text", BYTES("\xff\xfe"), .is_refused = true, .kept = 2 },
};

/* All that the client said is in .in, what it is told in .out. */
static void check(const struct sniff_case *row, const struct client *client)
{
	assert_row_str(row->name, client->proto ? client->proto->name : "", row->proto ?: "");
	assert_row_int(row->name, client->is_closing, row->is_refused);
	assert_row_int(row->name, buf_len(&client->in), row->kept);
	assert_row_int(row->name, buf_len(&client->out), row->is_refused ? strlen(REFUSAL) : 0);
	if (row->is_refused)
		assert_memory_equal(buf_bytes(&client->out), REFUSAL, strlen(REFUSAL));
}

static void the_first_bytes_tell_the_protocol(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client client = { .is_eof = cases[i].is_eof };

		buf_append(&client.in, cases[i].bytes, cases[i].len);
		control_sniff(&client);
		check(&cases[i], &client);
		buf_done(&client.in);
		buf_done(&client.out);
	}
}

static void blanks_without_end_take_no_room(void **state)
{
	struct client client = {};

	(void)state;
	for (size_t sent = 0; sent <= 2UL * CONTROL_LINE_MAX; sent += 16) {
		buf_append(&client.in, "       \n       \n", 16);
		control_sniff(&client);
		assert_int_equal(buf_len(&client.in), 0);
	}
	assert_null(client.proto);
	buf_append(&client.in, "{", 1);
	control_sniff(&client);
	assert_ptr_equal(client.proto, control_json());
	buf_done(&client.in);
	buf_done(&client.out);
}

int main(void)
{
	return RUN_TESTS(TEST(the_first_bytes_tell_the_protocol),
			 TEST(blanks_without_end_take_no_room));
}
