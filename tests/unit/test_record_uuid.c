// SPDX-License-Identifier: BSD-2-Clause
/* A record's uuid: of the form that RFC 9562 gives, and no other record's. */
#include <json-c/json.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "record_cases.h"
#include "tests/harness.h"
#include "tests/json_read.h"

#include "weir/flow.h"

/* RFC 9562, 5.8: the 13th digit is the version, the first two bits of the 17th the variant. */
static void check_uuid(const char *uuid)
{
	assert_int_equal(strlen(uuid), 36);
	for (int i = 0; i < 36; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		assert_true(is_dash ? uuid[i] == '-' : strchr("0123456789abcdef", uuid[i]) != NULL);
	}
	assert_int_equal(uuid[14], '8');
	assert_non_null(strchr("89ab", uuid[19]));
}

static void uuid_of(uint64_t seq, uint64_t agent_start_ns, char ret[static 37])
{
	const struct record_context other = { .node_name = "n1",
					      .agent_start_ns = agent_start_ns,
					      .netns = "1" };
	struct record rec = { .proto = IPPROTO_UDP, .family = WEIR_IPV4 };
	auto_buf struct buf buf = { 0 };
	struct json_object *line;

	record_to_json(&buf, &rec, seq, NULL, &other, NULL);
	line = json_read("uuid", buf_bytes(&buf), buf_len(&buf));
	snprintf(ret, 37, "%s", json_read_text(line, "flow.uuid"));
	json_object_put(line);
}

static void a_uuid_is_well_formed_and_never_twice_the_same(void **state)
{
	static const uint64_t starts[] = { 0, 1ULL << 48, (1ULL << 48) - 1, 1ULL << 59 };
	char first[37], before[37] = "", uuid[37];

	(void)state;
	uuid_of(1, RECORD_AGENT_START, first);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		for (uint64_t seq = starts[i]; seq < starts[i] + 300; seq++) {
			uuid_of(seq, RECORD_AGENT_START, uuid);
			check_uuid(uuid);
			assert_string_not_equal(uuid, before);
			if (seq != 1)
				assert_string_not_equal(uuid, first);
			memcpy(before, uuid, sizeof(before));
		}
	}
	/* Neither does another run of the agent make the same. */
	uuid_of(1, RECORD_AGENT_START + 1000, uuid);
	check_uuid(uuid);
	assert_string_not_equal(uuid, first);
	uuid_of(UINT64_MAX, UINT64_MAX, uuid);
	check_uuid(uuid);
}

int main(void)
{
	return RUN_TESTS(TEST(a_uuid_is_well_formed_and_never_twice_the_same));
}
